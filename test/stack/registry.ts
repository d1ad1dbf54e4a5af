import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logFile } from './logs.ts';
import { registryProgram } from './maven.ts';
import { freePorts } from './ports.ts';
import { service } from './service.ts';

/** A schema registry that a test may stop and start again; its schemas and its port stay. */
export interface RegistryNode {
  /** Base of the Confluent-compatible API, with no slash at the end. */
  readonly url: string;
  readonly how: string;
  stop(): Promise<void>;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its data; its log stays until the end of the run. */
  close(): Promise<void>;
}

/** Throws StackAbsent where the machine has nothing to run it. */
export async function startRegistry(): Promise<RegistryNode> {
  const { java, arguments: args, how } = await registryProgram();
  const folder = mkdtempSync(join(tmpdir(), 'fleetstream-registry-'));
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const command = {
    program: java,
    arguments: ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', ...args],
    environment: {
      QUARKUS_HTTP_HOST: '127.0.0.1',
      QUARKUS_HTTP_PORT: String(port),
      QUARKUS_MANAGEMENT_ENABLED: 'false',
      QUARKUS_MANAGEMENT_HOST: '127.0.0.1',
      QUARKUS_MANAGEMENT_PORT: '0',
      ...stored(join(folder, 'schemas')),
    },
    log: logFile('registry'),
  };
  const registry = service('the schema registry', command, async () => (await fetch(`${url}/subjects`)).ok);
  const close = async () => {
    await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  await registry.start();
  return { ...registry, url, how, close };
}

/** In a file, so that a registry that is stopped still knows its schemas. */
function stored(file: string): Record<string, string> {
  return {
    APICURIO_STORAGE_KIND: 'sql',
    APICURIO_STORAGE_SQL_KIND: 'h2',
    APICURIO_DATASOURCE_URL: `jdbc:h2:file:${file}`,
  };
}
