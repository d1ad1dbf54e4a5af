import { describe, expect, test } from 'vitest';
import { deviceDescribed, securityProfiles, telemetryReported, topics, verdictGiven } from '#schemas';
import { simulate } from '#runtime/simulate.ts';
import { detect } from '../../../processors/detect/processor.ts';
import { at, device, few, found, heard, last, messages, profiles, until, watching } from './profile.ts';

describe('a change of the profiles', () => {
  test('invalidates the alarm of a behaviour that is asked in another way, and leaves the others', async () => {
    const other = { ...few, name: 'other' };
    const run = await watching(few, other);
    await messages(run, 1, 3);
    await until(run, 1, 7);
    await run.decide(securityProfiles, profiles([{ ...few, threshold: 10 }, other]));
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 5', 'IN_ALARM CRITERIA 5']);
    await run.advanceTo(at(8));
    expect(found(run).at(-1)).toBe('ALARM_INVALIDATED POLICY 5');
    expect(last(run)).toMatchObject({ behaviour: 'b', policyVersion: 2, finding: `detect.p.b/d1/${at(5)}` });
    expect(heard(run).at(-1)).toBe('CLEARED detect.p.b/d1');
    await messages(run, 8, 3);
    await until(run, 9, 16);
    await messages(run, 12, 2);
    await until(run, 15, 18);
    expect(found(run).slice(3)).toEqual(['ALARM_CLEARED CRITERIA 15']);
    expect(last(run)?.behaviour).toBe('other');
  });

  test('is met by the windows that are not yet judged, and by none before', async () => {
    const run = await watching({ ...few, threshold: 10 });
    await messages(run, 1, 5);
    await until(run, 1, 6);
    await messages(run, 6, 6);
    await until(run, 7, 9);
    await run.decide(securityProfiles, profiles([{ ...few, threshold: 4 }]));
    await until(run, 10, 12);
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 10']);
    expect(last(run)).toMatchObject({ value: 6, policyVersion: 2 });
  });

  test('that only suppresses alerts keeps the alarm', async () => {
    const run = await watching(few);
    await messages(run, 1, 3);
    await until(run, 1, 7);
    await run.decide(securityProfiles, profiles([{ ...few, suppressAlerts: true }]));
    await until(run, 8, 9);
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 5']);
  });

  test('that withdraws them ends all alarms, and nothing is counted any more', async () => {
    const run = await watching(few);
    await messages(run, 1, 3);
    await until(run, 1, 7);
    await run.decide(securityProfiles, null);
    await run.advanceTo(at(8));
    await messages(run, 8, 9);
    await until(run, 9, 20);
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 5', 'ALARM_INVALIDATED POLICY 5']);
  });
});

describe('targets', () => {
  const described = { hardware: null, lot: null, site: null, reportIntervalMs: null };

  test('are the devices that fit, by name and by what they say that they are', async () => {
    const run = await simulate(detect);
    await run.advanceTo(at(0));
    const target = { device: 'pump-*', model: 'm2', hardware: null, firmware: null, lot: null, site: null };
    await run.decide(securityProfiles, profiles([few], { targets: [target] }));
    for (const [name, model] of [
      ['pump-1', 'm2'],
      ['pump-2', 'm1'],
      ['fan-1', 'm2'],
    ] as const) {
      await run.send(deviceDescribed, { device: name, deviceTime: at(1), ...described, model, firmware: '1' });
      for (let i = 0; i < 3; i++)
        await run.send(telemetryReported, { device: name, deviceTime: at(2) + i, metrics: { i }, labels: {} });
    }
    await until(run, 1, 7);
    expect(run.read(topics.violations).map(({ device: name }) => name)).toEqual(['pump-1']);
  });

  test('that a device leaves end its alarm', async () => {
    const run = await simulate(detect);
    await run.advanceTo(at(0));
    const target = { device: null, model: null, hardware: null, firmware: '1', lot: null, site: null };
    await run.decide(securityProfiles, profiles([few], { targets: [target] }));
    await run.send(deviceDescribed, { device, deviceTime: at(1), ...described, model: null, firmware: '1' });
    await messages(run, 2, 3);
    await until(run, 1, 7);
    await run.send(deviceDescribed, { device, deviceTime: at(7), ...described, model: null, firmware: '2' });
    await until(run, 8, 12);
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 5', 'ALARM_INVALIDATED TARGET 10']);
  });
});

test('a verdict by the key of an alert is one on the finding that is on', async () => {
  const run = await watching(few);
  await messages(run, 1, 3);
  await until(run, 1, 7);
  const said = { verdict: 'TRUE_POSITIVE', comment: null, actor: null } as const;
  await run.send(verdictGiven, { device, deviceTime: at(7), finding: 'detect.p.b/d1', ...said });
  expect(last(run)).toMatchObject({ kind: 'JUDGED', finding: `detect.p.b/d1/${at(5)}` });
});

test('a verdict is written down beside its finding', async () => {
  const run = await watching(few);
  await messages(run, 1, 3);
  await until(run, 1, 7);
  const finding = last(run)?.finding ?? '';
  const said = { verdict: 'BENIGN_POSITIVE', comment: 'a test', actor: 'ann' } as const;
  await run.send(verdictGiven, { device, deviceTime: at(7), finding, ...said });
  await run.send(verdictGiven, { device, deviceTime: at(7), finding: 'told/else', ...said });
  expect(run.read(topics.violations)).toHaveLength(2);
  expect(last(run)).toMatchObject({
    kind: 'JUDGED',
    reason: 'VERDICT',
    finding,
    profile: 'p',
    behaviour: 'b',
    ...said,
  });
});
