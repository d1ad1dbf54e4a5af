import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type AnyProcessor, DeadLettered, deadLetters, EVENTS_TOPIC, keyOf, redriven } from '#sdk';
import { TelemetryReported } from '#schemas';
import { compiled, frame } from '#runtime/avro.ts';
import { Engine } from '#runtime/engine/engine.ts';
import { answerLetters, type LettersLine, LettersRequest } from '#runtime/letters/requests.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import type { Log, NewRecord } from '#runtime/log/log.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import { readAll } from '../../contract/read-all.ts';
import { chanceFrom } from '../../simulation/chance.ts';
import { POISONS, poisoned } from '../../simulation/poison.ts';
import { registered } from '../../simulation/workload.ts';
import { Bench, counter, settle, telemetryOf } from '../engine/examples.ts';

const folder = mkdtempSync(join(tmpdir(), 'letters-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HOUSES: readonly (readonly [string, () => Promise<Log>])[] = [
  ['simulated', async () => new SimulatedLog(new SimulatedClock(0))],
  ['embedded', () => openEmbeddedLog({ path: mkdtempSync(join(folder, 'log-')) })],
];

/** Records that nobody can read, folded: each is a dead letter now. */
async function withPoison(log: Log) {
  const registry = new MemoryRegistry();
  const ids = await registered(registry);
  await log.ensureTopics([{ name: EVENTS_TOPIC, partitions: 1, cleanup: 'delete' }]);
  const good = telemetryOf({ device: 'd', epoch: 1, sequence: 1, metrics: { temperatureC: 21.5 } });
  const value = frame(compiled(TelemetryReported.avro), ids.get('TelemetryReported')?.id ?? 0, good);
  const record = { topic: EVENTS_TOPIC, partition: 0, key: Buffer.from('acme/d'), value, timestamp: 0 };
  const kinds = POISONS.filter((kind) => kind !== 'type_that_nobody_reads');
  const poison = kinds.map((kind, seed) => poisoned(chanceFrom(seed), kind, record, ids));
  await log.append(poison);
  await fold(log, registry);
  const options = { log, registry, partitions: 1, clock: () => 5_000 };
  const ask = async (request: object): Promise<LettersLine[]> => {
    const lines: LettersLine[] = [];
    const asked = LettersRequest.parse({ filter: {}, ...request });
    for await (const line of answerLetters(options, asked)) lines.push(line);
    expect(lines.at(-1)).toEqual({ kind: 'end' });
    return lines.filter(({ kind }) => kind !== 'progress' && kind !== 'end');
  };
  return { registry, poison, ask };
}

async function fold(log: Log, registry: MemoryRegistry) {
  const clock = new SimulatedClock(0);
  const parts = { log, registry, store: new MemoryStateStore(), partitions: 1, clock, report: () => undefined };
  const engine = await Engine.open({ app: 'letters', processors: [counter], ...parts });
  await settle(engine);
}

async function collected<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** What a record is to whoever reads it. */
function bytesOf({ key, value, headers = {} }: Pick<NewRecord, 'key' | 'value' | 'headers'>) {
  const hex = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('hex'));
  return {
    key: hex(key),
    value: hex(value),
    headers: Object.entries(headers).map(([name, each]) => [name, hex(each)]),
  };
}

describe.each(HOUSES)('dead letters on the %s log', (_name, open) => {
  test('each record comes back with its bytes, key and headers, once', async () => {
    const log = await open();
    const { poison, ask } = await withPoison(log);
    const letters = await ask({ action: 'list' });
    expect(letters).toHaveLength(poison.length);
    const wanted = letters.map(() => expect.objectContaining({ state: 'would_redrive' }) as object);
    expect(await ask({ action: 'redrive', dryRun: true })).toEqual(wanted);
    expect(await readAll(log, EVENTS_TOPIC, 0)).toHaveLength(poison.length);
    const done = await ask({ action: 'redrive' });
    expect(done.map(({ state }) => state)).toEqual(done.map(() => 'redriven'));
    const records = await readAll(log, EVENTS_TOPIC, 0);
    expect(records.slice(poison.length).map(bytesOf)).toEqual(poison.map(bytesOf));
    expect((await ask({ action: 'redrive' })).map(({ state }) => state)).toEqual(done.map(() => 'already_redriven'));
    expect(await readAll(log, EVENTS_TOPIC, 0)).toHaveLength(2 * poison.length);
    const [first] = letters as [LettersLine];
    const again = await ask({ action: 'redrive', again: true, filter: { ids: [first['id']] } });
    expect(again).toMatchObject([{ id: first['id'], state: 'redriven' }]);
    expect(await readAll(log, EVENTS_TOPIC, 0)).toHaveLength(2 * poison.length + 1);
    expect(await ask({ action: 'show', filter: { ids: [first['id']] } })).toMatchObject([{ redriven: 2 }]);
    await log.close();
  });

  test('a filter finds what it names', async () => {
    const log = await open();
    const { poison, ask } = await withPoison(log);
    const unframed = await ask({ action: 'list', filter: { code: 'not_framed' } });
    expect(unframed.length).toBeGreaterThan(0);
    expect(unframed.length).toBeLessThan(poison.length);
    for (const filter of [{ device: 'other' }, { origin: 'http' }, { until: 0 }, { ids: ['0-999'] }]) {
      expect(await ask({ action: 'list', filter })).toEqual([]);
    }
    expect(await ask({ action: 'list', filter: { origin: 'counter', tenant: 'acme', since: 0 } })).not.toEqual([]);
    await log.close();
  });
});

test('whoever only asks writes nothing, into the log or the registry', async () => {
  const log = new SimulatedLog(new SimulatedClock(0));
  const { registry, poison } = await withPoison(log);
  const written: string[] = [];
  const watch = <T extends object>(port: T, ...writing: (keyof T)[]): T =>
    new Proxy(port, {
      get: (target, name) => {
        if (writing.includes(name as keyof T)) written.push(String(name));
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  const options = {
    log: watch(log as Log, 'append', 'transactor', 'ensureTopics'),
    registry: watch(registry, 'register'),
    partitions: 1,
    clock: () => 0,
  };
  for (const action of ['list', 'show', 'redrive']) {
    const asked = LettersRequest.parse({ action, filter: {}, dryRun: true });
    const lines = await collected(answerLetters(options, asked));
    expect(lines.filter(({ kind }) => kind !== 'progress' && kind !== 'end')).toHaveLength(poison.length);
    expect(lines).not.toContainEqual(expect.objectContaining({ code: 'letter_unreadable' }));
  }
  expect(written).toEqual([]);
  await collected(answerLetters(options, LettersRequest.parse({ action: 'redrive', filter: {} })));
  expect(new Set(written)).toEqual(new Set(['ensureTopics', 'transactor', 'register']));
});

test('two letters of one record put it in once, and what no record was is refused', async () => {
  const bench = new Bench();
  await bench.appendBytes('acme/d', Buffer.from('junk'));
  await settle(await bench.engine([counter]));
  const [letter] = bench.log.all(deadLetters.name, 0);
  const id = await bench.registry.register(DeadLettered.avro);
  const read = compiled(DeadLettered.avro).fromBuffer(Buffer.from(letter?.value as Uint8Array).subarray(5)) as object;
  const write = (over: object) =>
    bench.log.append([
      {
        topic: deadLetters.name,
        partition: 0,
        key: null,
        value: frame(compiled(DeadLettered.avro), id, { ...read, ...over }),
        timestamp: 0,
      },
    ]);
  await write({ origin: 'other' });
  await write({ topic: null, partition: null, offset: null, origin: 'http' });
  await write({ topic: 'fleet.clock' });
  await write({ offset: 77, value: Buffer.alloc(0) });
  await bench.log.append([{ topic: deadLetters.name, partition: 0, key: null, value: Buffer.from('?'), timestamp: 0 }]);
  const options = { log: bench.log, registry: bench.registry, partitions: 1, clock: () => 0 };
  const lines: LettersLine[] = [];
  for await (const line of answerLetters(options, LettersRequest.parse({ action: 'redrive', filter: {} }))) {
    if (line.kind === 'redrive') lines.push(line);
  }
  expect(lines.map(({ state, code }) => code ?? state)).toEqual([
    'redriven',
    'already_redriven',
    'letter_of_door',
    'root_foreign',
    'original_gone',
    'letter_unreadable',
  ]);
  expect(bench.log.all(EVENTS_TOPIC, 0)).toHaveLength(2);
  expect(bench.log.all(redriven.name, 0)).toHaveLength(1);
});

test('a later run fences the one before it, which then writes nothing more', async () => {
  const bench = new Bench();
  await bench.appendBytes('acme/d', Buffer.from('junk'));
  await settle(await bench.engine([counter]));
  const options = { log: bench.log, registry: bench.registry, partitions: 1, clock: () => 0 };
  const asked = LettersRequest.parse({ action: 'redrive', filter: {} });
  const fetch = bench.log.fetch.bind(bench.log);
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const slow = Object.assign(Object.create(bench.log) as Log, {
    transactor: bench.log.transactor.bind(bench.log),
    ensureTopics: bench.log.ensureTopics.bind(bench.log),
    settledEnd: bench.log.settledEnd.bind(bench.log),
    endOffset: bench.log.endOffset.bind(bench.log),
    fetch: async (request: Parameters<typeof fetch>[0]) => {
      await held;
      return fetch(request);
    },
  });
  const earlier = collected(answerLetters({ ...options, log: slow }, asked));
  earlier.catch(() => undefined);
  // The earlier one has the id by now and waits for its first letter.
  await new Promise((resolve) => setImmediate(resolve));
  await collected(answerLetters(options, asked));
  release();
  await expect(earlier).rejects.toMatchObject({ code: 'fenced' });
  expect(bench.log.all(EVENTS_TOPIC, 0)).toHaveLength(2);
});

test('a redriven event changes nothing where it was admitted, and is admitted where it was given up', async () => {
  const bench = new Bench();
  const event = telemetryOf({ device: 'd', epoch: 1, sequence: 1, metrics: { temperatureC: 21.5 } });
  await bench.append(event);
  const { log, registry } = bench;
  const other: AnyProcessor = { ...counter, name: 'sighted', gatekeeper: false } as unknown as AnyProcessor;
  const sighted = await bench.engine([other], { app: 'sighted' });
  await settle(sighted);
  // An app from before the event's type, whose registry did not have it yet.
  const blind = { register: registry.register.bind(registry), schemaOf: async () => null };
  const before = { ...counter, inputs: {}, apply: {} } as unknown as AnyProcessor;
  const store = new MemoryStateStore();
  const parts = { app: 'blind', log, store, partitions: 1, clock: bench.clock, report: () => undefined };
  await settle(await Engine.open({ ...parts, processors: [before], registry: blind }));
  const letters = () => bench.read(deadLetters).map(({ code }) => code);
  expect(letters()).toEqual(['schema_unknown']);

  const after = await Engine.open({ ...parts, processors: [counter], registry });
  await settle(after);
  expect(after.stateOf(counter.name, keyOf(event))).toBeUndefined();
  const options = { log, registry, partitions: 1, clock: () => 0 };
  await collected(answerLetters(options, LettersRequest.parse({ action: 'redrive', filter: {} })));
  for (const engine of [sighted, after]) await settle(engine);
  expect(sighted.stateOf('sighted', keyOf(event))).toMatchObject({ missing: 1 });
  expect(after.stateOf(counter.name, keyOf(event))).toMatchObject({ missing: 1 });
  expect(letters()).toHaveLength(1);
});
