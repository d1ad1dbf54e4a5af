import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GenericContainer, Wait } from 'testcontainers';
import { StackAbsent } from './absent.ts';
import { containerService, dockerHost } from './containers.ts';
import { findHouse, type House } from './house.ts';
import { logFile } from './logs.ts';
import { registryProgram } from './maven.ts';
import { freePorts } from './ports.ts';
import { processService } from './process.ts';
import type { Service } from './service.ts';
import { REGISTRY_VERSION, SMALL_JVM } from './versions.ts';

/** A schema registry that a test may stop and start again; its schemas and its port stay. */
export interface RegistryNode extends Service {
  /** Base of the Confluent-compatible API, with no slash at the end. */
  readonly url: string;
  readonly how: string;
  /** Ends it and removes its data; its log stays until the end of the run. */
  close(): Promise<void>;
}

const PORT_INSIDE = 8080;

/** Throws StackAbsent where the machine has nothing to run it. */
export async function startRegistry(options: { readonly house?: House } = {}): Promise<RegistryNode> {
  const { house = await findHouse() } = options;
  const registry = await (house === 'containers' ? registryInContainer() : registryByMaven());
  try {
    await registry.start();
  } catch (error) {
    await registry.close();
    throw error;
  }
  return registry;
}

async function registryByMaven(): Promise<RegistryNode> {
  const { java, arguments: args, how } = await registryProgram();
  const folder = mkdtempSync(join(tmpdir(), 'fleetstream-registry-'));
  const [port = 0] = await freePorts(1);
  const url = base('127.0.0.1', port);
  const command = {
    program: java,
    arguments: ['-Xmx512m', ...SMALL_JVM, ...args],
    environment: settings('127.0.0.1', port, join(folder, 'schemas')),
    log: logFile('registry'),
  };
  const service = processService('the schema registry', command, () => answers(url));
  const close = async () => {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...service, url, how, close };
}

async function registryInContainer(): Promise<RegistryNode> {
  const host = await dockerHost();
  if (host === null) throw new StackAbsent('docker_absent: no Docker engine answers; start one, or STACK_HOUSE=maven');
  const [port = 0] = await freePorts(1);
  const url = base(host, port);
  const container = new GenericContainer(`apicurio/apicurio-registry:${REGISTRY_VERSION}`)
    .withEnvironment(settings('0.0.0.0', PORT_INSIDE, '/tmp/fleetstream-schemas'))
    .withExposedPorts({ container: PORT_INSIDE, host: port })
    .withWaitStrategy(Wait.forLogMessage(/Listening on/));
  const service = containerService('the schema registry', container, logFile('registry'), () => answers(url));
  return { ...service, url, how: `containers, Apicurio ${REGISTRY_VERSION}` };
}

function base(host: string, port: number): string {
  return `http://${host}:${port}/apis/ccompat/v7`;
}

async function answers(url: string): Promise<boolean> {
  return (await fetch(`${url}/subjects`)).ok;
}

/** Schemas are in a file, so that a registry that was stopped still knows them. */
function settings(host: string, port: number, file: string): Record<string, string> {
  return {
    QUARKUS_HTTP_HOST: host,
    QUARKUS_HTTP_PORT: String(port),
    // Its management would take a fixed port of every address.
    QUARKUS_MANAGEMENT_HOST: '127.0.0.1',
    QUARKUS_MANAGEMENT_PORT: '0',
    APICURIO_STORAGE_KIND: 'sql',
    APICURIO_STORAGE_SQL_KIND: 'h2',
    APICURIO_DATASOURCE_URL: `jdbc:h2:file:${file}`,
  };
}
