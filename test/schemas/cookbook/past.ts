import { alertsOf } from './past-alerts.ts';
import { securityOf } from './past-security.ts';
import { presenceOf } from './past-connectivity.ts';
import { healthOf } from './past-health.ts';
import { FROM, HOUR, type MakeRow, type Row, TO } from './rows.ts';

// A day of a small fleet, as rows of the tables: enough of everything that the questions of the cookbook ask about.
const MINUTE = 60_000;

export interface Telemetry extends Row {
  readonly metrics: Readonly<Record<string, number>>;
  readonly payloadBytes: number;
  readonly deviceTime: number;
  readonly clockSuspect: boolean;
  readonly sequence: number;
}

export interface Link extends Row {
  readonly technology: string;
  readonly gateway: string | null;
  readonly rssi: number | null;
  readonly snr: number | null;
  readonly packetsSent: number;
  readonly packetsLost: number;
}

export interface Session extends Row {
  readonly phase: 'STARTED' | 'ENDED';
  readonly sessionId: string;
  readonly reason: string | null;
}

export interface Gap extends Row {
  readonly source: string;
  readonly epoch: number;
  readonly kind: string;
  readonly firstSequence: number | null;
  readonly lastSequence: number | null;
  readonly count: number;
}

export interface Change extends Row {
  readonly section: 'REPORTED' | 'DESIRED';
  readonly source: string;
  readonly sequence: number;
  readonly version: number;
  readonly historical: boolean;
  readonly writes: readonly { readonly path: string; readonly value: string | null }[];
  readonly changes: readonly { readonly path: string; readonly previous: string | null; readonly current: string }[];
}

export interface Delta extends Row {
  readonly version: number;
  readonly delta: string;
  readonly metadata: string;
  readonly paths: readonly object[];
}

export interface Twin extends Row {
  readonly version: number;
  readonly reported: string;
  readonly desired: string;
}

export interface Rejection extends Row {
  readonly section: string;
  readonly code: string;
}

export interface Late extends Row {
  readonly processor: string;
  readonly code: string;
}

export interface Letter {
  readonly tenant: string | null;
  readonly device: string | null;
  readonly origin: string;
  readonly code: string;
  readonly time: number;
}

/** Numbers from 0 to before 1, the same for a seed (Mulberry32). */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const DEVICES = [
  { tenant: 'acme', device: 'a1', technology: 'WIFI', gateways: ['ap-1'] },
  { tenant: 'acme', device: 'a2', technology: 'LORAWAN', gateways: ['gw-2', 'gw-3'] },
  { tenant: 'acme', device: 'a3', technology: 'LORAWAN', gateways: ['gw-3'] },
  { tenant: 'acme', device: 'a4', technology: 'WIFI', gateways: ['ap-1'] },
  { tenant: 'globex', device: 'b1', technology: 'CELLULAR', gateways: [] },
  { tenant: 'globex', device: 'b2', technology: 'WIFI', gateways: ['ap-9'] },
  { tenant: 'globex', device: 'b3', technology: 'WIFI', gateways: ['ap-9', 'ap-8'] },
] as const;
type Device = (typeof DEVICES)[number];

/** The day, made from a seed. */
export function makePast(seed: number) {
  const next = chance(seed);
  const below = (n: number) => Math.floor(next() * n);
  let id = 0;
  const row = ({ tenant, device }: Pick<Row, 'tenant' | 'device'>, eventTime: number, delayMs = below(5_000)): Row => ({
    tenant,
    device,
    eventTime,
    receivedAt: eventTime + delayMs,
    logTime: eventTime + delayMs,
    eventId: (++id).toString(16).padStart(32, '0'),
    _partition: DEVICES.findIndex((each) => each.device === device) % 3,
  });

  const telemetry: Telemetry[] = [];
  const links: Link[] = [];
  const sessions: Session[] = [];
  for (const device of DEVICES) {
    const endsAt = device.device === 'a4' ? FROM + 3 * HOUR : TO;
    let sequence = 0;
    for (let at = FROM + below(MINUTE); at < endsAt; at += 10 * MINUTE) {
      const isLate = device.device === 'a2' && sequence % 4 === 3;
      const base = row(device, at, isLate ? 20 * MINUTE + below(2 * HOUR) : below(5_000));
      const clockSuspect = device.device === 'b2' && sequence % 5 === 0;
      const isFar = device.device === 'b1' && sequence === 70;
      const temperatureC = isFar ? 95 : Math.round(2_000 + next() * 300) / 100;
      const humidityPct = device.device === 'a3' ? 50 : 40 + below(20);
      telemetry.push({
        ...base,
        metrics: sequence % 3 === 0 ? { temperatureC, humidityPct } : { temperatureC },
        payloadBytes: 40 + below(100),
        deviceTime: clockSuspect ? base.receivedAt - below(400 * HOUR) : at,
        clockSuspect,
        sequence: sequence++,
      });
    }
    let [packetsSent, packetsLost] = [below(1_000), below(10)];
    for (let at = FROM + 5 * MINUTE; at < endsAt; at += 30 * MINUTE) {
      // A counter that begins anew.
      if (device.device === 'a1' && next() < 0.1) [packetsSent, packetsLost] = [0, 0];
      const sent = 10 + below(90);
      packetsSent += sent;
      packetsLost += below(Math.ceil(sent / 10));
      const gateway = device.gateways.length === 0 ? null : (device.gateways[below(device.gateways.length)] as string);
      const weak = gateway === 'gw-3' ? 40 : 0;
      const heard =
        gateway === null ? { rssi: null, snr: null } : { rssi: -50 - weak - below(30), snr: 10 - below(20) };
      links.push({ ...row(device, at), technology: device.technology, gateway, ...heard, packetsSent, packetsLost });
    }
    for (let at = FROM + below(HOUR), number = 0; at < endsAt; number++) {
      const session = { sessionId: `${device.device}-${number}` };
      sessions.push({ ...row(device, at), ...session, phase: 'STARTED', reason: null });
      const end = at + MINUTE + below(5 * HOUR);
      const reason = ([null, 'timeout', 'takeover'] as const)[below(3)] ?? null;
      if (end < endsAt) sessions.push({ ...row(device, end), ...session, phase: 'ENDED', reason });
      at = end + below(HOUR);
    }
  }
  return {
    telemetry,
    links,
    sessions,
    ...rest(row, below),
    ...healthOf(DEVICES, row, below),
    ...alertsOf(DEVICES, row, below),
    ...securityOf(DEVICES, row, below),
    ...presenceOf(DEVICES, row, below),
  };
}

export type Past = ReturnType<typeof makePast>;

/** Makes the row of an event that reached the log after so long. */
function rest(row: MakeRow, below: (n: number) => number) {
  const [a1, a2, a3, , b1, b2] = DEVICES;
  const gap = (device: Device, hour: number, kind: string, first: number | null, last: number | null): Gap => ({
    ...row(device, FROM + hour * HOUR),
    source: 'mqtt',
    epoch: 1,
    kind,
    firstSequence: first,
    lastSequence: last,
    count: first === null || last === null ? 1 : last - first + 1,
  });
  const gaps: Gap[] = [
    gap(a2, 2, 'MISSING', 5, 9),
    gap(a2, 4, 'FILLED', 6, 6),
    gap(a2, 6, 'LOST', 8, 9),
    gap(b1, 3, 'MISSING', 20, 22),
    gap(b2, 3, 'DUPLICATE', 4, 4),
    gap(b2, 5, 'DUPLICATE', 5, 5),
    gap(a1, 7, 'RESET', null, null),
    gap(a3, 8, 'LATE', 2, 2),
  ];
  const change = (device: Device, hour: number, section: Change['section'], path: string, current: string): Change => ({
    ...row(device, FROM + hour * HOUR),
    section,
    source: 'mqtt',
    sequence: hour,
    version: hour,
    historical: false,
    writes: [
      {
        path,
        value: current,
      },
    ],
    changes: [
      {
        path,
        previous: null,
        current,
      },
    ],
  });
  const twinChanges: Change[] = [];
  for (let hour = 0; hour < 24; hour++) {
    twinChanges.push(change(a1, hour, 'REPORTED', below(2) === 0 ? '/battery' : '/uptime', String(below(100))));
    if (hour % 6 === 0) twinChanges.push(change(a1, hour, 'DESIRED', '/interval', String(60 + hour)));
    if (hour % 4 === 0) twinChanges.push(change(b1, hour, 'REPORTED', '/firmware', `"1.${hour}"`));
  }
  const delta = (device: Device, hour: number, version: number, status: string): Delta => {
    const at = FROM + hour * HOUR;
    const desired = { desired: '60', desiredEventTime: FROM, reported: status === 'PENDING' ? null : '30' };
    const path = {
      path: '/interval',
      status,
      since: at,
      ...desired,
      reason: status === 'REJECTED' ? 'too short' : null,
    };
    return { ...row(device, at), version, delta: '{"interval":60}', metadata: '{}', paths: [path] };
  };
  const twinDeltas: Delta[] = [
    delta(a1, 1, 1, 'PENDING'),
    delta(a1, 2, 2, 'CONVERGED'),
    delta(a1, 5, 3, 'DRIFTED'),
    delta(a2, 3, 1, 'PENDING'),
    delta(b1, 4, 1, 'REJECTED'),
    delta(b2, 20, 1, 'DRIFTED'),
  ];
  const twin = (device: string, tenant: 'acme' | 'globex', firmware: string): Twin => ({
    ...row(
      {
        tenant,
        device,
      },
      FROM,
    ),
    _partition: 0,
    version: 1 + below(9),
    reported: JSON.stringify({ firmware }),
    desired: '{}',
  });
  const twins: Twin[] = [
    ...DEVICES.map(({ device, tenant }) => twin(device, tenant, `1.${below(3)}`)),
    twin('a5', 'acme', '0.9'),
  ];
  const twinRejections: Rejection[] = [a1, a1, a2, b1].map((device, index) => ({
    ...row(device, FROM + index * HOUR),
    section: index < 2 ? 'REPORTED' : 'DESIRED',
    code: index === 3 ? 'version_conflict' : 'section_too_large',
  }));
  const lateEvents: Late[] = [a3, a3, b1].map((device, index) => ({
    ...row(device, FROM + index * HOUR, (30 + index) * HOUR),
    processor: index === 0 ? 'twin' : 'ledger',
    code: 'beyond_lateness',
  }));
  const deadLetters: Letter[] = Array.from({ length: 9 }, (_, index) => ({
    tenant: index < 6 ? 'acme' : null,
    device: index < 6 ? `a${index % 2}` : null,
    origin: index < 6 ? 'mqtt' : 'ledger',
    code: index % 3 === 0 ? 'too_large' : 'payload_malformed',
    time: FROM + index * HOUR,
  }));
  return { gaps, twinChanges, twinDeltas, twins, twinRejections, lateEvents, deadLetters };
}
