import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type AnyProcessor, type AnyTopic, Envelope, EVENTS_TOPIC } from '#sdk';
import { processors } from '#processors';
import { openEngine } from '#runtime/clickhouse/engine.ts';
import { compiled } from '#runtime/avro.ts';
import type { Log, LogRecord } from '#runtime/log/log.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import { openEmbeddedRegistry } from '#runtime/registry/embedded.ts';
import type { AvroJson } from '../oracle/avro.ts';
import { expected } from '../oracle/oracle.ts';
import { chanceFrom } from '../simulation/chance.ts';
import { difference } from '../simulation/same.ts';
import { Producer } from './producer.ts';
import { tablesDiffer } from './tables.ts';

const KILLS = Number(process.env['CRASH_KILLS'] ?? 10);
const PARTITIONS = 4;
/** Where a life ends; an empty one by a kill from outside at a random moment. */
const DEADLY = [
  '',
  'inserted',
  'commit.begin',
  '',
  'edge.persisted',
  'save.begin',
  'inserted',
  'commit.done',
  '',
  'edge.forming',
];
const CHILD = new URL('child.ts', import.meta.url).pathname;

test(`${KILLS} times kill -9 under load: no acknowledged event is lost, and the tables equal the oracle`, {
  timeout: 60_000 + KILLS * 30_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fleetstream-crash-'));
  try {
    const producer = new Producer();
    let struck = 0;
    for (let life = 0; life < KILLS; life++) struck += await live(folder, producer, life);
    await drained(folder);
    await check(folder, producer);
    process.stdout.write(
      `${KILLS} kills, ${struck} with batches unanswered, ${producer.acknowledged.size} events acknowledged\n`,
    );
    expect(struck).toBeGreaterThan(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

function start(folder: string, deadly: string, nth: number) {
  const child = spawn(process.execPath, [CHILD, folder, String(PARTITIONS), deadly, String(nth)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (data: Buffer) => {
    said = `${said}${data.toString()}`.slice(-4_000);
  });
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  const lines = createInterface(child.stdout);
  const ready = Promise.race([
    once(lines, 'line').then(([line]) => Number(String(line).split(' ')[1])),
    // It may die before it listens, while it finishes what an earlier life began.
    ended.then(() => null),
  ]);
  return { child, ended, ready, said: () => said };
}

/** One life under load, up to its violent end. Gives 1 when requests were cut off by it. */
async function live(folder: string, producer: Producer, life: number): Promise<number> {
  const chance = chanceFrom(life);
  const deadly = DEADLY[life % DEADLY.length] as string;
  const { child, ended, ready, said } = start(folder, deadly, chance.int(2, 6));
  const port = await ready;
  const before = producer.unanswered;
  let alive = port !== null;
  void ended.then(() => {
    alive = false;
  });
  const sending = port === null ? Promise.resolve() : producer.send(port, () => alive);
  const patience = deadly === '' ? chance.int(300, 1_500) : 8_000;
  const byItself = await Promise.race([ended.then(() => true), pause(patience, false)]);
  if (deadly !== '' && !byItself) throw new Error(`the process never came to ${deadly}: ${said()}`);
  child.kill('SIGKILL');
  const [code, signal] = await ended;
  await sending;
  if (signal !== 'SIGKILL') throw new Error(`the process ended by itself with ${code}: ${said()}`);
  return producer.unanswered > before ? 1 : 0;
}

async function drained(folder: string): Promise<void> {
  const { child, ended, ready, said } = start(folder, '', 1);
  await ready;
  child.stdin.end();
  const [code] = await ended;
  if (code !== 0) throw new Error(`draining ended with ${code}: ${said()}`);
}

/** What the processors write; topics of others hold nothing. */
const OUTPUTS = processors.flatMap(({ outputs }: AnyProcessor) => outputs as readonly AnyTopic[]);

async function check(folder: string, producer: Producer): Promise<void> {
  const log = await openEmbeddedLog({ path: join(folder, 'log') });
  const registry = await openEmbeddedRegistry(join(folder, 'registry.json'));
  const engine = await openEngine({ path: join(folder, 'clickhouse') });
  const schemas = new Map<number, AvroJson>();
  for (let id = 1; ; id++) {
    const record = await registry.schemaOf(id);
    if (record === null) break;
    schemas.set(id, record as unknown as AvroJson);
  }
  const events = await all(log, EVENTS_TOPIC);
  expect(lost(events, producer)).toEqual([]);
  for (const [partition, records] of events.entries()) {
    const wanted = expected(partition, records, schemas);
    for (const topic of OUTPUTS) {
      const type = compiled(topic.value.avro);
      const found = ((await all(log, topic.name))[partition] ?? []).map(({ value }) => {
        const { detail: _, ...record } = type.fromBuffer(Buffer.from(value as Uint8Array).subarray(5)) as Record<
          string,
          unknown
        >;
        return record;
      });
      const asked = (wanted.get(topic.name) ?? []).map(({ value }) => value);
      expect(found.length, `${topic.name}/${partition}`).toBe(asked.length);
      for (const [i, value] of asked.entries()) expect(difference(found[i], value)).toBeNull();
    }
  }
  expect(await tablesDiffer(engine, (topic) => all(log, topic))).toBeNull();
  await engine.close();
  await log.close();
}

/** Acknowledged events that are not in the log. */
function lost(events: readonly (readonly LogRecord[])[], { acknowledged }: Producer): string[] {
  const held = new Set<string>();
  for (const { key, value } of events.flat()) {
    if (key === null || value === null) continue;
    held.add(`${Buffer.from(key).toString()}/${sequenceOf(Buffer.from(value))}`);
  }
  return [...acknowledged].filter((id) => !held.has(id));
}

/** Every event begins with the envelope, so any of their types reads its sequence. */
function sequenceOf(value: Buffer): number | null {
  const { value: head } = ENVELOPE.decode(value, 5) as { value: { sequence: number | null } };
  return head.sequence;
}

const ENVELOPE = compiled(Envelope.avro);

async function all(log: Log, topic: string): Promise<LogRecord[][]> {
  return Promise.all(
    Array.from({ length: PARTITIONS }, async (_, partition) => {
      const records: LogRecord[] = [];
      const end = await log.endOffset(topic, partition);
      for (let offset = 0; offset < end; ) {
        const [part] = await log.fetch({
          positions: [{ topic, partition, offset }],
          bytesMax: 8 * 1024 * 1024,
          waitMsMax: 0,
        });
        if (part === undefined) break;
        records.push(...part.records);
        offset = part.next;
      }
      return records;
    }),
  );
}
