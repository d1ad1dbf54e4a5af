import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { fleetstream } from '../cli/process.ts';
import { kafkaProgram } from '../stack/maven.ts';
import { canRun, ownKafka, registryUrl } from './faults/own.ts';
import { has, run } from './program.ts';
import { startService } from './service.ts';

const PARTITIONS = '4';
const DEVICES = ['acme/d1', 'acme/d2'];
/** A Python that may have Confluent's client. */
const PYTHON = process.env['STACK_PYTHON'] ?? 'python3';

test.skipIf(!canRun)(
  'doors and processors as processes on Kafka: what a device sends, others read as it was derived',
  { timeout: 180_000 },
  async ({ skip }) => {
    has('kcat', ['-V'], skip);
    has('which', ['mosquitto_pub'], skip);
    const kafka = await ownKafka();
    const brokers = kafka.brokers.join(',');
    const env = (instance: string) => ({
      FLEETSTREAM_KAFKA_BROKERS: brokers,
      FLEETSTREAM_KAFKA_INSTANCE: instance,
      FLEETSTREAM_REGISTRY_URL: registryUrl(),
      FLEETSTREAM_PARTITIONS: PARTITIONS,
      FLEETSTREAM_DATA: dataFolder(),
    });
    const doors = await startService(['connect'], env('doors'), /ready: MQTT mqtt:\S+, HTTP http:[^\s,]+/);
    const fleet = await startService(['run', 'ledger', 'twin', '--app', 'fleet'], env('a'), /health http:[^\s"]+/);
    await isWell(fleet.ready.replace('health ', ''));

    const [mqtt, http] = [...doors.ready.matchAll(/\w+:\/\/[^\s,]+/g)].map(([url]) => new URL(url));
    const body = { tenant: 'acme', device: 'd1', type: 'telemetry', sequence: 1, metrics: { a: 1 } };
    const headers = { 'content-type': 'application/json' };
    const sent = await fetch(new URL('/v1/events', http), { method: 'POST', headers, body: JSON.stringify(body) });
    expect(sent.status).toBe(202);
    const topic = 'fleetstream/v1/acme/d2/telemetry';
    const message = JSON.stringify({ sequence: 1, metrics: { b: 2 } });
    const publish = ['-h', '127.0.0.1', '-p', mqtt?.port ?? '', '-q', '1', '-t', topic, '-m', message];
    run('mosquitto_pub', publish);

    const read = ['-C', '-b', brokers, '-t', 'telemetry', '-o', 'beginning', '-c', '2', '-f', '%k\n', '-q'];
    const keys = run('kcat', [...read, '-X', 'isolation.level=read_committed']);
    expect(keys.trim().split('\n').toSorted()).toEqual(DEVICES);

    const asked = [brokers, registryUrl(), 'telemetry'];
    const consumers: [program: string, file: string][] = [[process.execPath, 'consumer.mjs']];
    const isThere = has(PYTHON, ['-c', 'import confluent_kafka.schema_registry.avro'], (why) => console.log(why));
    if (isThere) consumers.push([PYTHON, 'consumer.py']);
    for (const [program, file] of consumers) {
      expect(await keysOf(program, [`examples/consumers/${file}`, ...asked])).toEqual(DEVICES);
    }

    const lags = await lagOf('fleet', brokers);
    expect(lags.map(({ topic, partition }) => `${topic} ${partition}`).toSorted()).toEqual(
      ['0', '1', '2', '3'].map((partition) => `fleet.events ${partition}`),
    );
    // The clock goes on between commit and question, one record a second.
    for (const { lag } of lags) expect(Number(lag)).toBeLessThan(30);

    const rival = fleetstream(['run', 'twin', '--app', 'rival'], { ...env('b'), FLEETSTREAM_HTTP_PORT: '0' });
    expect([rival.status, rival.stderr]).toEqual([
      1,
      expect.stringMatching(/^processor_owned: twin is run by app fleet, so app rival must not; [^\n]*$/),
    ]);
    expect(await fleet.stop(), fleet.output()).toBe(0);
    expect(await doors.stop(), doors.output()).toBe(0);

    const heir = await startService(['run', 'twin', '--app', 'rival'], env('b'), /health http:[^\s"]+/);
    await isWell(heir.ready.replace('health ', ''));
    expect(await heir.stop(), heir.output()).toBe(0);
  },
);

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fleetstream-commands-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Waits until a service says that it does its work. */
async function isWell(health: string): Promise<void> {
  while ((await fetch(health)).status !== 200) await pause(50);
}

/** The first two keys that a consumer prints, in their order. */
async function keysOf(program: string, args: readonly string[]): Promise<string[]> {
  const consumer = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void consumer.kill('SIGKILL'));
  const keys: string[] = [];
  for await (const line of createInterface(consumer.stdout)) {
    const [, key] = /^(acme\/d\d) [0-9a-f]{32} /.exec(line) ?? [];
    if (key !== undefined) keys.push(key);
    if (keys.length === DEVICES.length) break;
  }
  consumer.kill('SIGKILL');
  return keys.toSorted();
}

/** What Kafka's own tool says of a group. */
async function lagOf(group: string, brokers: string) {
  const { java, arguments: args } = await kafkaProgram();
  const tool = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';
  const asked = ['--bootstrap-server', brokers, '--describe', '--group', group];
  const said = run(java, [...args, tool, ...asked]);
  const lines = said.split('\n').filter((line) => line.startsWith(group));
  if (lines.length === 0) throw new Error(`the tool says nothing of ${group}: ${said}`);
  return lines.map((line) => {
    const [, topic, partition, , , lag] = line.split(/\s+/);
    return { topic, partition, lag };
  });
}
