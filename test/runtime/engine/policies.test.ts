import { expect, test } from 'vitest';
import { telemetryReported, topics } from '#schemas';
import { type AnyProcessor, deadLetters, emit, processor } from '#sdk';
import { REVISITED_MAX } from '#runtime/engine/steps.ts';
import { simulate } from '#runtime/simulate.ts';
import { gapOf, Story, telling } from './stages.ts';

/** Says under which policy it meets a report, a deadline and a visit. */
const talker = processor({
  name: 'talker',
  version: 1,
  doc: 'Says which policy is in force.',
  inputs: { telemetryReported },
  outputs: [topics.gaps],
  state: Story,
  policies: { telling },
  initial: { told: '', dueAt: null },
  latenessMs: Infinity,
  gatekeeper: true,
  apply: {
    telemetryReported: (state, { device }, { meta, policies, versions }) => ({
      state: { ...state, told: String(meta.logTime) },
      emits: [emit(topics.gaps, gapOf(device, 0, `report ${policies.telling.prefix}/${versions.telling}`))],
    }),
  },
  deadline: ({ told }, { policies }) => (told === '' ? null : Number(told) + policies.telling.everyMs),
  expire: (state, at, { meta, versions }) => ({
    state: { ...state, told: '' },
    emits: [emit(topics.gaps, gapOf(meta.key.slice(5), at, `due ${versions.telling}`))],
  }),
  revisit: (state, { meta, versions }) => ({
    state,
    emits: [emit(topics.gaps, gapOf(meta.key.slice(5), 0, `visit ${versions.telling}`))],
  }),
});
const parts = Object.entries(talker).filter(([name]) => name !== 'revisit');
const still = Object.fromEntries(parts) as unknown as AnyProcessor;
const once = { device: 'a', metrics: {}, labels: {} };

test('a policy is its fallback, then what was decided for all, then for the tenant, until it is withdrawn', async () => {
  const run = await simulate(still);
  await run.advanceTo(1_000);
  const said = async () => {
    await run.send(telemetryReported, { ...once, metrics: { n: run.read(topics.gaps).length } });
    return run.read(topics.gaps).at(-1)?.source;
  };
  expect(await said()).toBe('report /0');
  await run.decide(telling, { everyMs: 1_000_000, prefix: 'all' });
  expect(await said()).toBe('report all/1');
  await run.decide(telling, { everyMs: 1_000_000, prefix: 'acme' }, 'acme');
  expect(await said()).toBe('report acme/2');
  await run.decide(telling, { everyMs: 1_000_000, prefix: 'other' }, 'other');
  expect(await said()).toBe('report acme/2');
  await run.crash({ keepLocalState: false });
  expect(await said()).toBe('report acme/2');
  await run.decide(telling, null, 'acme');
  expect(await said()).toBe('report all/1');
  await run.decide(telling, null);
  expect(await said()).toBe('report /5');
});

test('a deadline follows a policy at once, and after a restart it is the same', async () => {
  const run = await simulate(still);
  await run.advanceTo(1_000);
  await run.send(telemetryReported, once);
  await run.decide(telling, { everyMs: 60_000, prefix: '' });
  await run.advanceTo(10_000);
  expect(run.read(topics.gaps)).toHaveLength(1);
  await run.decide(telling, { everyMs: 5_000, prefix: '' });
  await run.crash();
  await run.advanceTo(10_001);
  expect(run.read(topics.gaps).at(-1)).toMatchObject({ eventTime: 6_000, source: 'due 2' });
});

test('a key that is to be visited meets the policy at a tick, some keys at each, also after a crash', async () => {
  const run = await simulate(talker);
  await run.advanceTo(1_000);
  const devices = Array.from({ length: REVISITED_MAX + 10 }, (_, i) => `d${String(i).padStart(5, '0')}`);
  for (const device of devices) await run.send(telemetryReported, { ...once, device });
  await run.advanceTo(5_000);
  const before = run.read(topics.gaps).length;
  await run.decide(telling, { everyMs: 1, prefix: '' });
  expect(run.read(topics.gaps)).toHaveLength(before);
  await run.advanceTo(6_000);
  expect(run.read(topics.gaps)).toHaveLength(before + REVISITED_MAX);
  await run.crash({ keepLocalState: false });
  await run.advanceTo(7_000);
  await run.advanceTo(8_000);
  const visited = run.read(topics.gaps).slice(before);
  expect(visited.map(({ device }) => device)).toEqual(devices);
  expect(new Set(visited.map(({ source }) => source))).toEqual(new Set(['visit 1']));
});

test('what is no such policy is given up with its reason, and changes nothing', async () => {
  const run = await simulate(still);
  await run.advanceTo(1_000);
  await run.decide(telling, { everyMs: 0, prefix: 'wrong' });
  expect(run.read(deadLetters)).toMatchObject([
    { code: 'policy_invalid', detail: 'telling: everyMs must be more than 0' },
  ]);
  await run.send(telemetryReported, once);
  expect(run.read(topics.gaps).at(-1)?.source).toBe('report /0');
});

test('silence counts from where time went on, or a connector began or ended listening', async () => {
  const hears = Object.assign({}, still, { apply: { telemetryReported: heard } });
  const run = await simulate(hears);
  const since = async () => {
    await run.send(telemetryReported, { ...once, metrics: { n: run.read(topics.gaps).length } });
    return run.read(topics.gaps).at(-1)?.eventTime;
  };
  await run.advanceTo(1_000);
  expect(await since()).toBe(0);
  await run.advanceTo(50_000, { resumed: true });
  expect(await since()).toBe(50_000);
  await run.advanceTo(51_000);
  await run.ingress('STARTED');
  await run.advanceTo(52_000);
  await run.crash({ keepLocalState: false });
  expect(await since()).toBe(51_000);
});

const heard: (typeof talker)['apply']['telemetryReported'] = (state, { device }, { meta }) => ({
  state,
  emits: [emit(topics.gaps, gapOf(device, meta.heardSince, ''))],
});
