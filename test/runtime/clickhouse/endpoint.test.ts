import { gunzipSync, gzipSync, zstdDecompressSync } from 'node:zlib';
import { createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compressedBlocks } from '#runtime/clickhouse/blocks.ts';
import { cityHash128 } from '#runtime/clickhouse/cityhash.ts';
import { ask as askAt, serve } from './served.ts';

let served: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  served = await serve();
});

afterAll(() => served.close());

const ask = (query: string, body?: string | Buffer, headers: Record<string, string> = {}) => {
  return askAt(served.url, query, body, headers);
};

const text = async (body: string, query = '/') => (await ask(query, body)).body.toString();

describe('the endpoint', () => {
  test('answers a ping and the address alone', async () => {
    expect((await ask('/ping')).body.toString()).toBe('Ok.\n');
    expect((await ask('/')).body.toString()).toBe('Ok.\n');
    expect((await ask('/replicas_status')).status).toBe(200);
    expect((await ask('/elsewhere')).status).toBe(404);
  });

  test('takes a query from the address, from the body, and from both', async () => {
    expect((await ask(`/?query=${encodeURIComponent('SELECT count() FROM samples')}`)).body.toString()).toBe('50\n');
    expect(await text('SELECT count() FROM fleet.samples FORMAT CSV')).toBe('50\n');
    expect(await text('FROM samples', '/?query=SELECT%20count()')).toBe('50\n');
    expect((await ask('/', gzipSync('SELECT 7'), { 'Content-Encoding': 'gzip' })).body.toString()).toBe('7\n');
    const framed = Buffer.concat([...compressedBlocks(Buffer.from('SELECT 7'))]);
    expect((await ask('/?decompress=1', framed)).body.toString()).toBe('7\n');
    expect(await text('SELECT currentDatabase()', '/?database=system&default_format=JSONEachRow')).toBe(
      '{"currentDatabase()":"system"}\n',
    );
  });

  test('tells format, id, time zone and summary', async () => {
    const { headers } = await ask('/?query_id=mine&session_id=s', 'SELECT * FROM samples LIMIT 5 FORMAT JSONCompact');
    expect(headers).toMatchObject({
      'x-clickhouse-format': 'JSONCompact',
      'x-clickhouse-query-id': 'mine',
      'x-clickhouse-timezone': 'UTC',
      'content-type': 'application/json; charset=UTF-8',
    });
    expect(headers['x-clickhouse-server-display-name']).toBeTruthy();
    expect(JSON.parse(String(headers['x-clickhouse-summary']))).toMatchObject({
      read_rows: expect.stringMatching(/^\d+$/),
      // The driver of JDBC takes an answer without it for an empty one.
      result_rows: '5',
    });
  });

  test('binds parameters, whatever they hold', async () => {
    const value = "it's \\ \t; DROP {x:Identifier} ‘—’";
    const escaped = value.replaceAll('\\', '\\\\').replaceAll('\t', '\\t');
    const query = `/?param_s=${encodeURIComponent(escaped)}&param_n=${encodeURIComponent('\\N')}&param_t=samples`;
    const sql = 'SELECT {s:String} AS s, {n:Nullable(Int64)} AS n, count() AS c FROM {t:Identifier} FORMAT JSONEachRow';
    expect(JSON.parse(await text(sql, query))).toEqual({ s: value, n: null, c: 50 });
  });

  test('keeps the parameters of queries that run at the same time apart', async () => {
    const numbers = Array.from({ length: 40 }, (_, number) => String(number));
    const answers = await Promise.all(
      numbers.map((number) => text('SELECT {x:Int64} FROM numbers(100000) LIMIT 1', `/?param_x=${number}`)),
    );
    expect(answers).toEqual(numbers.map((number) => `${number}\n`));
  });

  test('applies settings of the address and of the statement, up to the limits', async () => {
    expect(await text("SELECT getSetting('max_block_size') SETTINGS max_block_size = 77")).toBe('77\n');
    expect(await text("SELECT getSetting('max_block_size')", '/?max_block_size=78')).toBe('78\n');
    expect(await text("SELECT getSetting('max_block_size')")).not.toMatch(/^7[78]\n/);
    expect(await text("SELECT getSetting('max_execution_time')", '/?max_execution_time=0')).toBe('60\n');
    expect(await text("SELECT getSetting('max_execution_time')", '/?max_execution_time=5')).toBe('5\n');
    expect(await text('SELECT readonly FROM system.settings LIMIT 1')).toBe('0\n');
  });

  test.each([
    ['gzip', gunzipSync],
    ['zstd', zstdDecompressSync],
  ])('compresses by %s when asked', async (encoding, decompress) => {
    const sql = 'SELECT number FROM numbers(10000)';
    const { body, headers } = await ask('/?enable_http_compression=1', sql, { 'Accept-Encoding': encoding });
    expect(headers['content-encoding']).toBe(encoding);
    expect(decompress(body).toString().split('\n')).toHaveLength(10001);
    const { headers: plain } = await ask('/', sql, { 'Accept-Encoding': encoding });
    expect(plain['content-encoding']).toBeUndefined();
  });

  test('frames the answer in blocks of ClickHouse when asked', async () => {
    const sql = 'SELECT number, repeat(toString(number), 40) FROM numbers(20000) FORMAT RowBinary';
    const plain = (await ask('/', sql)).body;
    const { body } = await ask('/?compress=1', sql);
    const parts: Buffer[] = [];
    for (let at = 0; at < body.length; ) {
      const size = body.readUInt32LE(at + 17);
      const [low, high] = cityHash128(body.subarray(at + 16, at + 16 + size));
      expect([body.readBigUInt64LE(at), body.readBigUInt64LE(at + 8), body[at + 16]]).toEqual([low, high, 0x82]);
      parts.push(literals(body.subarray(at + 25, at + 16 + size)));
      expect(parts.at(-1)).toHaveLength(body.readUInt32LE(at + 21));
      at += 16 + size;
    }
    expect(parts.length).toBeGreaterThan(2);
    expect(Buffer.concat(parts).equals(plain)).toBe(true);
  });

  test('serves the official client, with every type intact', async () => {
    const client = createClient({ url: served.url, database: 'fleet', compression: { response: true } });
    try {
      expect(await client.ping()).toEqual({ success: true });
      const query =
        'SELECT at, metrics, ratio, writes, count + 9007199254740991 AS big FROM samples WHERE count = {n:Int64}';
      const settings = { output_format_json_quote_64bit_integers: 1 } as const;
      const result = await client.query({ query, query_params: { n: 17 }, clickhouse_settings: settings });
      const { meta, data } = await result.json();
      expect(data).toEqual([
        {
          at: '2026-02-01 00:00:00.007',
          metrics: { humidityPct: 40, temperatureC: 8.5 },
          ratio: 17 / 3,
          writes: [
            { path: '/a', value: '1' },
            { path: '/b', value: null },
          ],
          big: '9007199254741008',
        },
      ]);
      expect(meta?.map(({ type }) => type.replaceAll(/\s+/g, ' ').replace('( ', '('))).toEqual([
        "DateTime64(3, 'UTC')",
        'Map(LowCardinality(String), Float64)',
        'Nullable(Float64)',
        'Array(Tuple(path String, value Nullable(String)))',
        'Int64',
      ]);
      const insert = client.insert({ table: 'samples', values: [{ tenant: 'x' }], format: 'JSONEachRow' });
      await expect(insert).rejects.toMatchObject({ code: '164', type: 'READONLY' });
    } finally {
      await client.close();
    }
  });
});

/** An LZ4 block of one sequence of literals. */
function literals(block: Buffer): Buffer {
  let length = block[0]! >> 4;
  let at = 1;
  if (length === 15) {
    do length += block[at]!;
    while (block[at++] === 255);
  }
  expect(block.length - at).toBe(length);
  return block.subarray(at);
}
