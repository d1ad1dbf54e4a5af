// `fleetstream dlq` on a cluster of its own: what comes back is compared by librdkafka.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { DeadLettered, deadLetters, EVENTS_TOPIC } from '#sdk';
import { TelemetryReported } from '#schemas';
import { compiled, frame } from '#runtime/avro.ts';
import { type KafkaLog, openKafkaLog } from '#runtime/log/kafka/log.ts';
import type { NewRecord } from '#runtime/log/log.ts';
import { openConfluentRegistry } from '#runtime/registry/confluent.ts';
import { fleetstream } from '../cli/process.ts';
import { readAll } from '../contract/read-all.ts';
import { telemetryOf } from '../runtime/engine/examples.ts';
import { chanceFrom } from '../simulation/chance.ts';
import { POISONS, poisoned } from '../simulation/poison.ts';
import { registered } from '../simulation/workload.ts';
import { type KafkaNode, type RegistryNode, startKafka, startRegistry } from '../stack/index.ts';

const PYTHON = process.env['STACK_PYTHON'] ?? 'python3';
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const { kafka: shared, registry: sharedRegistry } = inject('stack');
const PARTITIONS = 2;

describe.skipIf(shared === null || sharedRegistry === null)('fleetstream dlq on Kafka', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dlq-'));
  const chance = chanceFrom(seed);
  let kafka: KafkaNode;
  let node: RegistryNode;
  let log: KafkaLog;
  let env: Record<string, string>;
  let poison: NewRecord[];
  const dlq = (...args: string[]) => fleetstream(['dlq', ...args], env, '', folder);

  beforeAll(async () => {
    console.log(`seed ${seed}`);
    [kafka, node] = await Promise.all([startKafka(), startRegistry()]);
    env = {
      FLEETSTREAM_KAFKA_BROKERS: kafka.brokers.join(','),
      FLEETSTREAM_REGISTRY_URL: node.url,
      FLEETSTREAM_PARTITIONS: String(PARTITIONS),
      FLEETSTREAM_HTTP_PORT: '0',
    };
    log = await openKafkaLog({ brokers: kafka.brokers, clientId: 'test' });
    const ids = await registered(await openConfluentRegistry({ url: node.url }));
    await log.ensureTopics([{ name: EVENTS_TOPIC, partitions: PARTITIONS, cleanup: 'delete' }]);
    const good = telemetryOf({ device: 'd', epoch: 1, sequence: 1, metrics: { temperatureC: 21.5 } });
    const value = frame(compiled(TelemetryReported.avro), ids.get('TelemetryReported')?.id ?? 0, good);
    const kinds = POISONS.filter((kind) => kind !== 'type_that_nobody_reads');
    poison = kinds.map((kind, i) =>
      poisoned(
        chance,
        kind,
        { topic: EVENTS_TOPIC, partition: i % PARTITIONS, key: Buffer.from('acme/d'), value, timestamp: 0 },
        ids,
      ),
    );
    await log.append(poison);
    // The gatekeeper gives them up, as a process of its own.
    const running = start(['run', 'ledger', '--app', 'fleet']);
    while ((await lettersIn(log)) < poison.length && running.exitCode === null) await pause(300);
    expect(running.exitCode).toBeNull();
    running.kill('SIGTERM');
    await new Promise((ended) => running.once('exit', ended));
  }, 90_000);

  afterAll(async () => {
    await log.close();
    await Promise.all([kafka.close(), node.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  function start(args: readonly string[], output: 'ignore' | 'pipe' = 'ignore'): ChildProcess {
    return spawn(process.execPath, [resolve('main.ts'), ...args], {
      env: { ...process.env, ...env },
      cwd: folder,
      stdio: ['ignore', output, 'inherit'],
    });
  }

  test('list and show name each letter, its code and its bytes', () => {
    const { status, stdout, stderr } = dlq('list');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n').filter((line) => /^ *[01]-\d+ /.test(line))).toHaveLength(poison.length);
    expect(stdout).toMatch(/\d+ not_decodable/);
    const lines = dlq('list', '--json', '--code', 'key_mismatch').stdout.split('\n');
    const letters = lines.map((line) => JSON.parse(line) as { id: string; code: string });
    expect(new Set(letters.map(({ code }) => code))).toEqual(new Set(['key_mismatch']));
    const shown = JSON.parse(dlq('show', letters[0]?.id ?? '', '--json').stdout) as { decoded: object };
    expect(shown).toMatchObject({ decoded: { record: 'fleetstream.TelemetryReported', value: { device: 'd' } } });
  });

  test('each record comes back once, whatever kills the redrive, and librdkafka reads the same bytes', async ({
    skip,
  }) => {
    const { status } = spawnSync(PYTHON, ['-c', 'import confluent_kafka']);
    if (status !== 0) skip(`${PYTHON} has no confluent_kafka`);
    expect(dlq('redrive', '--all', '--dry-run')).toMatchObject({ status: 0, stderr: '' });
    let killed = 0;
    for (let attempt = 0; attempt < 4; attempt++) {
      const running = start(['dlq', 'redrive', '--all']);
      const ended = new Promise<string | null>((end) => running.once('exit', (_code, signal) => end(signal)));
      await pause(chance.int(300, 1_400));
      running.kill('SIGKILL');
      if ((await ended) === 'SIGKILL') killed += 1;
    }
    console.log(`${killed} of 4 killed`);
    expect(dlq('redrive', '--all').status).toBe(0);
    const last = dlq('redrive', '--all');
    expect(last.stdout).toContain(`${poison.length} already redriven`);
    const found = records();
    const wanted = poison.map(asRead);
    expect(sorted(found)).toEqual(sorted([...wanted, ...wanted]));
  });

  test('many letters over many transactions: none lost, none twice, whatever kills it', async () => {
    const registry = await openConfluentRegistry({ url: node.url });
    const id = await registry.register(DeadLettered.avro);
    const COUNT = 5_000;
    const big = Buffer.alloc(4_000, 7);
    const before = await log.endOffset(EVENTS_TOPIC, 0);
    const offsets = await log.append(
      Array.from({ length: COUNT }, (_, i) => {
        const value = Buffer.concat([Buffer.from(`${i} `), big]);
        return { topic: EVENTS_TOPIC, partition: 0, key: null, value, timestamp: 0 };
      }),
    );
    await log.append(
      offsets.map((offset, i) => {
        const value = Buffer.concat([Buffer.from(`${i} `), big]);
        const about = {
          tenant: null,
          device: null,
          origin: 'test',
          time: 0,
          code: 'many',
          detail: '',
          path: null,
          address: null,
        };
        const letter = { ...about, topic: EVENTS_TOPIC, partition: 0, offset, key: null, value, headers: {} };
        return {
          topic: deadLetters.name,
          partition: 0,
          key: null,
          value: frame(compiled(DeadLettered.avro), id, letter),
          timestamp: 0,
        };
      }),
    );
    const again = async () =>
      (await readAll(log, EVENTS_TOPIC, 0)).filter(({ offset }) => offset > (offsets.at(-1) ?? before));
    // The first is killed when it has told of its first transaction, the others at random moments of the work.
    let reachedMs = 0;
    for (let attempt = 0; attempt < 5; attempt++) {
      const before = performance.now();
      const running = start(['dlq', 'redrive', '--code', 'many'], 'pipe');
      const ended = new Promise((end) => running.once('exit', end));
      if (attempt === 0) {
        await new Promise((told) => running.stdout?.once('data', told));
        reachedMs = performance.now() - before;
      } else await pause(reachedMs * 0.7 + chance.int(0, 1_000));
      running.kill('SIGKILL');
      await ended;
      const count = (await again()).length;
      console.log(`killed with ${count} of ${COUNT} done`);
      if (attempt > 0) continue;
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThan(COUNT);
    }
    expect(dlq('redrive', '--code', 'many').status).toBe(0);
    const values = (await again()).map(({ value }) => String(Buffer.from(value ?? []).subarray(0, 6)).split(' ')[0]);
    expect(values).toEqual(Array.from({ length: COUNT }, (_, i) => String(i)));
  }, 120_000);

  function records(): unknown[] {
    const script = join(import.meta.dirname, 'records.py');
    const asked = { client: { 'bootstrap.servers': kafka.brokers.join(',') }, topic: EVENTS_TOPIC };
    const { stdout, stderr, status } = spawnSync(PYTHON, [script, JSON.stringify(asked)], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as unknown[];
  }
});

async function lettersIn(log: KafkaLog): Promise<number> {
  const parts = await Promise.all(
    Array.from({ length: PARTITIONS }, (_, partition) => readAll(log, deadLetters.name, partition).catch(() => [])),
  );
  return parts.flat().length;
}

function asRead({ partition, key, value, headers = {} }: NewRecord) {
  const hex = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('hex'));
  const list = Object.entries(headers).map(([name, bytes]) => [name, hex(bytes)]);
  return { partition, key: hex(key), value: hex(value), headers: list };
}

function sorted(list: readonly unknown[]): string[] {
  return list.map((each) => JSON.stringify(each)).sort();
}
