import {
  type Answers,
  MINUTES,
  gapsOf,
  perDevice,
  group,
  by,
  median,
  text,
  second,
  sum,
  hourOf,
  secondsBetween,
} from './passes.ts';
import type { Past } from './past.ts';
import { FROM, HOUR } from './rows.ts';

export const completeness: Answers = {
  'complete-hours': (past) => {
    const events = [...past.telemetry, ...past.links, ...past.sessions].map(({ tenant, eventTime }) => ({
      tenant,
      start: hourOf(eventTime),
    }));
    const known = past.gaps.map(({ tenant, eventTime }) => ({ tenant, start: hourOf(eventTime) }));
    return by(
      Array.from(
        group([...events, ...known], ({ tenant, start }) => [tenant, start]),
        ([{ tenant, start }]) => {
          const count = events.filter((one) => one.tenant === tenant && one.start === start).length;
          const { missing, lost, late } = gapsOf(past, tenant, start);
          return {
            start: second(start),
            tenant,
            events: count,
            missing,
            lost,
            late,
            share: count / Math.max(count + missing + lost + late, 1),
            isClosed: Number(slowest(past).watermark >= start + HOUR),
          };
        },
      ).filter(({ events: n, missing, lost, late }) => n + missing + lost + late > 0),
      ['start', 'tenant'],
    );
  },
  'least-complete': ({ gaps }) =>
    by(
      perDevice(gaps, (all) => {
        const count = (wanted: string) => sum(all.filter(({ kind }) => kind === wanted).map((one) => one.count));
        const [filled, lost] = [count('FILLED'), count('LOST')];
        return {
          missing: count('MISSING') - filled - lost,
          lost,
          filled,
          duplicates: count('DUPLICATE'),
          late: count('LATE'),
          resets: count('RESET'),
        };
      }).toSorted((a, b) => b.missing + b.lost - a.missing - a.lost),
      [],
    ),
  'open-gaps': () => [
    {
      tenant: 'globex',
      device: 'b1',
      source: 'mqtt',
      firstSequence: 20,
      lastSequence: 22,
      missing: 3,
      eventTime: text(FROM + 3 * HOUR),
    },
    {
      tenant: 'acme',
      device: 'a2',
      source: 'mqtt',
      firstSequence: 5,
      lastSequence: 9,
      missing: 2,
      eventTime: text(FROM + 2 * HOUR),
    },
  ],
  'late-reporters': ({ telemetry }) =>
    by(
      perDevice(
        telemetry.filter(({ clockSuspect }) => !clockSuspect),
        (all) => {
          const delays = all.map(({ eventTime, receivedAt }) => secondsBetween(eventTime, receivedAt));
          return {
            reports: all.length,
            lateReports: delays.filter((delay) => delay > MINUTES * 60).length,
            medianSeconds: median(delays),
            mostSeconds: Math.max(...delays),
          };
        },
      ).filter(({ lateReports }) => lateReports > 0),
      ['-lateReports', '-mostSeconds', 'tenant', 'device'],
    ),
  'wrong-clocks': ({ telemetry }) =>
    by(
      perDevice(telemetry, (all) => {
        const suspect = all.filter(({ clockSuspect }) => clockSuspect);
        const off = suspect.map((one) => Math.abs(secondsBetween(one.deviceTime, one.receivedAt)));
        return { suspect: suspect.length, reports: all.length, mostSeconds: Math.max(...off) };
      }).filter(({ suspect }) => suspect > 0),
      ['-suspect', 'tenant', 'device'],
    ),
  repeaters: () => [
    { tenant: 'globex', device: 'b2', repeated: 2, resets: 0 },
    { tenant: 'acme', device: 'a1', repeated: 0, resets: 1 },
  ],
  'beyond-the-horizon': () => [
    { tenant: 'acme', processor: 'ledger', code: 'beyond_lateness', events: 1, devices: 1, mostHours: 31 },
    { tenant: 'acme', processor: 'twin', code: 'beyond_lateness', events: 1, devices: 1, mostHours: 30 },
    { tenant: 'globex', processor: 'ledger', code: 'beyond_lateness', events: 1, devices: 1, mostHours: 32 },
  ],
  // The letters of hours 0 to 5 are a connector's; each third one is too large, which are all of one device.,
  'dead-letters': () => [
    { origin: 'mqtt', code: 'payload_malformed', letters: 4, devices: 2, newest: text(FROM + 5 * HOUR) },
    { origin: 'ledger', code: 'payload_malformed', letters: 2, devices: 0, newest: text(FROM + 8 * HOUR) },
    { origin: 'mqtt', code: 'too_large', letters: 2, devices: 2, newest: text(FROM + 3 * HOUR) },
    { origin: 'ledger', code: 'too_large', letters: 1, devices: 0, newest: text(FROM + 6 * HOUR) },
  ],
  'up-to-when': (past) => {
    const { watermark, partition } = slowest(past);
    return [{ upTo: text(watermark), slowest: partition, partitions: 3 }];
  },
};

function slowest(past: Past) {
  // Only tables that the view follows.
  const {
    twins: _,
    deadLetters: __,
    connectivityChanges: _c,
    connectivityWindows: _w,
    connectivityAdvice: _a,
    outageVerdicts: _v,
    ...tables
  } = past;
  const rows = Object.values(tables).flat();
  const marks = [0, 1, 2].map((partition) => ({
    partition,
    watermark: Math.max(...rows.filter((row) => row._partition === partition).map(({ logTime }) => logTime)),
  }));
  return marks.reduce((least, mark) => (mark.watermark < least.watermark ? mark : least));
}
