import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FORMAT_ACCOUNT, serverProperties, type Blueprint, type Prepared } from './broker.ts';
import { logFile } from './logs.ts';
import { kafkaProgram } from './maven.ts';
import { processService } from './process.ts';
import { SMALL_JVM } from './versions.ts';

/** A broker as a process of this machine, with its data in a temporary folder. Throws StackAbsent. */
export async function kafkaByMaven(blueprint: Blueprint): Promise<Prepared> {
  const { java, arguments: args, how } = await kafkaProgram();
  const folder = mkdtempSync(join(tmpdir(), 'fleetstream-kafka-'));
  const place = await blueprint.place({ host: '127.0.0.1', bind: '127.0.0.1', data: join(folder, 'data') });
  const properties = join(folder, 'server.properties');
  writeFileSync(properties, serverProperties(place, blueprint.settings));
  const log4j = `-Dlog4j2.configurationFile=${join(import.meta.dirname, 'log4j2.properties')}`;
  const run = [`-Xmx${blueprint.heapMb ?? 512}m`, ...SMALL_JVM, log4j, ...args];

  const { membership = ['--standalone'] } = blueprint;
  const format = ['format', ...membership, '-t', blueprint.clusterId, '-c', properties, ...FORMAT_ACCOUNT];
  const tool = spawnSync(java, [...run, 'kafka.tools.StorageTool', ...format], { encoding: 'utf8' });
  if (tool.status !== 0) {
    throw new Error(`kafka_unformatted: StorageTool ended with ${tool.status}: ${tool.stdout}${tool.stderr}`);
  }

  const command = { program: java, arguments: [...run, 'kafka.Kafka', properties], log: logFile('kafka') };
  const service = processService('Kafka', command, () => blueprint.ready(place));
  const close = async () => {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...service, place, how, close };
}
