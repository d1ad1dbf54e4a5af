import { FROM, HOUR, type MakeRow, type Row } from './rows.ts';

export interface Description extends Row {
  readonly model: string;
  readonly lot: string;
  readonly firmware: string;
}

export interface Reboot extends Row {
  readonly cause: string;
  readonly expected: boolean;
}

export interface Crash extends Row {
  readonly code: string;
  readonly firmware: string;
}

export interface Line extends Row {
  readonly level: string;
  readonly message: string;
}

export interface Battery extends Row {
  readonly level: number | null;
}

export interface Anomaly extends Row {
  readonly metric: string;
  readonly value: number;
  readonly expected: number;
  readonly statistic: string;
  readonly probability: number;
}

export interface HealthHour extends Row {
  readonly revision: number;
  readonly firmware: string | null;
  readonly hours: number;
  readonly crashFreeHours: number;
  readonly unknownMs: number;
}

export interface Forecast extends Row {
  readonly site: string;
  readonly outlook: string;
  readonly level: number;
  readonly ratePerDay: number | null;
  readonly endsAt: number | null;
  readonly endsEarliestAt: number | null;
  readonly endsLatestAt: number | null;
  readonly samples: number;
}

export interface Finding extends Row {
  readonly dimension: string;
  readonly name: string;
  readonly verdict: string;
  readonly confounded: boolean;
  readonly ratio: number | null;
  readonly ratioLow: number | null;
  readonly ratioHigh: number | null;
  readonly crudeRatio: number | null;
  readonly evidence: number;
  readonly evidenceNeeded: number;
  readonly crashed: number;
  readonly crashedExpected: number;
  readonly atRiskMs: number;
  readonly crashedAlone: number;
  readonly unknownMs: number;
}

type Device = Pick<Row, 'tenant' | 'device'>;

/** What the devices said of themselves that day, and what was found about them. */
export function healthOf(devices: readonly Device[], row: MakeRow, below: (n: number) => number) {
  const pick = <T>(items: readonly T[]) => items[below(items.length)] as T;
  const descriptions: Description[] = [];
  const reboots: Reboot[] = [];
  const crashes: Crash[] = [];
  const deviceLogs: Line[] = [];
  const batteries: Battery[] = [];
  const anomalies: Anomaly[] = [];
  for (const device of devices) {
    const [model, lot] = [pick(['m1', 'm2']), pick(['L1', 'L2'])];
    const at = () => FROM + below(24 * HOUR);
    for (let hour = 0; hour < 24; hour += 8) {
      const when = FROM + hour * HOUR + below(HOUR);
      descriptions.push({ ...row(device, when), model, lot, firmware: pick(['1.0', '1.1']) });
      batteries.push({ ...row(device, when), level: hour === 8 ? null : 90 - hour - below(5) });
    }
    for (let i = 0; i < 4; i++) {
      reboots.push({ ...row(device, at()), cause: pick(['POWER', 'WATCHDOG', 'UPDATE']), expected: i % 2 === 0 });
      crashes.push({ ...row(device, at()), code: pick(['SIGSEGV', 'SIGABRT']), firmware: pick(['1.0', '1.1']) });
      deviceLogs.push({ ...row(device, at()), level: pick(['INFO', 'WARN', 'ERROR']), message: pick(['low', 'slow']) });
    }
    const found = { metric: pick(['temperatureC', 'humidityPct']), value: below(100), expected: 20 };
    anomalies.push({ ...row(device, at()), ...found, statistic: 'jump up', probability: (1 + below(1_000)) / 1e6 });
  }
  const derived = {
    deviceHealthHours: hoursOf(devices, row, below),
    batteryForecasts: forecastsOf(devices, row, below),
    fleetHealthFindings: findingsOf(row, below),
  };
  return { descriptions, reboots, crashes, deviceLogs, batteries, anomalies, ...derived };
}

/** Each hour of each device, some of them told again. */
function hoursOf(devices: readonly Device[], row: MakeRow, below: (n: number) => number): readonly HealthHour[] {
  return devices.flatMap((device) =>
    Array.from({ length: 24 }, (_, hour) => {
      const firmware = below(4) === 0 ? null : `1.${below(2)}`;
      return Array.from({ length: 1 + below(2) }, (__, revision) => {
        const hours = below(5) === 0 ? 0 : 1;
        const numbers = { hours, crashFreeHours: hours * Math.sign(below(6)), unknownMs: below(HOUR) };
        return { ...row(device, FROM + hour * HOUR), revision, firmware, ...numbers };
      });
    }).flat(),
  );
}

function forecastsOf(devices: readonly Device[], row: MakeRow, below: (n: number) => number): readonly Forecast[] {
  return devices.flatMap((device, index) =>
    [6, 18].map((hour) => {
      const at = FROM + hour * HOUR;
      const about = { ...row(device, at), site: `s${below(3)}`, level: below(100), samples: 8 + below(50) };
      if (index === 1) {
        const nothing = { ratePerDay: null, endsAt: null, endsEarliestAt: null, endsLatestAt: null };
        return { ...about, outlook: 'UNKNOWN', ...nothing };
      }
      const endsAt = at + (index % 3 === 0 ? 200 : 10 + below(60)) * 24 * HOUR;
      const ends = { endsAt, endsEarliestAt: endsAt - 50 * HOUR, endsLatestAt: index % 2 === 0 ? null : endsAt + HOUR };
      return { ...about, outlook: 'ENDS', ratePerDay: 1 + below(9) / 10, ...ends };
    }),
  );
}

function findingsOf(row: MakeRow, below: (n: number) => number): readonly Finding[] {
  return ['acme', 'globex'].flatMap((tenant) =>
    (['LOT', 'FIRMWARE'] as const).flatMap((dimension) =>
      ['x', 'y', 'z'].flatMap((name) =>
        [0, 12].map((hour) => {
          const ratio = 1 + below(300) / 100;
          const ratios = {
            ratio,
            ratioLow: ratio / 2,
            ratioHigh: ratio * 2,
            crudeRatio: name === 'z' ? null : ratio * 3,
          };
          const evidence = { evidence: below(1_000) / 7, evidenceNeeded: 60, confounded: below(2) === 0 };
          const counts = { crashed: below(50), crashedExpected: below(500) / 10, crashedAlone: below(5) };
          const times = { atRiskMs: below(9_999) * HOUR, unknownMs: below(99) * HOUR };
          const verdict = ['NOT_ENOUGH', 'UNDECIDED', 'NOT_WORSE', 'WORSE'][below(4)] as string;
          const about = {
            ...row({ tenant, device: tenant === 'acme' ? 'a1' : 'b1' }, FROM + hour * HOUR),
            dimension,
            name,
            verdict,
          };
          return { ...about, ...ratios, ...evidence, ...counts, ...times };
        }),
      ),
    ),
  );
}
