// Starts Kafka and the schema registry once for all integration tests, which read their addresses by `inject('stack')`.
import { rmSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import {
  dockerHost,
  endLeftovers,
  type KafkaNode,
  logFolder,
  type RegistryNode,
  requireKafka,
  StackAbsent,
  startKafka,
  startRegistry,
} from '../stack/index.ts';

/** Addresses of what runs; null where the machine has nothing to run it. */
interface Stack {
  readonly kafka: Pick<KafkaNode, 'how' | 'listeners'> | null;
  readonly registry: Pick<RegistryNode, 'how' | 'url'> | null;
}

declare module 'vitest' {
  interface ProvidedContext {
    stack: Stack;
  }
}

/** Vitest calls it before the first file, and what it returns after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const logs = logFolder();
  const nodes: (KafkaNode | RegistryNode)[] = [];
  const close = async (failed: boolean) => {
    await Promise.all(nodes.map((node) => node.close()));
    endLeftovers();
    if (failed) console.log(`logs of what ran: ${logs}`);
    else rmSync(logs, { recursive: true, force: true });
  };
  try {
    project.provide('stack', await start(nodes));
  } catch (error) {
    await close(true);
    throw error;
  }
  return () => {
    const { state } = project.vitest;
    return close(state.getCountOfFailedTests() > 0 || state.getUnhandledErrors().length > 0);
  };
}

async function start(nodes: (KafkaNode | RegistryNode)[]): Promise<Stack> {
  if ((await dockerHost()) === null) console.log('containers do not run: no Docker engine answers');
  const kafka = await present(startKafka);
  if (kafka !== null) nodes.push(kafka);
  const registry = await present(startRegistry);
  if (registry !== null) nodes.push(registry);
  for (const { how } of nodes) console.log(`runs by ${how}`);
  return {
    kafka: kafka === null ? null : { how: kafka.how, listeners: kafka.listeners },
    registry: registry === null ? null : { how: registry.how, url: registry.url },
  };
}

async function present<Node>(start: () => Promise<Node>): Promise<Node | null> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof StackAbsent) || requireKafka()) throw error;
    console.log(`does not run, so its tests are skipped: ${error.message}`);
    return null;
  }
}
