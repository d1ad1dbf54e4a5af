// Starts Kafka and the schema registry once for all integration tests, which read their addresses by `inject('stack')`.
import { rmSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import {
  type KafkaNode,
  logFolder,
  type RegistryNode,
  requireKafka,
  StackAbsent,
  startKafka,
  startRegistry,
} from '../stack/index.ts';

/** Addresses of what runs; null where the machine has nothing to run it, with the reasons. */
export interface Stack {
  readonly kafka: Pick<KafkaNode, 'how' | 'listeners'> | null;
  readonly registry: Pick<RegistryNode, 'how' | 'url'> | null;
  readonly absent: readonly string[];
}

declare module 'vitest' {
  interface ProvidedContext {
    stack: Stack;
  }
}

/** Vitest calls it before the first file, and what it returns after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const logs = logFolder();
  const absent: string[] = [];
  const kafka = await present(startKafka, absent);
  const registry = await present(startRegistry, absent);
  project.provide('stack', {
    kafka: kafka === null ? null : { how: kafka.how, listeners: kafka.listeners },
    registry: registry === null ? null : { how: registry.how, url: registry.url },
    absent,
  });
  for (const { how } of [kafka, registry].filter((node) => node !== null)) console.log(`runs: ${how}`);
  for (const reason of absent) console.log(`does not run, and its tests are skipped: ${reason}`);

  return async () => {
    await Promise.all([kafka?.close(), registry?.close()]);
    const { state } = project.vitest;
    if (state.getCountOfFailedTests() === 0 && state.getUnhandledErrors().length === 0) {
      rmSync(logs, { recursive: true, force: true });
    } else {
      console.log(`logs of what ran: ${logs}`);
    }
  };
}

async function present<Node>(start: () => Promise<Node>, absent: string[]): Promise<Node | null> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof StackAbsent) || requireKafka()) throw error;
    absent.push(error.message);
    return null;
  }
}
