import { tables } from '#schemas';
import type { ClickHouseEngine } from '#runtime/clickhouse/engine.ts';
import type { LogRecord } from '#runtime/log/log.ts';
import { compiled } from '#runtime/avro.ts';

type Decoded = Record<string, unknown>;

/** What a table shows of one record: where it stands, what caused it, and one column of content. */
const CONTENT: Readonly<Record<string, readonly [sql: string, of: (record: Decoded) => string]>> = {
  telemetry: [
    "concat(eventId, ' ', toString(metrics['temperatureC']))",
    // A metric that is not there is 0 in ClickHouse.
    ({ eventId, metrics }) => `${eventId as string} ${(metrics as Record<string, number>)['temperatureC'] ?? 0}`,
  ],
  links: ['toString(rssi)', ({ rssi }) => String(rssi)],
  gaps: ['toString(kind)', ({ kind }) => String(kind)],
  twin_changes: ['toString(version)', ({ version }) => String(version)],
  twins: ['reported', ({ reported }) => String(reported)],
  twin_deltas: ['delta', ({ delta }) => String(delta)],
  log_archive: ["ifNull(lower(hex(value)), 'null')", () => ''],
};

function decoded(type: ReturnType<typeof compiled>, bytes: Buffer | null): Decoded {
  if (bytes === null) throw new Error('a tombstone is no row');
  return type.fromBuffer(bytes.subarray(5)) as Decoded;
}

/** The first difference between the tables and the derived topics that they follow; null when there is none. */
export async function tablesDiffer(
  engine: ClickHouseEngine,
  read: (topic: string) => Promise<readonly (readonly LogRecord[])[]>,
): Promise<string | null> {
  for (const table of Object.values(tables)) {
    const [sql, of] = CONTENT[table.name] ?? ["''", () => ''];
    const query = `SELECT _partition AS p, _offset AS o, ${sql} AS c FROM fleet.\`${table.name}\``;
    const answer = await engine.client.query({ query, format: 'JSONEachRow' });
    const rows = (await answer.json()) as readonly { p: number; o: string; c: string }[];
    const found = rows.map(({ p, o, c }) => `${p}/${o} ${c}`).sort();
    const type = compiled(table.from.value.avro);
    const wanted = new Map<string, string>();
    for (const [partition, records] of (await read(table.from.name)).entries()) {
      for (const { offset, key, value } of records) {
        const bytes = value === null ? null : Buffer.from(value);
        const content = table.raw ? (bytes?.toString('hex') ?? 'null') : of(decoded(type, bytes));
        const line = `${partition}/${offset} ${content}`;
        // Of the rows of a device, such a table shows the one with the highest offset.
        const place = table.engine.kind === 'latest' ? Buffer.from(key as Uint8Array).toString() : line;
        wanted.set(place, line);
      }
    }
    const lines = [...wanted.values()].sort();
    if (lines.length !== found.length) return `${table.name} has ${found.length} rows, not ${lines.length}`;
    const at = lines.findIndex((line, i) => line !== found[i]);
    if (at >= 0) return `${table.name} has ${found[at]}, not ${lines[at]}`;
  }
  return null;
}
