// What the rows of a fleet's past are made of, as SQL over the numbers of its rows.
import type { Table } from '#sdk';
import { tables } from '#schemas';

export type Expressions = Readonly<Record<string, string>>;

const TENANTS = 20;
const PARTITIONS = 12;

/** A number from 0 to before 1, the same for a row and a salt. */
const chance = (salt: string) => `(cityHash64(n, '${salt}') % 1000000 / 1000000)`;
const time = (ms: string) => `fromUnixTimestamp64Milli(toInt64(${ms}), 'UTC')`;
const EVENT_TIME = 'at';
/** One event in a hundred waits for up to six hours, the others for up to two seconds. */
const RECEIVED = `at + if(${chance('late')} < 0.01, ${chance('wait')} * 21600000, ${chance('wait')} * 2000)`;

function ofDevice(number: string): Expressions {
  return {
    tenant: `concat('tenant-', leftPad(toString((${number}) % ${TENANTS}), 2, '0'))`,
    device: `concat('d', leftPad(toString(${number}), 6, '0'))`,
  };
}

const PLACE: Expressions = {
  ...ofDevice('device_number'),
  _partition: `toInt32(device_number % ${PARTITIONS})`,
  _offset: 'toInt64(n)',
};
const CAUSE: Expressions = {
  causeTopic: `'fleet.events'`,
  causePartition: `toInt32(device_number % ${PARTITIONS})`,
  causeOffset: 'toInt64(n)',
  causePath: `'ledger/1/0'`,
  logTime: time(RECEIVED),
};
const EVENT: Expressions = {
  ...PLACE,
  ...CAUSE,
  eventId: `lower(hex(sipHash128(n)))`,
  eventTime: time(EVENT_TIME),
  receivedAt: time(RECEIVED),
};
const ENVELOPE: Expressions = {
  ...EVENT,
  deviceTime: time(EVENT_TIME),
  source: `'mqtt'`,
  epoch: '1',
  sequence: `toInt64(n)`,
  payloadBytes: `toInt32(80 + ${chance('bytes')} * 200)`,
};
const TECHNOLOGY = `arrayElement(['WIFI', 'CELLULAR', 'LORAWAN', 'ETHERNET'], toInt32(device_number % 4) + 1)`;

/** What a processor decided, without an envelope. */
const DECIDED: Expressions = { ...PLACE, ...CAUSE, policyVersion: '1' };
/** The windows of a day: first each minute, then each quarter, then each hour; those above are revisions. */
const SLOT = 'if(turn < 3120, intDiv(turn, 2), (turn - 3120) * 9)';
const IS_ALL = '(turn % 2 = 0)';
/** One alert in twenty is not over yet. */
const STAYS = 'intDiv(n, 3) % 20 = 0';

interface Fill {
  readonly table: Table;
  /** Rows to a measurement, as if each day had them. */
  readonly share: number;
  /** How many days have rows, the newest ones; all, unless said. */
  readonly lastDays?: number;
  /** SQL of each column, over the row’s numbers, see `fillTables`. */
  readonly columns: Expressions;
}

export const FILLS: readonly Fill[] = [
  {
    table: tables.telemetry,
    share: 1,
    columns: {
      ...ENVELOPE,
      metrics: `map('temperatureC', round(20 + 5 * sin(at / 13750987) + ${chance('t')}, 2),
        'humidityPct', round(45 + 10 * ${chance('h')}, 1), 'batteryVolts', round(3.6 + 0.4 * ${chance('b')}, 3))`,
      labels: `map('room', concat('r', toString(device_number % 50)))`,
    },
  },
  {
    table: tables.links,
    share: 0.1,
    columns: {
      ...ENVELOPE,
      technology: TECHNOLOGY,
      gateway: `concat('gw-', toString(device_number % 200))`,
      rssi: `round(-60 - 50 * ${chance('rssi')}, 1)`,
      snr: `round(10 - 20 * ${chance('snr')}, 1)`,
      latencyMs: `round(20 + 400 * pow(${chance('latency')}, 4), 1)`,
      packetsSent: 'toInt64(n * 10)',
      packetsLost: `toInt64(n * 10 * 0.01)`,
    },
  },
  {
    table: tables.sessions,
    share: 0.01,
    columns: {
      ...ENVELOPE,
      phase: `if(intDiv(n, 2) % 2 = 0, 'STARTED', 'ENDED')`,
      sessionId: `toString(intDiv(n, 2))`,
      reason: `if(intDiv(n, 2) % 2 = 0, NULL, arrayElement(['timeout', 'disconnect', 'takeover'], toInt32(n % 3) + 1))`,
    },
  },
  {
    table: tables.gaps,
    share: 0.001,
    columns: {
      ...EVENT,
      source: `'mqtt'`,
      epoch: '1',
      kind: `arrayElement(['MISSING', 'FILLED', 'DUPLICATE', 'LATE', 'RESET'], toInt32(n % 5) + 1)`,
      firstSequence: 'toInt64(n)',
      lastSequence: 'toInt64(n + 1)',
      count: '2',
    },
  },
  {
    table: tables.twinChanges,
    share: 0.01,
    columns: {
      ...EVENT,
      version: 'toInt64(n)',
      section: `'REPORTED'`,
      source: `'mqtt'`,
      writes: `[('/interval', '60')]`,
      changes: `[('/interval', '30', '60', ${time('at')})]`,
    },
  },
  {
    table: tables.twinDeltas,
    share: 0.002,
    columns: {
      ...EVENT,
      version: 'toInt64(n)',
      delta: `if(n % 3 = 0, '{}', '{"interval":60}')`,
      metadata: `'{}'`,
      paths: `[('/interval', arrayElement(['PENDING', 'CONVERGED', 'DRIFTED', 'REJECTED'], toInt32(n % 4) + 1),
        ${time('at')}, '60', ${time('at')}, NULL, NULL)]`,
    },
  },
  {
    table: tables.lateEvents,
    share: 0.0001,
    columns: {
      ...EVENT,
      processor: `'ledger'`,
      code: `'beyond_lateness'`,
      horizonMs: '600000',
      eventType: `'fleet.TelemetryReported'`,
      value: `''`,
    },
  },
  {
    table: tables.deadLetters,
    share: 0.0001,
    columns: {
      ...PLACE,
      origin: `'mqtt'`,
      time: time(EVENT_TIME),
      code: `arrayElement(['invalid_name', 'payload_malformed', 'too_large'], toInt32(n % 3) + 1)`,
      detail: `'It could not be read.'`,
      value: `''`,
    },
  },
  {
    table: tables.connectivityChanges,
    share: 0.02,
    columns: {
      ...DECIDED,
      eventId: `lower(hex(sipHash128(n)))`,
      eventTime: time(EVENT_TIME),
      status: `if(intDiv(n, devices) % 2 = 0, 'OFFLINE', 'ONLINE')`,
      previous: `if(intDiv(n, devices) % 2 = 0, 'ONLINE', 'OFFLINE')`,
      reason: `if(intDiv(n, devices) % 2 = 0, 'SILENT', 'REPORTED')`,
      allowedMs: '720000',
      intervalFrom: `'LEARNED'`,
      gateway: `concat('gw-', toString(device_number % 200))`,
    },
  },
  {
    // A report each minute, over all technologies and in one; 65 windows an hour, and one in twenty is revised.
    table: tables.connectivityWindows,
    share: 0.328 * 30,
    lastDays: 1,
    columns: {
      ...DECIDED,
      start: time(`day_begins + multiIf(${SLOT} < 1440, ${SLOT} * 60000,
        ${SLOT} < 1536, (${SLOT} - 1440) * 900000, (${SLOT} - 1536) * 3600000)`),
      spanSeconds: `multiIf(${SLOT} < 1440, 60, ${SLOT} < 1536, 900, 3600)`,
      technology: `if(${IS_ALL}, 'ALL', ${TECHNOLOGY})`,
      revision: 'if(turn < 3120, 1, 2)',
      reports: '1',
      completeness: `if(${chance('complete')} < 0.02, 0, 1)`,
      linkReports: `if(${IS_ALL}, 0, 1)`,
      latency: `if(${IS_ALL}, [], [(toInt32(150 + ${chance('latency')} * 150), 1)])`,
      rssi: `if(${IS_ALL}, NULL, round(-60 - 50 * ${chance('rssi')}, 1))`,
      gateways: `if(${IS_ALL}, [], [(concat('gw-', toString(device_number % 200)), 1, 1, NULL, NULL, NULL)])`,
      quality: `if(${IS_ALL}, 'UNKNOWN', arrayElement(['EXCELLENT', 'GOOD', 'FAIR', 'POOR'], toInt32(n % 4) + 1))`,
    },
  },
  {
    table: tables.outageVerdicts,
    share: 0.01,
    columns: {
      ...DECIDED,
      ...ofDevice('intDiv(n, 2) % devices'),
      // Two revisions of a silence.
      eventTime: time('day_begins + intDiv(intDiv(number, 2) * 2 * 86400000, rows_of_day)'),
      noticedAt: time('at'),
      revision: 'toInt32(1 + n % 2)',
      verdict: `arrayElement(['DEVICE', 'GATEWAY_OR_BACKHAUL', 'OPERATOR_OR_CELL'], toInt32(intDiv(n, 2) % 3) + 1)`,
      groupKind: `'gateway'`,
      groupName: `concat('gw-', toString(intDiv(n, 2) % 200))`,
      silent: '40',
      members: '50',
      devices: `arrayMap(each -> concat('d', leftPad(toString(each), 6, '0')), range(5))`,
      detail: `'40 of 50 devices of the gateway are silent.'`,
    },
  },
  {
    table: tables.alerts,
    share: 0.002,
    columns: {
      ...PLACE,
      ...CAUSE,
      ...ofDevice('intDiv(n, 3) % devices'),
      revision: 'toInt64(n + 1)',
      alert: 'lower(hex(sipHash128(intDiv(n, 3))))',
      number: 'toInt64(intDiv(n, 3))',
      change: `arrayElement(['OPENED', 'ACKNOWLEDGED', if(${STAYS}, 'UPDATED', 'RESOLVED')], toInt32(n % 3) + 1)`,
      status: `arrayElement(['OPEN', 'ACKNOWLEDGED', if(${STAYS}, 'ACKNOWLEDGED', 'RESOLVED')], toInt32(n % 3) + 1)`,
      rule: `arrayElement(['connectivity.silent', 'anomaly.metric', 'detect.violation'], toInt32(intDiv(n, 3) % 3) + 1)`,
      severity: `arrayElement(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'], toInt32(intDiv(n, 3) % 4) + 1)`,
      title: `'A device is silent'`,
      detail: `'Nothing came of it for longer than its interval allows.'`,
      count: '1',
      firstOpenedAt: time(EVENT_TIME),
      openedAt: time(EVENT_TIME),
      deliver: 'n % 3 = 0',
      eventTime: time(EVENT_TIME),
    },
  },
];

/** The twin of each device. */
export const TWIN: Expressions = {
  ...PLACE,
  eventId: `lower(hex(sipHash128(n)))`,
  eventTime: time('at'),
  receivedAt: time('at'),
  version: '7',
  reported: `concat('{"hardware":{"model":"m', toString(device_number % 7), '"}}')`,
  desired: `'{"interval":60}'`,
  reportedAt: time('at'),
  desiredAt: time('at'),
  ...CAUSE,
};
