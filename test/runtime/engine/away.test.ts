import { expect, test } from 'vitest';
import { type AvroRecord, ClockTicked, EVENTS_TOPIC, owners as ownersTopic, ProcessorOwned } from '#sdk';
import { topics } from '#schemas';
import { compiled, frame } from '#runtime/avro.ts';
import { ownersOf } from '#runtime/engine/owners.ts';
import { openTicker, standByTicker } from '#runtime/engine/ticker.ts';
import { Worker } from '#runtime/engine/worker.ts';
import { type FetchRequest, type Group, type Log, LogError } from '#runtime/log/log.ts';
import type { MemoryRegistry } from '#runtime/registry/memory.ts';
import { type Registry, RegistryError } from '#runtime/registry/registry.ts';
import type { Checkpoint } from '#runtime/state/store.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import { Bench, collector, counter, settle, telemetryOf } from './examples.ts';

/** A log, each of whose operations is away the first times. */
function awayAtFirst(log: Log, times: number): Log {
  const left = new Map<string, number>();
  return new Proxy(log, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name, target);
      if (typeof found !== 'function') return found;
      return async (...args: unknown[]) => {
        const count = left.get(String(name)) ?? 0;
        left.set(String(name), count + 1);
        if (count < times) throw new LogError('log_refused', 'the cluster has not answered; try again');
        if (name !== 'fetch') return Reflect.apply(found, target, args) as unknown;
        // Its time stands still here, and so would who waits in it.
        await HASTE.sleep();
        return target.fetch({ ...(args[0] as FetchRequest), waitMsMax: 0 });
      };
    },
  });
}

function registryAwayAtFirst(registry: Registry, times: number): Registry {
  let left = times;
  const asked = <T>(work: () => Promise<T>) => {
    if (left-- > 0) throw new RegistryError('registry_away', 'the registry cannot be reached');
    return work();
  };
  return {
    register: async (record) => asked(() => registry.register(record)),
    schemaOf: async (id) => asked(() => registry.schemaOf(id)),
  };
}

/** Runs at once what would wait. */
const HASTE = {
  now: () => Date.now(),
  sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 1)),
  yield: () => Promise.resolve(),
};

function groupOf(partitions: readonly number[]): Group {
  const member = { group: 'bench', member: 'one', generation: 1 };
  return {
    join: async () => ({ member, partitions, ended: new Promise<void>(() => undefined) }),
    leave: async () => undefined,
  };
}

function workerOver(bench: Bench, over: { log?: Log; registry?: Registry; group?: Group }): Worker {
  const { log = bench.log, registry = bench.registry, group = groupOf([0]) } = over;
  const isRun = async () => false;
  const owners = ownersOf({ log, registry, app: 'bench', processors: ['counter'], isRun, now: () => 0 });
  const store = new MemoryStateStore();
  const report = (code: string) => bench.reports.push(code);
  const parts = { app: 'bench', processors: [counter], partitions: 1, clock: HASTE, commitMs: 1 };
  return new Worker({ ...parts, log, registry, store, group, owners, report });
}

test('a worker waits for a log and a registry that are away when it begins, and then folds all', async () => {
  const bench = new Bench();
  for (let i = 0; i < 5; i++) await bench.append(telemetryOf({ device: 'd1', epoch: 1, sequence: i }));
  const log = awayAtFirst(bench.log, 3);
  const worker = workerOver(bench, { log, registry: registryAwayAtFirst(bench.registry, 5) });
  const running = worker.run();
  await expect.poll(() => worker.engine?.counts().get('counter')?.events).toBe(5);
  await worker.stop();
  await running;
  expect(bench.read({ name: 'telemetry', value: { avro: topics.telemetry.value.avro } })).toHaveLength(5);
  expect(bench.reports).toEqual(expect.arrayContaining(['registry_away', 'log_refused']));
});

test('a worker that waits for its group, or for a log that stays away, can be stopped', async () => {
  const bench = new Bench();
  const group: Group = {
    async join(isUnwanted = () => false) {
      while (!isUnwanted()) await HASTE.sleep();
      throw new LogError('log_refused', 'nobody wants it any more');
    },
    leave: async () => undefined,
  };
  const log = awayAtFirst(bench.log, Number.POSITIVE_INFINITY);
  for (const worker of [workerOver(bench, { group }), workerOver(bench, { log })]) {
    const running = worker.run();
    await HASTE.sleep();
    await worker.stop();
    await expect(running).resolves.toBeUndefined();
  }
});

test('a restore goes on when an answer is empty before the end', async () => {
  const bench = new Bench();
  for (let i = 0; i < 50; i++)
    await bench.append(telemetryOf({ device: `d${i}`, epoch: 1, sequence: i, metrics: { a: i } }));
  const first = await bench.engine([counter, collector]);
  await settle(first);
  let fetches = 0;
  const hesitant = new Proxy(bench.log, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name, target);
      if (typeof found !== 'function') return found;
      if (name !== 'fetch') return found.bind(target) as unknown;
      return async (request: Parameters<Log['fetch']>[0]) =>
        fetches++ % 2 === 0 ? [] : target.fetch({ ...request, bytesMax: 100 });
    },
  });
  const second = await bench.engine([counter, collector], { log: hesitant });
  expect(Object.fromEntries(second.digests())).toEqual(Object.fromEntries(first.digests()));
});

test('a local copy of another changelog of the same name is not trusted', async () => {
  const bench = new Bench();
  for (let i = 0; i < 5; i++) await bench.append(telemetryOf({ device: 'd1', epoch: 1, sequence: i }));
  const store = new MemoryStateStore();
  const first = await bench.engine([counter], { store });
  await settle(first);
  await first.save();
  const remade = new Proxy(bench.log, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name, target);
      if (typeof found !== 'function') return found;
      if (name !== 'topicId') return found.bind(target) as unknown;
      return async (topic: string) => (topic === EVENTS_TOPIC ? target.topicId(topic) : `another ${topic}`);
    },
  });
  const copy = store.open('counter', 0);
  const stale = copy.checkpoint as Checkpoint;
  const [key, value] = [...copy.range(new Uint8Array(), new Uint8Array([255]))].find(([each]) =>
    Buffer.from(each).includes('d1'),
  ) as [Uint8Array, Uint8Array];
  // What the other changelog does not have.
  await copy.write([[Buffer.from(Buffer.from(key).toString('latin1').replace('d1', 'd9'), 'latin1'), value]], stale);
  const second = await bench.engine([counter], { store, log: remade });
  expect(second.stateOf('counter', 'acme/d9')).toBeUndefined();
  expect(second.stateOf('counter', 'acme/d1')).toBeDefined();
});

/** The registry of a newer release, which knows the record as another version, in the same history of ids. */
async function otherVersionOf(registry: MemoryRegistry, record: AvroRecord): Promise<number> {
  const added = { name: 'addedLater', type: ['null', 'string'], default: null, doc: 'Of a newer release.' };
  return registry.register({ ...record, fields: [...record.fields, added] } as AvroRecord);
}

test('owners and clock are read whichever version wrote them', async () => {
  const bench = new Bench();
  const { log, registry } = bench;
  const owned = { processor: 'counter', app: 'other', generation: 3, time: 0 };
  const ticked = { number: 7, time: 1_000, resumed: false };
  await log.ensureTopics([
    { name: ownersTopic.name, partitions: 1, cleanup: 'compact' },
    { name: 'fleet.clock', partitions: 1, cleanup: 'compact' },
  ]);
  for (const [record, topic, value] of [
    [ProcessorOwned.avro, ownersTopic.name, owned],
    [ClockTicked.avro, 'fleet.clock', ticked],
  ] as const) {
    await registry.register(record);
    const id = await otherVersionOf(registry, record);
    const newer = (await registry.schemaOf(id)) as AvroRecord;
    const bytes = frame(compiled(newer), id, { ...value, addedLater: 'x' });
    await log.append([{ topic, partition: 0, key: Buffer.from('clock'), value: bytes, timestamp: 0 }]);
  }
  const owners = ownersOf({
    log,
    registry,
    app: 'bench',
    processors: ['counter'],
    isRun: async () => true,
    now: () => 0,
  });
  await expect(owners.claim()).rejects.toMatchObject({ code: 'processor_owned' });
  const ticker = await openTicker({ log, registry, partitions: 1, clock: { now: () => 2_000, sleep: HASTE.sleep } });
  await ticker.tick();
  const [last] = log.all(EVENTS_TOPIC, 0).slice(-1);
  expect(compiled(ClockTicked.avro).fromBuffer(Buffer.from(last?.value as Uint8Array).subarray(5))).toMatchObject({
    number: 8,
  });
});

test('who stands by for the clock waits for a log and a registry that are away', async () => {
  const bench = new Bench();
  const codes: string[] = [];
  const ticker = standByTicker({
    log: awayAtFirst(bench.log, 3),
    registry: registryAwayAtFirst(bench.registry, 3),
    partitions: 1,
    clock: HASTE,
    report: (code) => codes.push(code),
  });
  const running = ticker.run();
  await expect.poll(() => codes.includes('clock_taken') && bench.log.all(EVENTS_TOPIC, 0).length > 2).toBe(true);
  ticker.stop();
  await running;
  expect(codes).toEqual(expect.arrayContaining(['registry_away', 'log_refused']));
});
