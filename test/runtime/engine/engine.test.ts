import { expect, test } from 'vitest';
import { LedgerState, topics } from '#schemas';
import { type AnyProcessor, type AvroField, EVENTS_TOPIC, schema } from '#sdk';
import { Engine } from '#runtime/engine/engine.ts';
import type { Log } from '#runtime/log/log.ts';
import { type Registry, RegistryError } from '#runtime/registry/registry.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import { chanceFrom } from '../../simulation/chance.ts';
import { replayOf } from '../../simulation/checkers/stateEqualsFold.ts';
import { Bench, collector, counter, fragile, settle, sleeper, telemetryOf } from './examples.ts';

const digestsOf = (engine: Engine) => Object.fromEntries(engine.digests());

async function benchWith(events: number, partitions = 1): Promise<Bench> {
  const bench = new Bench(partitions);
  const chance = chanceFrom(7);
  for (let i = 0; i < events; i++) {
    const metrics = { [chance.pick(['a', 'b', 'ä', '😀', '\uffff'])]: chance.int(0, 3) };
    await bench.append(telemetryOf({ device: `d${chance.int(0, 9)}`, epoch: 1, sequence: chance.int(0, 60), metrics }));
  }
  return bench;
}

test('the same log in ten different batchings gives identical digests and outputs', async () => {
  const bench = await benchWith(400, 3);
  const digests = new Set<string>();
  const outputs = new Set<string>();
  for (let seed = 0; seed < 10; seed++) {
    const log = replayOf(bench, seed);
    const engine = await bench.engine([counter, collector, sleeper], { log });
    const chance = chanceFrom(seed);
    while ((await engine.lag()) > 0) {
      await engine.poll(0);
      if (chance.hit(0.4)) await engine.commit();
    }
    await settle(engine);
    digests.add(JSON.stringify(digestsOf(engine)));
    outputs.add(await everything(log));
  }
  expect(digests.size).toBe(1);
  expect(outputs.size).toBe(1);
});

/** What each processor wrote, in its order: two of them share the topic. */
async function everything(log: Log): Promise<string> {
  const values: string[] = [];
  for (let partition = 0; partition < 3; partition++) {
    const positions = [{ topic: 'telemetry', partition, offset: 0 }];
    const fetched = await log.fetch({ positions, bytesMax: Number.MAX_SAFE_INTEGER, waitMsMax: 0 });
    const all = fetched.flatMap(({ records }) =>
      records.map(({ value }) => Buffer.from(value as Uint8Array).toString('latin1')),
    );
    for (const name of ['counter', 'collector']) values.push(...all.filter((text) => text.includes(`${name}/1/`)));
  }
  return values.join('\n');
}

test('state, windows and collections come back from the changelog alone, from a stale copy, and never from another log', async () => {
  const bench = await benchWith(300);
  const processors = [counter, collector];
  const stale = new MemoryStateStore();
  const first = await bench.engine(processors, { store: stale });
  await settle(first);
  await first.save();
  await bench.append(telemetryOf({ device: 'd1', epoch: 1, sequence: 1_000, metrics: { a: 0, b: 7 } }));
  await settle(first);
  const wanted = digestsOf(first);
  expect(digestsOf(await bench.engine(processors))).toEqual(wanted);
  expect(digestsOf(await bench.engine(processors, { store: stale }))).toEqual(wanted);

  const other = new Bench();
  const foreign = Object.assign(other.log, {});
  Object.defineProperty(foreign, 'id', { value: 'another' });
  const elsewhere = await other.engine(processors, { store: stale });
  expect(elsewhere.stateOf('counter', 'acme/d1')).toBeUndefined();
  expect(await elsewhere.lag()).toBe(0);
});

test('a collection reads its entries in byte order, also those of a restart', async () => {
  const bench = new Bench();
  const subkeys = ['b', 'a', 'é', 'aa', 'Z'];
  for (const [i, name] of subkeys.entries())
    await bench.append(telemetryOf({ device: 'd', epoch: 1, sequence: i, metrics: { [name]: i + 1 } }));
  await settle(await bench.engine([collector]));
  await bench.append(telemetryOf({ device: 'd', epoch: 1, sequence: 99, metrics: { b: 0 } }));
  await bench.append(telemetryOf({ device: 'd', epoch: 1, sequence: 100 }));
  await settle(await bench.engine([collector]));
  const [before, after] = bench.read(topics.telemetry).slice(-2) as { metrics: Record<string, number> }[];
  // Ranges end before '~', so the letter beyond ASCII is not among them.
  expect(Object.keys(before?.metrics ?? {})).toEqual(['Z', 'a', 'aa', 'b']);
  expect(Object.keys(after?.metrics ?? {})).toEqual(['Z', 'a', 'aa']);
});

test('a processor that throws stops alone, commits nothing of the bad step, and goes on when it is mended', async () => {
  const bench = new Bench();
  for (const [i, name] of ['a', 'boom', 'b'].entries())
    await bench.append(telemetryOf({ device: 'd', epoch: 1, sequence: i, metrics: { [name]: 1 } }));
  const engine = await bench.engine([counter, fragile]);
  await settle(engine);
  expect(engine.counts().get('fragile')?.failed).toBe(1);
  expect(engine.counts().get('counter')?.events).toBe(3);
  expect(bench.reports).toEqual([expect.stringContaining('processor_stopped')]);
  const of = (name: string) =>
    bench.read(topics.telemetry).filter(({ causePath }) => String(causePath).startsWith(name)).length;
  expect([of('counter'), of('fragile')]).toEqual([3, 0]);

  const mended = { ...fragile, apply: { telemetryReported: counter.apply.telemetryReported } };
  await settle(await bench.engine([counter, mended as typeof fragile]));
  expect([of('counter'), of('fragile')]).toEqual([3, 3]);
});

test('an engine that another has taken over from can commit nothing, and its run ends', async () => {
  const bench = new Bench();
  await bench.append(telemetryOf({ device: 'd', epoch: 1, sequence: 1 }));
  const old = await bench.engine([counter]);
  await old.poll(0);
  const young = await bench.engine([counter]);
  await settle(young);
  await old.commit();
  await expect(old.settled()).rejects.toMatchObject({ code: 'fenced' });
  await expect(bench.clock.run(old.run())).rejects.toMatchObject({ code: 'fenced' });
  expect(bench.read(topics.telemetry)).toHaveLength(1);
});

test('offsets that hold no record are gone over, and the engine comes to rest behind them', async () => {
  const bench = new Bench();
  bench.log.faults = { write: () => 'ok', gap: () => 3, fetchRecordsMax: () => 1 };
  await bench.append(telemetryOf({ device: 'd', epoch: 1, sequence: 1 }));
  const clock = await bench.log.transactor('clock');
  await bench.append(telemetryOf({ device: 'd', epoch: 1, sequence: 2 }));
  await clock.commit([{ topic: EVENTS_TOPIC, partition: 0, key: null, value: null, timestamp: 0 }]);
  const engine = await bench.engine([counter]);
  await settle(engine);
  await engine.poll(0);
  expect(await engine.lag()).toBe(0);
  expect(bench.read(topics.telemetry)).toHaveLength(2);
});

test('an engine that is to end folds no more of what it fetched, and the next one goes on behind it', async () => {
  const bench = await benchWith(1_000);
  const whole = await bench.engine([counter], { app: 'whole', log: replayOf(bench, 1) });
  await settle(whole);
  const engine = await bench.engine([counter]);
  const folding = engine.poll(0);
  const yielded = bench.clock.yield.bind(bench.clock);
  const stopping: Promise<void>[] = [];
  bench.clock.yield = () => {
    if (stopping.length === 0) stopping.push(engine.stop());
    return yielded();
  };
  await folding;
  await Promise.all(stopping);
  bench.clock.yield = yielded;
  const left = await engine.lag();
  expect(left).toBeGreaterThan(500);
  expect(left).toBeLessThan(1_000);
  const next = await bench.engine([counter]);
  await settle(next);
  expect(digestsOf(next)).toEqual(digestsOf(whole));
});

test('a registry that is away is waited for, also while an engine opens and restores', async () => {
  const bench = await benchWith(50);
  const before = await bench.engine([counter]);
  await settle(before);
  await before.stop();
  const { log, registry, partitions, clock } = bench;
  const asked: string[] = [];
  const away = async (what: string) => {
    // Two of three questions get no answer.
    if (asked.push(what) % 3 > 0) throw new RegistryError('registry_away', 'no answer; look whether it runs there');
  };
  const sometimes: Registry = {
    register: async (record) => away('register').then(() => registry.register(record)),
    schemaOf: async (id) => away('schemaOf').then(() => registry.schemaOf(id)),
  };
  const told: string[] = [];
  // The state in the changelog is of an older version, which only the registry can explain.
  const added: AvroField = { name: 'added', type: 'int', doc: 'New.', dataClass: 'operational', default: 0 };
  const state: typeof LedgerState = schema({ ...LedgerState.avro, fields: [...LedgerState.avro.fields, added] });
  const engine = await Engine.open({
    app: 'bench',
    processors: [Object.assign({}, counter as AnyProcessor, { state })],
    log,
    registry: sometimes,
    store: new MemoryStateStore(),
    partitions,
    clock: { now: () => clock.now(), yield: () => clock.yield(), sleep: async () => undefined },
    report: (code) => void told.push(code),
  });
  const key = 'acme/d1';
  expect(engine.stateOf('counter', key)).toEqual({ ...(before.stateOf('counter', key) as object), added: 0 });
  expect(asked.filter((what) => what === 'schemaOf')).toHaveLength(3);
  expect(told).toEqual(Array.from({ length: (asked.length / 3) * 2 }, () => 'registry_away'));
});

test('a partition with a backlog does not starve the others', async () => {
  const bench = new Bench(2);
  const metrics = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`metric-${i}`, 1.5]));
  for (let i = 0; i < 300; i++) await bench.append(telemetryOf({ device: 'd0', epoch: 1, sequence: i, metrics }));
  const busy = bench.log.all(EVENTS_TOPIC, 0).length > 0 ? 0 : 1;
  let device = 1;
  while (bench.log.all(EVENTS_TOPIC, 1 - busy).length === 0)
    await bench.append(telemetryOf({ device: `d${device++}`, epoch: 1, sequence: 1 }));
  const engine = await bench.engine([counter]);
  await engine.poll(0);
  await engine.poll(0);
  await engine.commit();
  await engine.settled();
  expect(bench.log.all('telemetry', 1 - busy)).toHaveLength(1);
  expect(await engine.lag()).toBeGreaterThan(0);
});
