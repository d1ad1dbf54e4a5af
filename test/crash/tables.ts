import { hash } from 'node:crypto';
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
  log_archive: ["ifNull(lower(hex(MD5(value))), 'null')", () => ''],
};

function decoded(type: ReturnType<typeof compiled>, bytes: Buffer | null): Decoded {
  if (bytes === null) throw new Error('a tombstone is no row');
  return type.fromBuffer(bytes.subarray(5)) as Decoded;
}

/** A table that lacks the last record of a partition of its topic, and how far it is; null when there is none. Cheap, so that asking holds up no sink. */
export async function tableBehind(
  engine: ClickHouseEngine,
  lastOf: (topic: string) => readonly number[],
): Promise<string | null> {
  for (const { name, from } of Object.values(tables)) {
    const query = `SELECT _partition AS p, toInt64(max(_offset)) AS o FROM fleet.\`${name}\` GROUP BY p`;
    const answer = await engine.client.query({ query, format: 'JSONEachRow' });
    const rows = (await answer.json()) as readonly { p: number; o: string }[];
    const held = new Map(rows.map(({ p, o }) => [p, Number(o)]));
    for (const [partition, last] of lastOf(from.name).entries()) {
      const at = held.get(partition) ?? -1;
      if (at < last) return `${name} is at ${at} of ${last} in partition ${partition}`;
    }
  }
  return null;
}

/** The first difference between the tables and the derived topics that they follow; null when there is none. */
export async function tablesDiffer(
  engine: ClickHouseEngine,
  read: (topic: string) => Promise<readonly (readonly LogRecord[])[]>,
): Promise<string | null> {
  for (const table of Object.values(tables)) {
    const [sql, of] = CONTENT[table.name] ?? ["''", () => ''];
    const found: string[] = [];
    // In parts, since the answer to one question is held whole.
    for (const partition of await partitionsOf(engine, table.name)) {
      const query = `SELECT _partition AS p, _offset AS o, ${sql} AS c FROM fleet.\`${table.name}\` WHERE p = ${partition}`;
      const answer = await engine.client.query({ query, format: 'JSONEachRow' });
      const rows = (await answer.json()) as readonly { p: number; o: string; c: string }[];
      for (const { p, o, c } of rows) found.push(`${p}/${o} ${c}`);
    }
    found.sort();
    const type = compiled(table.from.value.avro);
    const wanted = new Map<string, string>();
    for (const [partition, records] of (await read(table.from.name)).entries()) {
      for (const { offset, key, value } of records) {
        const bytes = value === null ? null : Buffer.from(value);
        const content = table.raw ? (bytes === null ? 'null' : hash('md5', bytes)) : of(decoded(type, bytes));
        const line = `${partition}/${offset} ${content}`;
        // Of the rows of a device, such a table shows the one with the highest offset.
        const place = table.engine.kind === 'latest' ? Buffer.from(key as Uint8Array).toString() : line;
        wanted.set(place, line);
      }
    }
    const lines = [...wanted.values()].sort();
    const difference = listsDiffer(found, lines);
    if (difference !== null) return `${table.name} ${difference}`;
  }
  return null;
}

async function partitionsOf(engine: ClickHouseEngine, table: string): Promise<readonly number[]> {
  const query = `SELECT DISTINCT _partition AS p FROM fleet.\`${table}\` ORDER BY p`;
  const answer = await engine.client.query({ query, format: 'JSONEachRow' });
  return ((await answer.json()) as readonly { p: number }[]).map(({ p }) => p);
}

/** The first difference of two sorted lists; null when there is none. */
function listsDiffer(found: readonly string[], wanted: readonly string[]): string | null {
  const most = Math.max(found.length, wanted.length);
  for (let i = 0; i < most; i++) {
    if (found[i] === wanted[i]) continue;
    const twice = found.length - new Set(found).size;
    const counts = `${found.length} rows of ${wanted.length}, ${twice} of them there twice`;
    return `has ${counts}; the first difference is ${found[i] ?? 'no row'} in the place of ${wanted[i] ?? 'no row'}`;
  }
  return null;
}
