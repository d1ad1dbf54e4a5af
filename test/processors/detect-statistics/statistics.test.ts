import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { behaviourReported, securityProfiles, telemetryReported, topics, twinDesired } from '#schemas';
import { profileOf } from '#cli/security-profiles.ts';
import { simulate, type Simulation } from '#runtime/simulate.ts';
import { detect } from '../../../processors/detect/processor.ts';
import { percentileOf } from '../../../processors/detect-statistics/percentile.ts';
import { detectStatistics } from '../../../processors/detect-statistics/processor.ts';
import { at, found, heard, report, until } from '../detect/profile.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`percentiles: SEED=${seed}`);

const STATISTICS = ['p0', 'p0.1', 'p0.01', 'p1', 'p10', 'p50', 'p90', 'p99', 'p99.9', 'p99.99', 'p100'];

test('a percentile is the least value that so many of a hundred do not exceed', () => {
  const values = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(values, fc.constantFrom(...STATISTICS), (some, statistic) => {
      const ascending = some.toSorted((a, b) => a - b);
      const share = BigInt(Math.round(Number(statistic.slice(1)) * 100));
      const reaches = (value: number) => {
        const count = BigInt(some.filter((each) => each <= value).length);
        return count * 10_000n >= share * BigInt(some.length);
      };
      expect(percentileOf(ascending, statistic)).toBe(ascending.find(reaches));
    }),
    { seed, numRuns: 2_000 },
  );
});

/** Profiles of AWS in force over four partitions, with one behaviour that has a statistical threshold. */
async function comparing(metric: string, operator: string, statistic: string, more: object = {}): Promise<Simulation> {
  const run = await simulate(detectStatistics, { beside: [detect], partitions: 4 });
  await run.advanceTo(at(0));
  await run.decide(securityProfiles, { profiles: [asked(metric, operator, statistic, more)] });
  return run;
}

function asked(metric: string, comparisonOperator: string, statistic: string, more: object = {}) {
  const { suppressAlerts = false, ...criteria } = more as { suppressAlerts?: boolean };
  const whole = { comparisonOperator, statisticalThreshold: { statistic }, durationSeconds: 300, ...criteria };
  const profile = { securityProfileName: 'p', behaviors: [{ name: 'b', metric, criteria: whole, suppressAlerts }] };
  const value = { profiles: [profileOf(profile, 'p.json')] };
  expect(securityProfiles.check?.(value)).toBeNull();
  return value.profiles[0] as (typeof value.profiles)[number];
}

/** Device d<n> sends n messages of ten bytes, in the window that begins then. */
async function messages(run: Simulation, minute: number, count = 10): Promise<void> {
  for (let n = 1; n <= count; n++)
    for (let i = 0; i < n; i++) {
      const said = { metrics: { i }, labels: {}, payloadBytes: 10 };
      await run.send(telemetryReported, { device: `d${n}`, deviceTime: at(minute) + i, ...said });
    }
}

const devices = (run: Simulation) => run.read(topics.violations).map(({ device, value }) => [device, value]);
const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).toSorted();

describe('a statistical threshold', () => {
  test.each([
    ['less-than-equals', 'p90', [['d10', 10]]],
    [
      'less-than',
      'p90',
      [
        ['d9', 9],
        ['d10', 10],
      ],
    ],
    ['less-than-equals', 'p100', []],
    ['less-than', 'p100', [['d10', 10]]],
    ['less-than-equals', 'p99.99', []],
    ['greater-than-equals', 'p10', []],
    ['greater-than', 'p10', [['d1', 1]]],
    ['greater-than-equals', 'p0', []],
    ['greater-than', 'p0.01', [['d1', 1]]],
    [
      'greater-than-equals',
      'p50',
      [
        ['d1', 1],
        ['d2', 2],
        ['d3', 3],
        ['d4', 4],
      ],
    ],
  ])('%s %s compares a device to all in the same window', async (operator, statistic, seen) => {
    const run = await comparing('aws:num-messages-sent', operator, statistic);
    await messages(run, 1);
    await until(run, 1, 8);
    expect(sorted(devices(run))).toEqual(sorted(seen));
  });

  test('says what it was, of how many devices, and what would have kept it silent', async () => {
    const run = await comparing('aws:num-messages-sent', 'less-than-equals', 'p90');
    await messages(run, 1);
    await until(run, 1, 8);
    expect(run.read(topics.violations)).toMatchObject([
      {
        device: 'd10',
        kind: 'IN_ALARM',
        finding: `detect.p.b/d10/${at(5)}`,
        criteria: 'aws:num-messages-sent less-than-equals p90 in 300 s, which is 9 of 10 devices',
        silentAt: 10,
        windowStart: at(0),
        eventTime: at(5),
        policyVersion: 1,
      },
    ]);
    expect(run.read(topics.signals)).toMatchObject([{ kind: 'RAISED', alert: 'detect.p.b/d10', severity: 'MEDIUM' }]);
  });

  test('of message sizes is of the bytes of all messages together', async () => {
    const run = await comparing('aws:message-byte-size', 'less-than-equals', 'p90');
    await messages(run, 1);
    await until(run, 1, 8);
    expect(devices(run)).toEqual([['d10', 100]]);
  });

  test('of what devices report, and of messages to them', async () => {
    const bytes = await comparing('aws:all-bytes-out', 'less-than-equals', 'p50');
    const received = await comparing('aws:num-messages-received', 'less-than', 'p100');
    for (let n = 1; n <= 4; n++) {
      const said = { device: `d${n}`, deviceTime: at(1) };
      await bytes.send(behaviourReported, { ...said, ...report({ bytesOut: n * 100 }) });
      for (let i = 0; i < n; i++) {
        const patch = { patch: `{"a":${i}}`, expectedVersion: null, actor: null };
        await received.send(twinDesired, { ...said, deviceTime: at(1) + i, ...patch });
      }
    }
    for (const run of [bytes, received]) await until(run, 1, 8);
    expect(sorted(devices(bytes))).toEqual(
      sorted([
        ['d3', 300],
        ['d4', 400],
      ]),
    );
    expect(devices(received)).toEqual([['d4', 4]]);
  });

  test('waits for so many windows in a row, is cleared by normal ones, and by silence', async () => {
    const run = await comparing('aws:num-messages-sent', 'less-than-equals', 'p90', {
      consecutiveDatapointsToAlarm: 2,
    });
    for (const minute of [1, 6]) {
      await messages(run, minute);
      await until(run, minute, minute + 4);
    }
    await run.advanceTo(at(11));
    await messages(run, 11, 9);
    await until(run, 12, 40);
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 10', 'ALARM_CLEARED NO_DATA 25']);
    expect(heard(run)).toEqual(['RAISED detect.p.b/d10', 'CLEARED detect.p.b/d10']);
    const normal = await comparing('aws:num-messages-sent', 'less-than-equals', 'p90');
    await messages(normal, 1);
    await until(normal, 1, 6);
    await normal.send(telemetryReported, { device: 'd10', deviceTime: at(6), metrics: {}, labels: {} });
    await until(normal, 7, 13);
    expect(found(normal)).toEqual(['IN_ALARM CRITERIA 5', 'ALARM_CLEARED CRITERIA 10']);
  });

  test('that is asked in another way, or not any more, invalidates its alarms', async () => {
    const run = await comparing('aws:num-messages-sent', 'less-than-equals', 'p90');
    await messages(run, 1);
    await until(run, 1, 8);
    await run.decide(securityProfiles, { profiles: [asked('aws:num-messages-sent', 'less-than-equals', 'p99')] });
    await until(run, 9, 10);
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 5', 'ALARM_INVALIDATED POLICY 5']);
    await messages(run, 11);
    await run.decide(securityProfiles, { profiles: [] });
    await until(run, 11, 20);
    expect(found(run)).toHaveLength(2);
  });

  test('tells nobody where alerts are suppressed', async () => {
    const run = await comparing('aws:num-messages-sent', 'less-than-equals', 'p90', { suppressAlerts: true });
    await messages(run, 1);
    await until(run, 1, 8);
    expect(run.read(topics.violations)).toMatchObject([{ kind: 'IN_ALARM', suppressed: true }]);
    expect(heard(run)).toEqual([]);
  });

  test('is judged once: an event that comes later changes nothing, a restart neither', async () => {
    const run = await comparing('aws:num-messages-sent', 'less-than-equals', 'p90');
    await messages(run, 1);
    await until(run, 1, 6);
    await run.crash({ keepLocalState: false });
    await until(run, 7, 8);
    for (let i = 0; i < 20; i++)
      await run.send(telemetryReported, { device: 'd1', deviceTime: at(2) + i, metrics: { i }, labels: {} });
    await until(run, 9, 12);
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 5']);
  });
});
