import { batteryReported, deviceCrashed, deviceDescribed, deviceRebooted, telemetryReported } from '#schemas';
import { normal } from '../processors/anomaly/signals.ts';
import type { Chance } from '../simulation/chance.ts';
import { beats, DAY, every, HOUR, type Incident, type Log, MINUTE, said, SECOND, some, START } from './log.ts';

/** A device measures a temperature each minute. */
function measures(chance: Chance, device: string, until: number, of: (at: number, noise: number) => number) {
  const second = chance.int(1, 59) * SECOND;
  return every(MINUTE, 0, until - MINUTE).map((at) => {
    const metrics = { temperatureC: of(at, normal(chance)) };
    return said(at + second, telemetryReported, { device, metrics, labels: {} });
  });
}

/** For how long a sensor is stuck. */
const STUCK_MS = 3 * HOUR;

/** One sensor is stuck after so long, and for another three hours as it should be; the other one measures all the while. */
function stuckAfter(chance: Chance, knownMs: number): Log {
  const until = knownMs + STUCK_MS + 3 * HOUR;
  return {
    decided: [],
    ticks: every(5 * MINUTE, 0, until),
    said: some('t', 2).flatMap((device, i) => {
      const isStuck = (at: number) => i === 0 && at >= knownMs && at < knownMs + STUCK_MS;
      return measures(chance, device, until, (at, noise) => (isStuck(at) ? 20.125 : 20 + 0.3 * noise));
    }),
  };
}

/** A sensor says the same number for three hours, after three days in which it did not. */
export const stuckSensor: Incident = {
  name: 'stuck sensor',
  what: 'A thermometer says the same for three hours, to the last digit, and then measures again; another one goes on.',
  opens: ['anomaly.value/t0/temperatureC'],
  during: [3 * DAY, 3 * DAY + STUCK_MS],
  log: (chance) => stuckAfter(chance, 3 * DAY),
  lookAlikes: [
    {
      what: 'A coarse thermometer, of half a degree, that says the same for many minutes on end, as it always did.',
      log: (chance) => ({
        decided: [],
        ticks: every(5 * MINUTE, 0, 2 * DAY),
        said: measures(chance, 't0', 2 * DAY, (_at, noise) => Math.round(2 * (20 + 0.15 * noise)) / 2),
      }),
    },
  ],
};

const UNKNOWN = { model: null, hardware: null, firmware: null, lot: null, site: null };
const BATTERY = { volts: null, temperatureC: null, cycles: null };

/** Devices that tell of their battery each six hours. */
function batteries(chance: Chance, until: number, levelOf: (device: number, days: number) => number): Log {
  return {
    decided: [],
    ticks: every(HOUR, 0, until),
    said: some('p', 4).flatMap((device, i) => [
      said(SECOND, deviceDescribed, { device, ...UNKNOWN, reportIntervalMs: 6 * HOUR }),
      ...every(6 * HOUR, MINUTE, until - HOUR).map((at) => {
        const level = Math.round(Math.min(100, levelOf(i, at / DAY) + 0.5 * normal(chance)));
        return said(at + i * SECOND, batteryReported, { device, level, charging: false, ...BATTERY });
      }),
    ]),
  };
}

/** A battery that loses thirty times as fast as its like. */
export const slowBatteryFault: Incident = {
  name: 'slow battery fault',
  what: 'A battery loses 6 % a day, its like 0.2 %; at 12 % it is changed.',
  opens: ['device-health.battery/p0'],
  during: [DAY, 13 * DAY],
  log: (chance) =>
    batteries(chance, 18 * DAY, (device, days) => {
      if (device > 0) return 90 - 0.2 * days;
      return days < 13 ? 90 - 6 * days : 100 - 0.2 * (days - 13);
    }),
  lookAlikes: [
    {
      what: 'Batteries that the sun charges by day and that lose 20 % each night.',
      log: (chance) => batteries(chance, 18 * DAY, (_device, days) => 85 + 10 * Math.cos(2 * Math.PI * days)),
    },
  ],
};

/** Devices that stamp their reports by a clock of their own. */
function clocked(chance: Chance, clockOf: (device: number, at: number) => number): Log {
  return {
    decided: [],
    ticks: every(MINUTE, 0, 3 * HOUR),
    said: some('k', 3).flatMap((device, i) =>
      beats(chance, device, { technology: 'LTE_M', cell: 'c1', operator: 'o1' }, [0, 3 * HOUR]).map((each) => {
        return { ...each, event: { ...each.event, deviceTime: clockOf(i, each.at) } };
      }),
    ),
  };
}

/** The clock of a device goes back by years, and stays there for an hour. */
export const clockReset: Incident = {
  name: 'clock reset',
  what: 'The clock of a device goes back to 2021 for an hour; it reports each minute all the while.',
  opens: ['clocks.wrong/k0'],
  during: [HOUR, 2 * HOUR],
  log: (chance) =>
    clocked(chance, (device, at) => {
      const isReset = device === 0 && at >= HOUR && at < 2 * HOUR;
      return isReset ? Date.UTC(2021, 0, 1) + (at - HOUR) : START + at;
    }),
  lookAlikes: [
    {
      what: 'A device starts with the clock at 1970 and sets it right after two minutes; another is two minutes slow.',
      log: (chance) =>
        clocked(chance, (device, at) => {
          if (device === 0 && at >= HOUR && at < HOUR + 2 * MINUTE) return at - HOUR;
          return START + at - (device === 1 ? 2 * MINUTE : 0);
        }),
    },
  ],
};

const CRASH = { code: 'OOM', reason: 'out of memory', uptimeMs: 40 * HOUR };

/** What a device is, and on which day of the log it crashes. */
interface Member {
  readonly device: string;
  readonly firmware: string;
  readonly site: string;
  readonly crashesOn: number | null;
}

/** Days of the log, from the begin of a period of 28 days on: late in it, as what happened is forgotten a period later. */
const BEGAN = 18;
/** Two firmwares run side by side. */
const BACK_ON = BEGAN + 9;
/** Afterwards it only takes time until what happened is forgotten, so the clock ticks and devices report seldom. */
const CALM = BEGAN + 12;

/** A fleet that tells of itself twice a day, and later once; from a day on all have firmware 1.9 again. */
function lived(members: readonly Member[], until: number): Log {
  const described = { model: 'm', hardware: 'r1', lot: 'L1', reportIntervalMs: 12 * HOUR };
  const reports = [
    ...every(12 * HOUR, BEGAN * DAY + MINUTE, Math.min(CALM, until) * DAY - HOUR),
    ...every(24 * HOUR, CALM * DAY + MINUTE, until * DAY - HOUR),
  ];
  const calm = every(6 * HOUR, CALM * DAY + 3 * HOUR, until * DAY);
  return {
    decided: [],
    ticks: [BEGAN * DAY, ...every(3 * HOUR, BEGAN * DAY + HOUR / 2, Math.min(CALM, until) * DAY), ...calm],
    said: members.flatMap(({ device, firmware, site, crashesOn }, i) => [
      said(BEGAN * DAY + i * SECOND, deviceDescribed, { device, firmware, site, ...described }),
      said(BACK_ON * DAY, deviceRebooted, { device, ...BACK }),
      said(BACK_ON * DAY, deviceDescribed, { device, firmware: '1.9', site, ...described }),
      ...reports.map((at) => said(at + i * SECOND, telemetryReported, { device, metrics: {}, labels: {} })),
      ...(crashesOn === null
        ? []
        : [said((BEGAN + crashesOn) * DAY + 12 * HOUR, deviceCrashed, { device, firmware, ...CRASH })]),
    ]),
  };
}

const BACK = { cause: 'UPDATE', expected: true, firmware: '1.9', uptimeMs: null } as const;

/** A firmware whose memory runs out crashes where its like does not. */
export const firmwareLeak: Incident = {
  name: 'firmware leak',
  what: 'Firmware 2.0 runs out of memory: 11 of 12 devices crash in a week, 2 of 24 of firmware 1.9; then it is taken back.',
  opens: ['fleet-health.worse/firmware:2.0/crashes'],
  during: [(BEGAN + 2) * DAY, BACK_ON * DAY],
  log: () =>
    lived(
      some('m', 36).map((device, i) => {
        const crashesOn = i < 11 ? 2 + Math.floor(i / 2) : i >= 34 ? 4 : null;
        return { device, firmware: i < 12 ? '2.0' : '1.9', site: 'S1', crashesOn };
      }),
      60,
    ),
  lookAlikes: [
    {
      what: 'At a hot site half of the devices crash, whatever their firmware, and most of firmware 2.0 stand there.',
      log: () =>
        lived(
          some('m', 36).map((device, i) => {
            const isNew = i % 3 === 0;
            const isHot = isNew ? i % 9 !== 0 : i % 2 === 0;
            const crashesOn = isHot && i % 4 < 2 ? 2 + (i % 5) : null;
            return { device, firmware: isNew ? '2.0' : '1.9', site: isHot ? 'hot' : 'cold', crashesOn };
          }),
          CALM,
        ),
    },
  ],
};
