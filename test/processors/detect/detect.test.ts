import { describe, expect, test } from 'vitest';
import { behaviourReported, topics } from '#schemas';
import { lateEvents } from '#sdk';
import {
  at,
  behaviour,
  bytes,
  device,
  few,
  found,
  heard,
  last,
  messages,
  quiet,
  report,
  until,
  watching,
} from './profile.ts';

describe('an alarm', () => {
  test('begins a minute after the window that is not normal, with what would have kept it silent', async () => {
    const run = await watching(few);
    await messages(run, 1, 3);
    await until(run, 1, 5);
    expect(found(run)).toEqual([]);
    await run.advanceTo(at(6));
    const about = { tenant: 'acme', device, profile: 'p', behaviour: 'b', metric: 'aws:num-messages-sent' };
    expect(run.read(topics.violations)).toMatchObject([
      {
        ...about,
        kind: 'IN_ALARM',
        reason: 'CRITERIA',
        value: 3,
        silentAt: 3,
        consecutive: 1,
        windowStart: at(0),
        eventTime: at(5),
        criteria: 'aws:num-messages-sent less-than-equals 2 in 300 s',
        finding: `detect.p.b/d1/${at(5)}`,
        policyVersion: 1,
        suppressed: false,
        revision: 1,
      },
    ]);
    expect(last(run)?.events).toHaveLength(3);
    expect(run.read(topics.signals)).toMatchObject([
      { kind: 'RAISED', rule: 'detect.p.b', alert: 'detect.p.b/d1', severity: 'MEDIUM', policyVersion: 1 },
    ]);
  });

  test('is told once, and cleared by the first window that is normal', async () => {
    const run = await watching(few);
    for (const minute of [1, 6, 11]) {
      await messages(run, minute, minute < 11 ? 3 : 2);
      await until(run, minute, minute + 4);
    }
    await until(run, 16, 20);
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 5', 'ALARM_CLEARED CRITERIA 15']);
    expect(heard(run)).toEqual(['RAISED detect.p.b/d1', 'CLEARED detect.p.b/d1']);
    const [begin, end] = run.read(topics.violations);
    expect(end?.finding).toBe(begin?.finding);
  });

  test('waits for so many windows in a row, and so does its end', async () => {
    const run = await watching({ ...few, datapointsToAlarm: 3, datapointsToClear: 2 });
    const counts = [3, 3, 1, 3, 3, 3, 1, 3, 1, 1];
    for (const [index, count] of counts.entries()) {
      await messages(run, 5 * index + 1, count);
      await until(run, 5 * index + 1, 5 * index + 5);
    }
    await until(run, 51, 52);
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 30', 'ALARM_CLEARED CRITERIA 50']);
    expect(run.read(topics.violations).map(({ consecutive }) => consecutive)).toEqual([3, 2]);
  });

  test('is cleared fifteen minutes after the device stopped to report', async () => {
    const run = await watching(quiet);
    await bytes(run, 1, 500);
    await until(run, 1, 30);
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 5', 'ALARM_CLEARED NO_DATA 20']);
    expect(heard(run).at(-1)).toBe('CLEARED detect.p.b/d1');
  });

  test('is not interrupted by one window without a report', async () => {
    const run = await watching({ ...quiet, datapointsToAlarm: 2 });
    for (const minute of [1, 11]) {
      await until(run, minute - 1, minute);
      await bytes(run, minute, 500);
    }
    await until(run, 12, 16);
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 15']);
  });

  test('tells nobody where alerts are suppressed, and is found all the same', async () => {
    const run = await watching({ ...few, suppressAlerts: true });
    await messages(run, 1, 3);
    await until(run, 1, 30);
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 5', 'ALARM_CLEARED NO_DATA 20']);
    expect(run.read(topics.violations).every(({ suppressed }) => suppressed)).toBe(true);
    expect(heard(run)).toEqual([]);
  });

  test('is not cleared by a silence in which nobody listened', async () => {
    const run = await watching(quiet);
    await bytes(run, 1, 500);
    await until(run, 1, 7);
    await run.advanceTo(at(180), { resumed: true });
    await until(run, 181, 184);
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 5']);
    await until(run, 185, 202);
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 5', 'ALARM_CLEARED NO_DATA 195']);
  });

  test('goes on over a restart from the changelog alone', async () => {
    const run = await watching({ ...few, datapointsToAlarm: 2 });
    await messages(run, 1, 3);
    await until(run, 1, 6);
    await run.crash({ keepLocalState: false });
    await messages(run, 6, 3);
    await until(run, 7, 11);
    await run.crash({ keepLocalState: false });
    await until(run, 12, 130);
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 10', 'ALARM_CLEARED NO_DATA 25']);
  });
});

describe('reports', () => {
  test('that are less than five minutes apart are throttled', async () => {
    const run = await watching({ ...quiet, durationSeconds: 600 });
    for (const minute of [1, 4, 5.9]) {
      await run.advanceTo(at(minute));
      await bytes(run, minute, 60);
    }
    await until(run, 6, 12);
    expect(found(run)).toEqual([]);
    await bytes(run, 12, 60);
    await until(run, 13, 17);
    await bytes(run, 17, 60);
    await until(run, 18, 21);
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 20']);
    expect(last(run)?.value).toBe(120);
  });

  test('keep of their lists what is asked for, and no more than a part', async () => {
    const ports = Array.from({ length: 1_000 }, (_, port) => port);
    const said = {
      listeningTcpPorts: ports,
      stringLists: { mine: Array.from({ length: 1_000 }, () => 'x'.repeat(900)) },
    };
    const open = behaviour({ metric: 'aws:num-listening-tcp-ports', operator: 'less-than', threshold: 1_000 });
    const run = await watching(open, behaviour({ name: 'c', metric: 'mine', operator: 'in-set', strings: ['y'] }));
    for (let i = 0; i < 50; i++)
      await run.send(behaviourReported, { device, deviceTime: at(1) + i, ...report({ reportId: i, ...said }) });
    await until(run, 2, 6);
    expect(run.read(topics.violations).map(({ value, members }) => [value, members[0]?.length])).toEqual([
      [1_000, undefined],
      [null, 256],
    ]);
  });

  test('of the same number count once', async () => {
    const run = await watching({ ...quiet, durationSeconds: 1800 });
    for (const minute of [1, 7])
      await run.send(behaviourReported, { device, deviceTime: at(minute), ...report({ reportId: 7, bytesOut: 60 }) });
    await until(run, 1, 31);
    expect(found(run)).toEqual([]);
  });
});

describe('a late event', () => {
  test('that makes a window violate raises the alarm at the next tick', async () => {
    const run = await watching(few);
    await messages(run, 1, 2);
    await until(run, 1, 20);
    await messages(run, 2, 1);
    expect(found(run)).toEqual([]);
    await run.advanceTo(at(21));
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 5', 'ALARM_CLEARED NO_DATA 20']);
  });

  test('that makes a window normal takes the finding back', async () => {
    const run = await watching({ ...few, operator: 'greater-than-equals' });
    await messages(run, 1, 1);
    await until(run, 1, 7);
    await messages(run, 2, 1);
    await run.advanceTo(at(8));
    expect(found(run)).toEqual(['IN_ALARM CRITERIA 5', 'ALARM_INVALIDATED REVISION 5']);
    expect(heard(run)).toEqual(['RAISED detect.p.b/d1', 'RETRACTED detect.p.b/d1']);
  });

  test('that changes what was seen has it told anew, without another alert', async () => {
    const run = await watching(few);
    await messages(run, 1, 3);
    await until(run, 1, 7);
    await messages(run, 2, 1);
    await run.advanceTo(at(8));
    expect(run.read(topics.violations).map(({ value, revision }) => [value, revision])).toEqual([
      [3, 1],
      [4, 2],
    ]);
    expect(heard(run)).toEqual(['RAISED detect.p.b/d1']);
  });

  test('that comes more than an hour late changes nothing', async () => {
    const run = await watching(few);
    await messages(run, 1, 2);
    await until(run, 1, 62);
    await messages(run, 1.5, 1);
    await until(run, 63, 70);
    expect(found(run)).toEqual([]);
    expect(run.read(lateEvents)).toHaveLength(1);
  });
});
