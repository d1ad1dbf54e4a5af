import { FROM, HOUR, type MakeRow, type Row } from './rows.ts';

export interface Change extends Row {
  readonly status: string;
  readonly previous: string;
  readonly reason: string;
}

export interface Window extends Row {
  readonly start: number;
  readonly spanSeconds: number;
  readonly technology: string;
  readonly revision: number;
  readonly connectedMs: number | null;
  readonly expectedMs: number | null;
  readonly quality: string;
  readonly qualityBy: string | null;
  readonly uplinks: number;
  readonly marginDb: number | null;
  readonly marginMinDb: number | null;
  readonly bestGateway: string | null;
}

export interface Advice extends Row {
  readonly kind: string;
  readonly active: boolean;
  readonly detail: string;
}

export interface Verdict extends Row {
  readonly verdict: string;
  readonly groupName: string;
  readonly silent: number;
  readonly members: number;
  readonly revision: number;
}

interface Device extends Pick<Row, 'tenant' | 'device'> {
  readonly technology: string;
}

/** How the devices were connected that day, as the processor connectivity would tell. */
export function presenceOf(devices: readonly Device[], row: MakeRow, below: (n: number) => number) {
  const pick = <T>(items: readonly T[]) => items[below(items.length)] as T;
  const connectivityChanges: Change[] = [];
  const connectivityWindows: Window[] = [];
  const connectivityAdvice: Advice[] = [];
  const outageVerdicts: Verdict[] = [];
  for (const [index, device] of devices.entries()) {
    const at = (hour: number) => row(device, FROM + hour * HOUR + below(HOUR / 2));
    const away = { status: 'OFFLINE', previous: 'ONLINE', reason: 'SILENT' };
    for (let hour = 0; hour < 24; hour += 3 + index) {
      connectivityChanges.push({ ...at(hour), ...away });
      const reason = pick(['REPORTED', 'REPORTED', 'RETRACTED']);
      connectivityChanges.push({ ...at(hour + 0.5), status: 'ONLINE', previous: 'OFFLINE', reason });
    }
    for (let hour = 0; hour < 24; hour++) {
      for (let revision = 1; revision <= 1 + (hour % 2); revision++) {
        connectivityWindows.push(...windowsOf(device, FROM + hour * HOUR, revision, row, below));
      }
    }
    for (let hour = 0; hour < 24; hour += 8) {
      const silence = at(hour);
      const causes = [
        ['DEVICE', ''],
        ['GATEWAY_OR_BACKHAUL', 'gw-3'],
        ['INGEST', ''],
      ] as const;
      for (let revision = 1; revision <= 1 + below(2); revision++) {
        const [verdict, groupName] = pick(causes);
        // The number of members follows from that of the silent, so that the largest is one.
        const silent = 1 + below(20);
        outageVerdicts.push({ ...silence, verdict, groupName, silent, members: silent + 3, revision });
      }
    }
    for (const kind of ['SINGLE_GATEWAY', 'DATA_RATE_UP']) {
      for (const active of [true, below(2) === 0]) {
        connectivityAdvice.push({ ...at(3), kind, active, detail: `${kind} ${below(100)}` });
      }
    }
  }
  return { connectivityChanges, connectivityWindows, connectivityAdvice, outageVerdicts };
}

function windowsOf(
  device: Device,
  start: number,
  revision: number,
  row: MakeRow,
  below: (n: number) => number,
): readonly Window[] {
  const { technology } = device;
  const isLora = technology === 'LORAWAN';
  const graded = { quality: 'UNKNOWN', qualityBy: null, uplinks: 0, marginDb: null, marginMinDb: null };
  const nothing = { ...graded, connectedMs: null, expectedMs: null, bestGateway: null };
  const window = { ...row(device, start), ...nothing, start, revision };
  const expectedMs = below(8) === 0 ? null : HOUR;
  const whole = { ...window, spanSeconds: 3_600, technology: 'ALL', expectedMs };
  const marginMinDb = below(10) - 2;
  const margins = { uplinks: 1 + below(9), marginDb: marginMinDb + below(8), marginMinDb };
  const lora = isLora ? { ...margins, bestGateway: `gw-${below(3)}` } : {};
  const [quality, qualityBy] = below(3) === 0 ? ['POOR', 'loss'] : ['GOOD', 'rsrp'];
  return [
    { ...whole, connectedMs: expectedMs === null ? null : HOUR - below(HOUR) },
    { ...window, spanSeconds: 3_600, technology, ...lora },
    { ...window, spanSeconds: 900, technology, quality: quality, qualityBy: qualityBy },
  ];
}
