import type { Table } from '#sdk';
import { asBuffer } from '../avro.ts';
import type { Archive } from '../log/archive/log.ts';
import type { LogRecord, Position } from '../log/log.ts';
import { setOwn } from '../own.ts';
import { stored } from './ddl.ts';
import type { Place } from './place.ts';
import { identifier, literal } from './sql.ts';

/** Answers a query in ClickHouse's RowBinary. */
export type Ask = (query: string) => Promise<Uint8Array>;

/** The records in a raw table, as an archive of its topic. */
export function archiveOf(table: Table, place: Place, ask: Ask): Archive {
  const of = ({ topic, partition }: Pick<Position, 'topic' | 'partition'>) =>
    `FROM ${stored(table, place)} WHERE topic = ${literal(topic)} AND _partition = ${Math.trunc(partition)}`;
  return {
    topic: table.from.name,
    async read(position, to, bytesMax) {
      const { offset } = position;
      const columns = ['toUnixTimestamp64Milli(timestamp)', 'key', 'headers', 'value'];
      // In the table's own order ClickHouse reads granule by granule, and ends behind the one that fills the answer.
      const settings = [
        'optimize_read_in_order = 1',
        'max_threads = 1',
        `max_result_bytes = ${Math.max(1, Math.trunc(bytesMax))}`,
        "result_overflow_mode = 'break'",
      ];
      const range = `_offset >= ${Math.trunc(offset)} AND _offset < ${Math.trunc(to)}`;
      const bytes = await ask(
        `SELECT ${[identifier('_offset'), ...columns].join(', ')} ${of(position)} AND ${range} ` +
          `ORDER BY topic, _partition, _offset SETTINGS ${settings.join(', ')}`,
      );
      return recordsIn(asBuffer(bytes));
    },
    async end(topic, partition) {
      // Two numbers, since the highest offset of no rows is 0 too.
      const bytes = asBuffer(await ask(`SELECT toInt64(count() > 0), max(_offset) ${of({ topic, partition })}`));
      return Number(bytes.readBigInt64LE(0) + bytes.readBigInt64LE(8));
    },
  };
}

/** Reads rows of RowBinary: (offset, timestamp, key, headers, value). Keys and values are views into the bytes. */
function recordsIn(bytes: Buffer): LogRecord[] {
  const records: LogRecord[] = [];
  let at = 0;
  const length = () => {
    let [value, shift, byte] = [0, 1, 0x80];
    for (; byte >= 0x80; shift *= 128) {
      byte = bytes.readUInt8(at++);
      value += (byte & 127) * shift;
    }
    return value;
  };
  const text = () => {
    const size = length();
    at += size;
    if (at > bytes.length) throw new RangeError(`a row of the archive ends before its ${size} bytes`);
    return bytes.subarray(at - size, at);
  };
  const optional = () => (bytes.readUInt8(at++) === 1 ? null : text());
  while (at < bytes.length) {
    const offset = Number(bytes.readBigInt64LE(at));
    const timestamp = Number(bytes.readBigInt64LE(at + 8));
    at += 16;
    const key = optional();
    const headers: Record<string, Uint8Array> = {};
    for (let left = length(); left > 0; left--) {
      const name = text().toString();
      setOwn(headers, name, text());
    }
    const value = optional();
    records.push({ offset, timestamp, key, headers, value });
  }
  return records;
}
