import type { Table } from '#sdk';
import { tables } from '#schemas';
import { stored } from '#runtime/clickhouse/ddl.ts';

/** A fleet's past, made by ClickHouse itself. */
export interface FilledPast {
  /** Rows of `telemetry`; the other tables have a tenth and less. */
  readonly rows: number;
  readonly toMs: number;
}

const DAYS = 30;
const DAY_MS = 86_400_000;
const TENANTS = 20;
const PARTITIONS = 12;
/** Measurements of a device in the whole time: one each four minutes. */
const EACH = 10_000;
/** As the sink inserts, in blocks of many hours. */
const SETTINGS =
  'max_threads = 1, max_insert_threads = 1, max_partitions_per_insert_block = 0, max_block_size = 500000, ' +
  'min_insert_block_size_rows = 500000';

type Expressions = Readonly<Record<string, string>>;

/** Fills every table day by day; the roll-ups fill themselves. */
export async function fillTables(run: (query: string) => Promise<void>, { rows, toMs }: FilledPast): Promise<void> {
  const devices = Math.max(Math.round(rows / EACH), 1);
  const fromMs = toMs - DAYS * DAY_MS;
  const days = Array.from({ length: DAYS }, (_, day) => day);
  for (const day of days) {
    const begins = fromMs + day * DAY_MS;
    for (const { table, share, columns } of FILLS) {
      const count = Math.round((rows * share) / DAYS);
      await run(insertion(table, columns, { begins, count, first: day * count, devices }));
    }
    if (process.stderr.isTTY) process.stderr.write(`\r  filled day ${day + 1} of ${DAYS}`);
  }
  await run(`INSERT INTO ${stored(tables.twins)} (${Object.keys(TWIN).join(', ')})
    SELECT ${Object.values(TWIN).join(', ')}
    FROM (SELECT number AS n, number AS device_number, ${toMs} AS at FROM numbers(${devices}))`);
}

interface Day {
  readonly begins: number;
  readonly count: number;
  /** Number of the day's first row. */
  readonly first: number;
  readonly devices: number;
}

function insertion(table: Table, columns: Expressions, { begins, count, first, devices }: Day): string {
  const names = Object.keys(columns).map((name) => `\`${name}\``);
  return `INSERT INTO ${stored(table)} (${names.join(', ')}) SELECT ${Object.values(columns).join(', ')}
    FROM (
      SELECT
        number + ${first} AS n,
        n % ${devices} AS device_number,
        ${begins} + intDiv(number * ${DAY_MS}, ${count}) AS at
      FROM numbers(${count})
    ) SETTINGS ${SETTINGS}`;
}

/** A number from 0 to before 1, the same for a row and a salt. */
const chance = (salt: string) => `(cityHash64(n, '${salt}') % 1000000 / 1000000)`;
const time = (ms: string) => `fromUnixTimestamp64Milli(toInt64(${ms}), 'UTC')`;
const EVENT_TIME = 'at';
/** One event in a hundred waits for up to six hours, the others for up to two seconds. */
const RECEIVED = `at + if(${chance('late')} < 0.01, ${chance('wait')} * 21600000, ${chance('wait')} * 2000)`;

const PLACE: Expressions = {
  tenant: `concat('tenant-', leftPad(toString(device_number % ${TENANTS}), 2, '0'))`,
  device: `concat('d', leftPad(toString(device_number), 6, '0'))`,
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

/** What a table's rows are made of, and how many there are to a measurement. */
const FILLS: readonly { readonly table: Table; readonly share: number; readonly columns: Expressions }[] = [
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
];

const TWIN: Expressions = {
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
