import { beforeEach, expect, test } from 'vitest';
import { EVENTS_TOPIC, PolicyChanged, PolicySnapshotBegan, PolicySnapshotEnded, policies, policy } from '#sdk';
import { openTicker, SNAPSHOT_MS } from '#runtime/engine/ticker.ts';
import { Types } from '#runtime/engine/types.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { decidePolicies, listPolicies, type Wish } from '#runtime/policies/decide.ts';
import { POLICIES_BYTES_MAX } from '#runtime/policies/live.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { listener, teller, telling } from '../engine/stages.ts';
import { simulate } from '#runtime/simulate.ts';

const PARTITIONS = 3;
const { value } = telling;
const long = policy({ name: 'long', doc: 'Of a test.', value, fallback: { everyMs: 1, prefix: '' } });

let log: SimulatedLog;
let registry: MemoryRegistry;
const clock = { now: 5_000 };

beforeEach(() => {
  log = new SimulatedLog(new SimulatedClock(0));
  registry = new MemoryRegistry();
});

function decide(wishes: readonly Partial<Wish>[], dryRun = false) {
  const whole = wishes.map((wish) => ({ policy: 'telling', tenant: null, value: null, ...wish }));
  return decidePolicies(options(), whole, dryRun);
}

function options() {
  const declared = [telling, long];
  return { log, registry, declared, partitions: PARTITIONS, clock: () => clock.now };
}

/** What a topic holds, by the name of its record. */
async function told(topic: string, partition = 0) {
  const types = new Types(registry);
  for (const schema of [PolicyChanged, PolicySnapshotBegan, PolicySnapshotEnded]) types.expect(schema);
  const found: unknown[] = [];
  for (const record of log.all(topic, partition)) {
    await types.learnAll([record]);
    const bytes = record.value as Uint8Array;
    const name = types.nameOf(Buffer.from(bytes).readUInt32BE(1)) ?? '';
    const schema = [PolicyChanged, PolicySnapshotBegan, PolicySnapshotEnded].find((each) => each.name === name);
    found.push(schema === undefined ? name : { ...(types.decode(schema as typeof PolicyChanged, bytes) as object) });
  }
  return found;
}

test('a decision is kept, and told to every partition in the same transaction, with a version that grows', async () => {
  const value = { everyMs: 10, prefix: 'a' };
  expect(await decide([{ value }])).toEqual([
    { policy: 'telling', tenant: null, before: null, after: value, outcome: 'decided', version: 1 },
  ]);
  expect(await decide([{ value }])).toMatchObject([{ outcome: 'unchanged', version: 1 }]);
  expect(await decide([{ value: { everyMs: 11, prefix: 'a' } }, { value, tenant: 'acme' }])).toMatchObject([
    { outcome: 'decided', version: 2, before: value },
    { outcome: 'decided', version: 1, tenant: 'acme' },
  ]);
  expect(await decide([{ tenant: 'acme' }, { tenant: 'other' }])).toMatchObject([
    { outcome: 'withdrawn', version: 2, before: value, after: null },
    { outcome: 'unchanged', version: 0 },
  ]);
  const kept = await told(policies.name);
  expect(kept).toMatchObject([{ version: 1 }, { version: 2 }, { tenant: 'acme', version: 1 }, { version: 2 }]);
  for (let partition = 0; partition < PARTITIONS; partition++)
    expect(await told(EVENTS_TOPIC, partition)).toEqual(kept);
  expect(log.all(policies.name, 0).map(({ key }) => Buffer.from(key ?? '').toString())).toEqual([
    'telling',
    'telling',
    'telling/acme',
    'telling/acme',
  ]);
  expect(await listPolicies(options())).toMatchObject([
    { policy: 'telling', tenant: null, version: 2, after: { everyMs: 11 } },
    { policy: 'telling', tenant: 'acme', version: 2, after: null },
  ]);
});

test.each([
  [{ policy: 'tellin' }, 'policy_unknown: there is no policy tellin; there are: telling, long'],
  [{ value: { everyMs: 'soon', prefix: '' } }, 'policy_invalid: telling at /everyMs: "soon" is not "long"'],
  [{ value: { everyMs: 1 } }, 'policy_invalid: telling at /prefix: nothing is there, where it needs "string"'],
  [{ value: { everyMs: 1, prefix: '', more: 1 } }, 'policy_invalid: telling'],
  [{ value: [] }, 'policy_invalid: telling'],
  [{ value: { everyMs: 0, prefix: '' } }, 'policy_invalid: telling: everyMs must be more than 0'],
  [{ value: { everyMs: 1, prefix: '' }, tenant: 'a/b' }, 'policy_invalid: telling: a tenant has'],
  [{ policy: 'long', value: { everyMs: 1, prefix: 'x'.repeat(POLICIES_BYTES_MAX) } }, 'policies_too_many: 2 of 26'],
])('of a file in which one cannot be, nothing is decided (%#)', async (wrong, said) => {
  await expect(decide([{ value: { everyMs: 9, prefix: '' } }, wrong])).rejects.toThrow(said);
  expect(log.all(policies.name, 0)).toEqual([]);
  expect(log.all(EVENTS_TOPIC, 0)).toEqual([]);
});

test('the same cannot be decided twice at once', async () => {
  const value = { everyMs: 9, prefix: '' };
  await expect(decide([{ value }, { value }])).rejects.toThrow('policy_twice: telling is decided twice');
});

test('a dry run says what would be done, and writes nothing, not even to the registry', async () => {
  const value = { everyMs: 10, prefix: 'a' };
  expect(await decide([{ value }], true)).toMatchObject([{ outcome: 'decided', version: 1 }]);
  expect(log.all(policies.name, 0)).toEqual([]);
  expect(await registry.schemaOf(1)).toBeNull();
});

test('the ticker tells every partition the whole set at once, and again each hour', async () => {
  const ticking = { log, registry, partitions: PARTITIONS, clock: { now: () => clock.now, sleep: async () => {} } };
  await decide([{ value: { everyMs: 10, prefix: 'a' } }, { value: { everyMs: 12, prefix: 'b' }, tenant: 'acme' }]);
  const before = log.all(EVENTS_TOPIC, 0).length;
  const set = (snapshot: number) => [
    { snapshot, count: 2 },
    { policy: 'telling', tenant: null, version: 1 },
    { policy: 'telling', tenant: 'acme', version: 1 },
    { snapshot },
    'fleetstream.platform.ClockTicked',
  ];
  await (await openTicker(ticking)).tick();
  clock.now += SNAPSHOT_MS - 1;
  const next = await openTicker(ticking);
  await next.tick();
  clock.now += 1;
  await next.tick();
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const found = (await told(EVENTS_TOPIC, partition)).slice(before);
    expect(found).toMatchObject([...set(0), 'fleetstream.platform.ClockTicked', ...set(1)]);
  }
});

test('a stage behind another meets the policies that its own partition was told', async () => {
  const run = await simulate(listener, { beside: [teller], partitions: PARTITIONS });
  await run.advanceTo(1_000);
  await run.decide(telling, { everyMs: 1_000, prefix: 'p' });
  await run.crash({ keepLocalState: false });
  await run.advanceTo(2_000);
  await run.crash({ keepLocalState: false });
  expect(run.engine.counts().get('listener')).toMatchObject({ failed: 0 });
});
