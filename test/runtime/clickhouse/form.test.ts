import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, serve } from './served.ts';

let served: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  served = await serve();
});

afterAll(() => served.close());

type Parts = Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>;

/** Sends a form, as clients do that put parameters or tables into the body. */
async function send(parts: Parts, query = '/'): Promise<{ status: number; text: string }> {
  const form = new FormData();
  for (const [name, value] of Object.entries(parts)) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([value]), `${name}.bin`);
  }
  const written = new Response(form);
  const body = Buffer.from(await written.arrayBuffer());
  const answer = await ask(served.url, query, body, { 'Content-Type': written.headers.get('content-type') ?? '' });
  return { status: answer.status, text: answer.body.toString() };
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const question = (sql: string, others: Record<string, string> = {}) =>
  `/?${new URLSearchParams({ query: sql, ...others }).toString()}`;

describe('a form', () => {
  test('brings the query, its parameters and settings, as if they stood in the address', async () => {
    const hostile = "'; DROP TABLE samples; --";
    const answer = await send({
      query: 'SELECT {d:String} AS d, getSetting({s:String}) AS s FORMAT JSONEachRow',
      param_d: hostile,
      param_s: 'max_block_size',
      max_block_size: '77',
    });
    expect(JSON.parse(answer.text)).toMatchObject({ d: hostile, s: 77 });
    expect(await send({ param_n: '3' }, question('SELECT {n:UInt8} + 1'))).toEqual({ status: 200, text: '4\n' });
  });

  test('gives way to the address, where both say something', async () => {
    expect((await send({ query: 'SELECT 2', param_n: '2' }, question('SELECT {n:UInt8}', { param_n: '1' }))).text).toBe(
      '1\n',
    );
  });

  test('brings tables of its own, which only its question sees', async () => {
    const sql = 'SELECT count() FROM samples WHERE count IN (SELECT n FROM wanted)';
    const wanted = { wanted_structure: 'n Int64, why String' };
    expect(await send({ wanted: bytes('3\ta\n4\tb\n77\tc\n') }, question(sql, wanted))).toEqual({
      status: 200,
      text: '2\n',
    });
    expect((await ask(served.url, question(sql))).body.toString()).toContain('UNKNOWN_TABLE');
  });

  test('names columns of mere types, and reads the formats of clients', async () => {
    const typed = { t_types: "UInt8,Map(String, Float64),DateTime64(3, 'UTC')", t_format: 'JSONCompactEachRow' };
    const row = bytes(`[1,{"a":0.5},"2026-11-01 00:00:00.007"]\n`);
    expect((await send({ t: row }, question("SELECT _1, _2['a'], _3 FROM t", typed))).text).toBe(
      '1\t0.5\t2026-11-01 00:00:00.007\n',
    );
    const binary = { t_structure: 'n UInt16', t_format: 'RowBinary' };
    expect((await send({ t: new Uint8Array([1, 0, 2, 0]) }, question('SELECT sum(n) FROM t', binary))).text).toBe(
      '3\n',
    );
  });

  test('tells what its bytes are not', async () => {
    const { status, text } = await send(
      { t: bytes('not a number\n') },
      question('SELECT * FROM t', { t_types: 'UInt8' }),
    );
    expect([status, text]).toEqual([400, expect.stringMatching(/^Code: 27\./)]);
  });

  test.each([
    ['an expression', { t_structure: "a String DEFAULT file('secret.csv')" }, 36],
    ['an alias', { t_structure: "a UInt8, b String ALIAS file('secret.csv')" }, 36],
    ['more SQL', { t_structure: "a UInt8'); SELECT 1; --" }, 36],
    ['no columns', {}, 36],
    ['a format that asks a registry', { t_structure: 'a UInt8', t_format: 'AvroConfluent' }, 73],
    ['a format that holds SQL', { t_structure: 'a UInt8', t_format: 'Values' }, 73],
  ])('refuses tables that would bring %s', async (_, declared, code) => {
    const answer = await send({ t: bytes('1\n') }, question('SELECT * FROM t', declared));
    expect(answer.text).toMatch(new RegExp(`^Code: ${code}\\.`));
  });

  test('refuses a name that is none, a body that is no form, and more than a request may have', async () => {
    const named = { 'a.b_structure': 'a UInt8' };
    expect((await send({ 'a.b': bytes('1\n') }, question('SELECT 1', named))).text).toContain('is no name for a table');
    const type = { 'Content-Type': 'multipart/form-data; boundary=x' };
    expect((await ask(served.url, '/', 'SELECT 1', type)).body.toString()).toMatch(/^Code: 117\./);
    expect((await send({ t: new Uint8Array(2 * 1024 * 1024) }, question('SELECT 1'))).text).toMatch(/^Code: 62\./);
  });

  test('writes no more than it brings: the tables of the database stay closed', async () => {
    const taken = { samples_structure: 'count Int64' };
    expect((await send({ samples: bytes('1\n') }, question('SELECT count() FROM samples', taken))).status).toBe(200);
    expect((await ask(served.url, question('SELECT count() FROM samples'))).body.toString()).toBe('50\n');
    const insert = await send(
      { t: bytes('1\n') },
      question('INSERT INTO samples SELECT * FROM t', { t_types: 'Int64' }),
    );
    expect(insert.text).toMatch(/^Code: 164\./);
  });
});
