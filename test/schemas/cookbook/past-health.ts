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
  return { descriptions, reboots, crashes, deviceLogs, batteries, anomalies };
}
