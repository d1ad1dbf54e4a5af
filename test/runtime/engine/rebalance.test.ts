// What a worker keeps from one share of its group to the next.
import { describe, expect, test } from 'vitest';
import { LedgerState, topics } from '#schemas';
import { type AnyProcessor, type AvroField, schema } from '#sdk';
import { Engine } from '#runtime/engine/engine.ts';
import type { Owners } from '#runtime/engine/owners.ts';
import { openTicker } from '#runtime/engine/ticker.ts';
import { Worker } from '#runtime/engine/worker.ts';
import type { Group, GroupMember } from '#runtime/log/log.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import type { PartitionStore, StateStore } from '#runtime/state/store.ts';
import { Bench, counter, fragile, settle, sleeper, telemetryOf } from './examples.ts';

const digestsOf = (engine: Engine) => Object.fromEntries(engine.digests());
const foldOf = (engine: Engine) => engine.tasks.get(0)?.folds[0];

async function send(bench: Bench, from: number, to: number, metrics: Record<string, number> = {}): Promise<void> {
  for (let sequence = from; sequence < to; sequence++) {
    await bench.append(telemetryOf({ device: `d${sequence % 3}`, epoch: 1, sequence, metrics }));
  }
}

/** An engine of the share after, over the same local copies. */
function openAfter(
  bench: Bench,
  processors: readonly AnyProcessor[],
  store: StateStore,
  before: Engine | null,
  member?: GroupMember,
) {
  const { log, registry, partitions, clock } = bench;
  const whole = { app: 'bench', processors, log, registry, store, partitions, clock };
  return Engine.open({ ...whole, ...(member !== undefined && { member }) }, before);
}

describe('folds of a share that ended in good order', () => {
  test('go on in the next one, with counts of their own, where nobody has folded meanwhile', async () => {
    const bench = new Bench();
    const store = new MemoryStateStore();
    await send(bench, 0, 9);
    const before = await bench.engine([sleeper], { store });
    await settle(before);
    await before.stop();
    const after = await openAfter(bench, [sleeper], store, before);
    expect(foldOf(after)).toBe(foldOf(before));
    expect(after.counts().get('sleeper')?.events).toBe(0);
    await send(bench, 9, 15);
    await settle(after);
    expect(after.counts().get('sleeper')?.events).toBe(6);
    const wanted = digestsOf(await bench.engine([sleeper]));
    expect(digestsOf(after)).toEqual(wanted);
    await after.stop();
    expect(digestsOf(await bench.engine([sleeper], { store }))).toEqual(wanted);
  });

  const member = { group: 'bench', member: 'one', generation: 5 };
  test.each([
    ['not looked for when the share follows directly', { ...member, generation: 6 }, 0],
    ['looked for when shares were between', { ...member, generation: 7 }, 1],
    ['looked for when the group took it for dead between', { ...member, member: 'two', generation: 6 }, 1],
  ])('others are %s', async (_, next, times) => {
    const bench = new Bench();
    const store = new MemoryStateStore();
    await send(bench, 0, 9);
    const before = await openAfter(bench, [counter], store, null, member);
    await settle(before);
    await before.stop();
    let looks = 0;
    const settledEnd = bench.log.settledEnd.bind(bench.log);
    bench.log.settledEnd = (topic, partition) => {
      looks++;
      return settledEnd(topic, partition);
    };
    const after = await openAfter(bench, [counter], store, before, next);
    expect([looks, foldOf(after)]).toEqual([times, foldOf(before)]);
  });

  test('are opened anew where another has folded meanwhile', async () => {
    const bench = new Bench();
    const store = new MemoryStateStore();
    await send(bench, 0, 9);
    const before = await bench.engine([counter], { store });
    await settle(before);
    await before.stop();
    const other = await bench.engine([counter]);
    await send(bench, 9, 12);
    await settle(other);
    const after = await openAfter(bench, [counter], store, before);
    expect(foldOf(after)).not.toBe(foldOf(before));
    expect(digestsOf(after)).toEqual(digestsOf(other));
    await settle(after);
    expect(after.counts().get('counter')?.events).toBe(0);
  });

  test('are opened anew where they stood still, or have not committed what they folded', async () => {
    const bench = new Bench();
    const store = new MemoryStateStore();
    await send(bench, 0, 3, { boom: 1 });
    const before = await bench.engine([fragile, counter], { store });
    await before.poll(0);
    const [broken, uncommitted] = before.tasks.get(0)?.folds ?? [];
    const after = await openAfter(bench, [fragile, counter], store, before);
    expect(after.tasks.get(0)?.folds).toHaveLength(2);
    expect(after.tasks.get(0)?.folds).not.toContain(broken);
    expect(after.tasks.get(0)?.folds).not.toContain(uncommitted);
  });
});

test('a local copy of an older version of the state is opened without reading its entries', async () => {
  const bench = new Bench();
  const store = new MemoryStateStore();
  await send(bench, 0, 6);
  const before = await bench.engine([counter], { store });
  await settle(before);
  await before.stop();
  const part = store.open('counter', 0);
  let ranges = 0;
  const range = part.range.bind(part);
  part.range = (from, to) => {
    ranges++;
    return range(from, to);
  };
  const added: AvroField = { name: 'added', type: 'int', doc: 'New.', dataClass: 'operational', default: 0 };
  const state: typeof LedgerState = schema({ ...LedgerState.avro, fields: [...LedgerState.avro.fields, added] });
  const after = await bench.engine([Object.assign({}, counter as AnyProcessor, { state })], { store });
  expect(ranges).toBe(0);
  await send(bench, 6, 9);
  await settle(after);
  expect(after.stateOf('counter', 'acme/d1')).toMatchObject({ missing: 3, added: 0 });
});

test('deadlines are found by stored states a slice at a time, each key once', async () => {
  const bench = new Bench();
  const store = new MemoryStateStore();
  for (let i = 0; i < 2_500; i++) await bench.append(telemetryOf({ device: `d${i}`, epoch: 1, sequence: 1 }));
  const before = await bench.engine([sleeper], { store });
  await settle(before);
  await before.stop();
  let turns = 0;
  bench.clock.yield = async () => void turns++;
  const after = await bench.engine([sleeper], { store });
  expect(turns).toBe(3);
  const { log, registry } = bench;
  const clock = { now: () => 10_000, sleep: async () => undefined };
  const ticker = await openTicker({ log, registry, partitions: 1, clock });
  await ticker.tick();
  await settle(after);
  expect(new Set(bench.read(topics.gaps).map(({ device }) => device)).size).toBe(2_500);
  expect(bench.read(topics.gaps)).toHaveLength(2_500);
});

test('a worker goes over from share to share, and counts each event once', async () => {
  const bench = new Bench();
  const shares = sharesOf(2);
  const worker = workerOver(bench, shares.group, new MemoryStateStore());
  await send(bench, 0, 4);
  const running = worker.run();
  await expect.poll(() => worker.counts().get('counter')?.events).toBe(4);
  const fold = foldOf(worker.engine as Engine);
  shares.end();
  await expect.poll(() => shares.begun() === 2 && worker.engine !== null).toBe(true);
  expect(foldOf(worker.engine as Engine)).toBe(fold);
  await send(bench, 4, 6);
  await expect.poll(() => worker.counts().get('counter')?.events).toBe(6);
  await worker.stop();
  await running;
  expect(bench.log.all('telemetry', 0)).toHaveLength(6);
});

test('a local copy that is found damaged is restored from its changelog, and the folding goes on', async () => {
  const bench = new Bench();
  const store = new Damaged();
  await send(bench, 0, 6);
  const before = await bench.engine([counter], { store });
  await settle(before);
  await before.stop();
  store.isDamaged = true;
  const shares = sharesOf(2);
  const worker = workerOver(bench, shares.group, store);
  const running = worker.run();
  await send(bench, 6, 9);
  await expect.poll(() => bench.log.all('telemetry', 0).length).toBe(9);
  expect([bench.reports.filter((code) => code === 'state_corrupt'), shares.begun()]).toEqual([['state_corrupt'], 2]);
  await worker.stop();
  await running;
  const whole = digestsOf(await bench.engine([counter], { store }));
  expect(whole).toEqual(digestsOf(await bench.engine([counter])));
});

/** Local copies that, once damaged, trust themselves no more when that is seen, until they are begun anew. */
class Damaged extends MemoryStateStore {
  isDamaged = false;
  #isSeen = false;

  override open(processor: string, partition: number): PartitionStore {
    const inner = super.open(processor, partition);
    const look = () => {
      if (!this.isDamaged) return;
      this.#isSeen = true;
      throw Object.assign(new Error('state_corrupt: damaged'), { code: 'state_corrupt' });
    };
    return {
      checkpoint: this.#isSeen ? null : inner.checkpoint,
      get: (key) => {
        // The commit record is whole.
        if (key[0] !== 0) look();
        return inner.get(key);
      },
      range: (from, to) => {
        look();
        return inner.range(from, to);
      },
      write: (changes, checkpoint) => inner.write(changes, checkpoint),
      clear: async () => {
        this.isDamaged = false;
        await inner.clear();
      },
    };
  }
}

/** A group that gives the same share so many times, each until it is ended. */
function sharesOf(count: number) {
  let begun = 0;
  let end = () => undefined as void;
  const group: Group = {
    async join() {
      begun++;
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      if (begun < count) end = resolve;
      return { member: { group: 'bench', member: 'one', generation: begun }, partitions: [0], ended };
    },
    leave: async () => undefined,
  };
  return { group, begun: () => begun, end: () => end() };
}

const OWNERS: Owners = { claim: async () => undefined, confirm: async () => undefined };

/** Its time is real, but no outcome depends on it. */
const CLOCK = {
  now: () => Date.now(),
  sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 1)),
  yield: () => Promise.resolve(),
};

function workerOver(bench: Bench, group: Group, store: StateStore): Worker {
  const { registry, partitions } = bench;
  // Its own time stands still, and so would who waits in it.
  const log = new Proxy(bench.log, {
    get(target, name) {
      if (name === 'fetch') {
        return async (request: Parameters<typeof target.fetch>[0]) => {
          await CLOCK.sleep();
          return target.fetch({ ...request, waitMsMax: 0 });
        };
      }
      const found: unknown = Reflect.get(target, name, target);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
  const report = (code: string) => bench.reports.push(code);
  const parts = { app: 'bench', processors: [counter], partitions, clock: CLOCK, commitMs: 1, owners: OWNERS };
  return new Worker({ ...parts, log, registry, store, group, report });
}
