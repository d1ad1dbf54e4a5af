// Where each column ends in Native is told by the engine: asked for one alone, all that stands behind its type is it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COLUMNS_MARKED, markedBlocks } from '#runtime/clickhouse/native.ts';
import { ask, serve } from './served.ts';

let served: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  served = await serve();
});

afterAll(() => served.close());

const COLUMNS = [
  'number % 2 = 0',
  'toInt8(number)',
  'toUInt16(number)',
  'toInt32(number)',
  'number',
  'toInt128(number)',
  'toUInt256(number)',
  'toFloat32(number)',
  'toFloat64(number)',
  'toBFloat16(number)',
  "toDate('2026-01-01') + number",
  "toDate32('2026-01-01') + number",
  "toDateTime('2026-01-01', 'UTC') + number",
  "toDateTime64('2026-01-01', 3, 'Europe/Berlin') + number",
  'toIntervalDay(number)',
  "toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')",
  "toIPv4('10.0.0.1')",
  "toIPv6('::1')",
  "CAST(number % 2, 'Enum8(\\'a, (b\\' = 0, \\'it\\\\\\'s\\' = 1)')",
  "CAST(number % 2, 'Enum16(\\'a\\' = 0, \\'b\\' = 1)')",
  'toDecimal32(number, 2)',
  'toDecimal64(number, 2)',
  'toDecimal128(number, 2)',
  'toDecimal256(number, 2)',
  'toFixedString(toString(number), 20)',
  'toString(number)',
  "repeat('x', number * 2)",
  'NULL',
  "nullIf(toString(number), '1')",
  'nullIf(number, 1)',
  'toLowCardinality(toString(number))',
  "toLowCardinality(nullIf(toString(number), '1'))",
  "CAST(toDate('2026-01-01') + number, 'LowCardinality(Date)')",
  'range(number)',
  '[]',
  'arrayMap(n -> toString(n), range(number))',
  'arrayMap(n -> range(n), range(number))',
  'arrayMap(n -> toLowCardinality(toString(n)), range(number))',
  'arrayMap(n -> nullIf(n, 0), range(number))',
  "map('a', number, 'b', number)",
  "CAST(map('k', toString(number)), 'Map(LowCardinality(String), Array(Nullable(String)))')".replace(
    'toString(number)',
    '[toString(number)]',
  ),
  '(number, toString(number), toLowCardinality(toString(number)))',
  "CAST((number, [toString(number)]), 'Tuple(`a, b` UInt64, c Array(String))')",
  '(toFloat64(number), 1.5)::Point',
  '[[(toFloat64(number), 1.5)]]::Polygon',
  "[(number, 'x')]::Nested(a UInt64, b String)",
  "CAST(number, 'SimpleAggregateFunction(sum, UInt64)')",
];

/** Each column has a name of two letters, the same whatever stands beside it. */
async function native(columns: readonly string[], rows: number, version: number | null): Promise<Buffer> {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
  const named = columns.map((sql) => `${sql} AS x${letters[COLUMNS.indexOf(sql)]}`);
  const sql = `SELECT ${named.join(', ')} FROM numbers(${rows})`;
  const asked = version === null ? '' : `&client_protocol_version=${version}`;
  const settings = 'allow_suspicious_low_cardinality_types=1';
  const { status, body } = await ask(served.url, `/?default_format=Native&${settings}${asked}`, sql);
  expect(status, body.toString()).toBe(200);
  return body;
}

describe('Native for a client that says its version', () => {
  test.each([1, 3, 100])('has a mark behind the type of each of %i rows’ columns, whatever they hold', async (rows) => {
    const parts: Buffer[] = [];
    for (const column of COLUMNS) {
      const alone = await native([column], rows, null);
      // One column, so many rows, and its name of two letters; then its type.
      expect([...alone.subarray(0, 3)]).toEqual([1, rows, 2]);
      const type = 6 + alone.readUInt8(5);
      parts.push(alone.subarray(2, type), Buffer.from([0]), alone.subarray(type));
    }
    const marked = await native(COLUMNS, rows, 54_513);
    expect(marked).toEqual(Buffer.concat([INFO, Buffer.from([COLUMNS.length, rows]), ...parts]));
  });

  test('has that in each of several blocks, also where arrays and dictionaries are empty', async () => {
    const [some, none] = [await native(COLUMNS, 2, null), await native(COLUMNS, 1, null)];
    const both = markedBlocks(Buffer.concat([some, none, some]));
    expect(both).toEqual(Buffer.concat([some, none, some].map((block) => markedBlocks(block))));
  });

  test('is as it was for a client of an earlier version', async () => {
    expect(await native(COLUMNS, 3, COLUMNS_MARKED - 1)).toEqual(await native(COLUMNS, 3, null));
  });

  test('refuses a type whose end it cannot tell, with a code and a way out', async () => {
    const sql = 'SELECT sumState(number) AS s FROM numbers(3)';
    const { status, body } = await ask(served.url, '/?default_format=Native&client_protocol_version=54513', sql);
    expect(status).toBe(501);
    expect(body.toString()).toMatch(/^Code: 48\. .*AggregateFunction\(sum, UInt64\).*cast it/);
  });

  test('throws where a block ends before its columns do', async () => {
    const block = await native(['toString(number)', 'number'], 3, null);
    for (let length = 1; length < block.length; length++)
      expect(() => markedBlocks(block.subarray(0, length)), `${length} bytes`).toThrow(RangeError);
  });
});

const INFO = Buffer.from([1, 0, 2, 255, 255, 255, 255, 0]);
