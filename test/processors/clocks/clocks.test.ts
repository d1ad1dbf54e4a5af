import { describe, expect, test } from 'vitest';
import { simulate } from '#runtime/simulate.ts';
import { sessionStarted, telemetryReported, topics } from '#schemas';
import { lateEvents } from '#sdk';
import { judged } from '../../../processors/clocks/judging.ts';
import { clocks } from '../../../processors/clocks/processor.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 9, 20);

/** A device, of which each report is received after so long, and says that it is of another time. */
async function device() {
  const run = await simulate(clocks);
  await run.advanceTo(NOW);
  let number = 0;
  const report = (receivedAfter: number, deviceTime: number | null, more: object = {}) =>
    run.send(telemetryReported, {
      device: 'd1',
      metrics: { number: number++ },
      labels: {},
      receivedAt: NOW + receivedAfter,
      deviceTime,
      ...more,
    });
  /** Reports each so many ms within a time, by a clock that is so far off. */
  const reports = async (from: number, to: number, step: number, offset: number | ((at: number) => number)) => {
    for (let at = from; at < to; at += step) {
      await report(at, NOW + at + (typeof offset === 'number' ? offset : offset(at)));
    }
  };
  const told = () => run.read(topics.signals).map(({ kind, title }) => `${kind}: ${title}`);
  return { run, report, reports, told };
}

describe('a clock is told of', () => {
  test('that stands at 1970 after a start, and again once it is set right', async () => {
    const { run, reports, told } = await device();
    await reports(0, HOUR, MINUTE, -400);
    await reports(HOUR, HOUR + 30 * MINUTE, MINUTE, -(NOW + HOUR));
    await reports(2 * HOUR, 2 * HOUR + 2 * MINUTE, MINUTE, -400);
    expect(told()).toEqual(['RAISED: The clock has lost its time', 'CLEARED: The clock is right again']);
    const [wrong] = run.read(topics.signals);
    expect(wrong).toMatchObject({ alert: 'clocks.wrong/d1', severity: 'MEDIUM', eventTime: NOW + HOUR + 10 * MINUTE });
    expect(wrong?.detail).toContain('Its clock said 1970-01-01T00:10:00.000Z when an event of it was received at');
    expect(wrong?.detail).toContain('So did 11 events in a row');
  });

  test('that went back to when the firmware was built, though its events are too old for any other processor', async () => {
    const { run, reports, told } = await device();
    await reports(0, HOUR, MINUTE, Date.UTC(2021, 0, 1) - NOW);
    expect(told()).toEqual(['RAISED: The clock is 2118 days behind']);
    expect(run.read(lateEvents)).toEqual([]);
  });

  test('beside an event that can no longer be told from a duplicate, which is refused', async () => {
    const { run, report, reports, told } = await device();
    for (const epoch of [2, 3, 4, 5, 1]) await report(epoch, NOW + epoch, { epoch, sequence: 1 });
    // It has no horizon, and the record of what was refused has a number for it.
    expect(run.read(lateEvents)).toMatchObject([{ code: 'beyond_admission', horizonMs: 2 ** 53 - 2 }]);
    await reports(MINUTE, HOUR, MINUTE, DAY);
    expect(told()).toHaveLength(1);
  });

  test('that is ahead, however far', async () => {
    const { reports, told } = await device();
    await reports(0, HOUR, 5 * MINUTE, 80 * 365 * DAY);
    expect(told()).toEqual(['RAISED: The clock is 29200 days ahead']);
    const other = await device();
    await other.reports(0, HOUR, 5 * MINUTE, 6 * MINUTE);
    expect(other.told()).toEqual(['RAISED: The clock is 6 min ahead']);
  });

  test('that drifts by a minute an hour, once it is further behind than events are ever under way', async () => {
    const { run, reports, told } = await device();
    await reports(0, 12 * HOUR, 5 * MINUTE, (at) => -at / 60);
    expect(told()).toEqual(['RAISED: The clock is 10 min behind']);
    expect(run.read(topics.signals)[0]?.eventTime).toBeLessThan(NOW + 11 * HOUR);
  });

  test('that tells local time, and once only', async () => {
    const { reports, told } = await device();
    await reports(0, 2 * DAY, HOUR, -5 * HOUR - 3_000);
    expect(told()).toEqual(['RAISED: The clock seems to tell local time, UTC-5 h']);
    const other = await device();
    await other.reports(0, 2 * DAY, HOUR, 5.5 * HOUR - 3_000);
    expect(other.told()).toEqual(['RAISED: The clock seems to tell local time, UTC+5.5 h']);
  });
});

describe('nothing is told of', () => {
  /** What is told of a device that is right for an hour, and then does this. */
  const toldOf = async (play: (of: Awaited<ReturnType<typeof device>>) => Promise<void>) => {
    const one = await device();
    await one.reports(0, HOUR, MINUTE, -400);
    await play(one);
    return one.told();
  };

  test('a start at 1970 that is set right after some minutes', async () => {
    const told = await toldOf(({ reports }) => reports(HOUR, HOUR + 9 * MINUTE, MINUTE, -(NOW + HOUR)));
    expect(told).toEqual([]);
  });

  test('a second more or less, and five minutes', async () => {
    const told = await toldOf(async ({ reports }) => {
      await reports(HOUR, 2 * HOUR, MINUTE, 600);
      await reports(2 * HOUR, 3 * HOUR, MINUTE, -1_400);
      await reports(3 * HOUR, 4 * HOUR, MINUTE, 5 * MINUTE);
    });
    expect(told).toEqual([]);
  });

  test('a late burst that is not said to be stored: a day of minutes within a quarter of an hour', async () => {
    const told = await toldOf(async ({ report }) => {
      for (let i = 0; i < 1_440; i++) await report(DAY + HOUR + i * 625, NOW + HOUR + i * MINUTE);
    });
    expect(told).toEqual([]);
  });

  test('a backfill at twice the pace, last month’s first', async () => {
    const told = await toldOf(async ({ report }) => {
      for (let i = 0; i < 500; i++) await report(DAY + i * MINUTE, NOW - 30 * DAY + 2 * i * MINUTE);
    });
    expect(told).toEqual([]);
  });

  test('a backfill at the old pace, where each event says that it was stored', async () => {
    const told = await toldOf(async ({ report }) => {
      for (let i = 0; i < 100; i++) await report(DAY + i * MINUTE, NOW - 30 * DAY + i * MINUTE, { historical: true });
    });
    expect(told).toEqual([]);
  });

  test('a backfill at the old pace beside what the device reports now', async () => {
    const told = await toldOf(async ({ report }) => {
      for (let i = 0; i < 100; i++) {
        await report(DAY + i * MINUTE, NOW - 30 * DAY + i * MINUTE);
        if (i % 5 === 0) await report(DAY + i * MINUTE + 1, NOW + DAY + i * MINUTE);
      }
    });
    expect(told).toEqual([]);
  });

  test('a meter whose reports bear the begin of their hour or their day', async () => {
    for (const step of [HOUR, DAY]) {
      const { reports, told } = await device();
      await reports(0, 40 * step, step, -step - 2_000);
      expect(told()).toEqual([]);
    }
  });

  test('summer time, where a device tells the time of London', async () => {
    const told = await toldOf(async ({ reports }) => {
      await reports(HOUR, 3 * DAY, HOUR, HOUR - 800);
      await reports(3 * DAY, 6 * DAY, HOUR, -800);
      await reports(6 * DAY, 9 * DAY, HOUR, HOUR - 800);
    });
    expect(told).toEqual([]);
  });

  test('a broker’s clock, and a device that tells no time', async () => {
    const told = await toldOf(async ({ run, report }) => {
      for (let at = HOUR; at < 2 * HOUR; at += MINUTE) {
        const session = { device: 'd1', sessionId: `s${at}`, reason: null };
        await run.send(sessionStarted, { ...session, receivedAt: NOW + at, deviceTime: NOW + at - DAY });
        await report(at, null);
      }
    });
    expect(told).toEqual([]);
  });
});

test('summer time where local time is told opens nothing more, and resolves nothing', async () => {
  const { reports, told } = await device();
  await reports(0, 2 * DAY, HOUR, HOUR);
  await reports(2 * DAY, 4 * DAY, HOUR, 2 * HOUR);
  await reports(4 * DAY, 6 * DAY, HOUR, HOUR);
  expect(told()).toEqual(['RAISED: The clock seems to tell local time, UTC+1 h']);
});

test('one right event among wrong ones resolves nothing, and two in a row do', async () => {
  const { report, reports, told } = await device();
  await reports(0, HOUR, MINUTE, -2 * DAY);
  for (let at = HOUR; at < 2 * HOUR; at += 2 * MINUTE) {
    await report(at, NOW + at);
    await report(at + MINUTE, NOW + at + MINUTE - 2 * DAY);
  }
  expect(told()).toHaveLength(1);
  await reports(2 * HOUR, 2 * HOUR + 2 * MINUTE, MINUTE, 0);
  expect(told()[1]).toBe('CLEARED: The clock is right again');
});

test('a crash in its midst changes nothing of what is told, nor do repeated events', async () => {
  const play = async (crashes: boolean) => {
    const { run, report, told } = await device();
    for (let at = 0; at < 40 * MINUTE; at += MINUTE) {
      const time = NOW + at - (at >= 5 * MINUTE && at < 30 * MINUTE ? 3 * DAY : 0);
      await report(at, time, { sequence: at / MINUTE });
      if (crashes) await report(at, time, { sequence: at / MINUTE });
      if (crashes && at % (7 * MINUTE) === 0) await run.crash({ keepLocalState: (at / MINUTE) % 2 === 0 });
    }
    return { told: told(), state: run.state('acme/d1') };
  };
  expect(await play(true)).toEqual(await play(false));
});

test('of a clock that is right the state stays the very same, so that nothing is written', () => {
  const about = {
    tenant: 'acme',
    device: 'd1',
    eventId: '',
    source: 's',
    sourceAddress: null,
    region: null,
    epoch: null,
  };
  const others = { sequence: null, correlationId: null, keyId: null, payloadBytes: 0, clockSuspect: false };
  const event = { ...about, ...others, eventTime: NOW, deviceTime: NOW, receivedAt: NOW + 40, historical: false };
  const { state } = judged(clocks.initial, event);
  expect(state).toEqual({ ...clocks.initial, known: true });
  expect(judged(state, event).state).toBe(state);
});
