import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

describe('a reader of the endpoint cannot', () => {
  test.each<[string, string, number, number]>([
    ['write', "INSERT INTO samples (tenant) VALUES ('x')", 164, 500],
    ['create', 'CREATE TABLE x (a Int8) ENGINE = Memory', 164, 500],
    ['drop', 'DROP TABLE samples', 164, 500],
    ['write a file', "SELECT 1 INTO OUTFILE 'out.csv'", 164, 500],
    ['write by an explanation', "EXPLAIN SELECT 1 INTO OUTFILE 'out.csv'", 164, 500],
    ['run a program', "SELECT * FROM executable('x', 'TSV', 'a String')", 497, 403],
    ['reach another host', "SELECT * FROM remote('127.0.0.1', 'system.one')", 497, 403],
    ['read what is not there', 'SELECT * FROM nothing', 60, 404],
    ['use what is not there', 'SELECT nope()', 46, 404],
    ['name an unknown format', 'SELECT 1 FORMAT Nothing', 73, 404],
    ['err in the syntax', 'SELECT FROM WHERE', 62, 400],
    ['err in the first word', 'SELCT 1', 62, 400],
    ['leave the first word out', '1 + 1', 62, 400],
    ['err in what would write', 'DROP TABEL samples', 62, 400],
    ['send what is no SQL', 'hello, world', 62, 400],
    ['stop the engine', 'SYSTEM STOP MERGES', 164, 500],
    ['bring in rows as text', 'INSERT INTO samples FORMAT JSONEachRow {"tenant":"x"}', 164, 500],
    ['cancel queries', 'KILL QUERY WHERE 1', 164, 500],
    ['go to another database', 'USE system', 164, 500],
    ['write behind a list of names', 'WITH 1 AS x INSERT INTO samples (tenant) SELECT x', 164, 500],
    ['write in brackets', '(DROP TABLE samples)', 62, 400],
    ['write beside a question', 'SELECT 1 PARALLEL WITH SYSTEM STOP MERGES', 80, 500],
    ['write behind a question', 'SELECT 1; DROP TABLE samples', 62, 400],
    ['write behind an error', 'SELCT 1; DROP TABLE samples', 62, 400],
    ['back up', "BACKUP TABLE samples TO File('/tmp/x')", 164, 500],
    ['leave a parameter open', 'SELECT {x:Int8}', 456, 400],
    [
      'take more time than allowed',
      'SELECT sleepEachRow(0.5) FROM numbers(10) SETTINGS max_execution_time = 1, max_block_size = 1',
      159,
      408,
    ],
    ['read more than allowed', 'SELECT number FROM numbers(100000) SETTINGS max_result_rows = 1000', 396, 500],
  ])('%s', async (_, sql, number, status) => {
    const answer = await ask('/', sql);
    expect(answer.body.toString()).toMatch(
      new RegExp(`^Code: ${number}\\. DB::Exception: [^]*\\([A-Z_]+\\) \\(version [\\d.]+\\)\n$`),
    );
    expect(answer).toMatchObject({ status, headers: { 'x-clickhouse-exception-code': String(number) } });
  });

  test.each([
    'SELECT file({p:String})',
    'SELECT `file`({p:String})',
    'SELECT * FROM file({p:String})',
    "SELECT * FROM file({p:String}, 'CSV')",
    'SELECT {f:Identifier}({p:String})',
    'SELECT * FROM {f:Identifier}({p:String})',
    'SELECT arrayMap(file, [{p:String}])',
    'SELECT arrayMap({f:Identifier}, [{p:String}])',
    'SELECT * APPLY file FROM (SELECT {p:String})',
    'SELECT * APPLY {f:Identifier} FROM (SELECT {p:String})',
    'WITH file AS f SELECT f({p:String})',
    "SELECT b FROM values('a String, b String ALIAS file({p:String})', ('1'))",
    'SELECT b FROM values({s:String}, (1))',
    'SELECT b FROM generateRandom({s:String}) LIMIT 1',
    "SELECT b FROM format(JSONEachRow, {s:String}, '{}')",
    'SELECT * FROM {t:Identifier}',
    'SELECT * FROM default.{t:Identifier}',
    'SELECT * FROM system.settings, default.{t:Identifier}',
  ])('read a file of this machine: %s', async (sql) => {
    const { status, body } = await ask(
      `/?${new URLSearchParams({
        param_p: served.secret,
        param_t: served.secret,
        param_f: 'file',
        param_s: `a Int8, b String ALIAS file('${served.secret}')`,
      }).toString()}`,
      sql,
    );
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body.toString()).not.toContain('hidden');
  });

  test.each(['file', 'FILE', '`file`', '"file"', 'fi\\x6ce', 'fi\\\\x6ce', 'x.file', ' file', 'file '])(
    'call a function by a parameter that holds %j',
    async (name) => {
      const query = new URLSearchParams({ param_p: served.secret, param_f: name });
      for (const type of ['Identifier', '`Identifier`', 'identifier', ' /* of */ Identifier ']) {
        for (const sql of [
          `SELECT arrayMap({f:${type}}, [{p:String}])`,
          `SELECT arrayMap({ f :${type}}, [{p:String}])`,
        ]) {
          const { status, body } = await ask(`/?${query.toString()}`, sql);
          expect(status).toBeGreaterThanOrEqual(400);
          expect(body.toString()).not.toContain('hidden');
        }
      }
    },
  );

  test('read a file of this machine by its name', async () => {
    for (const database of ['fleet', 'default']) {
      for (const name of [`\`${served.secret}\``, `default.\`${served.secret}\``, `'${served.secret}'`]) {
        const { status, body } = await ask(`/?database=${database}`, `SELECT * FROM ${name}`);
        expect([status, body.toString()]).toEqual([
          expect.toSatisfy((code: number) => code >= 400),
          expect.not.stringContaining('hidden'),
        ]);
      }
    }
  });

  test.each(['format_template_row', 'format_schema', 'output_format_schema', 'allow_introspection_functions'])(
    'set %s, in the address or in the statement',
    async (name) => {
      const value = encodeURIComponent(served.secret);
      expect((await ask(`/?${name}=${value}`, 'SELECT 1 FORMAT Template')).headers['x-clickhouse-exception-code']).toBe(
        '452',
      );
      expect(
        (await ask('/', `SELECT 1 FORMAT Template SETTINGS ${name} = '${served.secret}'`)).headers[
          'x-clickhouse-exception-code'
        ],
      ).toBe('452');
    },
  );

  test.each([
    ['additional_result_filter', (path: string) => `throwIf(1, file('${path}'))`],
    ['additional_table_filters', (path: string) => `{'fleet.samples': 'file(\\'${path}\\') = \\'\\''}`],
    ['parallel_replicas_custom_key', (path: string) => `file('${path}')`],
    ['implicit_table_at_top_level', (path: string) => path],
    ['dialect', () => 'prql'],
    ['polyglot_dialect', () => 'mysql'],
  ])('hide SQL of another kind in the setting %s', async (name, value) => {
    const text = value(served.secret);
    const asked = [
      await ask(`/?${name}=${encodeURIComponent(text)}`, 'SELECT count FROM samples'),
      await ask('/', `SELECT count FROM samples SETTINGS ${name} = '${text.replaceAll(/[\\']/g, '\\$&')}'`),
    ];
    for (const { headers, body } of asked) {
      expect(body.toString()).not.toContain('hidden');
      expect(headers['x-clickhouse-exception-code']).toBe('452');
    }
  });

  test('become a writer by a setting', async () => {
    for (const query of ['/?readonly=0', '/?readonly=2', '/?max_threads=1&readonly=0&allow_ddl=1']) {
      expect((await ask(query, 'INSERT INTO samples (tenant) SELECT 1')).status).toBeGreaterThanOrEqual(400);
    }
    expect(await text("SELECT getSetting('readonly')", '/?readonly=0')).toBe('1\n');
    expect((await ask('/', 'SELECT * FROM (SELECT 1 SETTINGS readonly = 0)')).status).toBeGreaterThanOrEqual(400);
  });

  test('send more than a query', async () => {
    expect((await ask('/', Buffer.alloc(2 * 1024 * 1024, 32))).status).toBe(400);
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 32));
    expect((await ask('/', bomb, { 'Content-Encoding': 'gzip' })).status).toBe(400);
    expect((await ask('/', 'junk', { 'Content-Encoding': 'gzip' })).status).toBe(400);
    expect((await ask('/?decompress=1', 'SELECT 1')).status).toBe(400);
  });

  test('come in without the password, where there is one', async () => {
    const base = served.lockedUrl;
    const basic = (pair: string) => ({ Authorization: `Basic ${Buffer.from(pair).toString('base64')}` });
    for (const headers of [{}, basic('default:wrong'), { 'X-ClickHouse-User': 'a', 'X-ClickHouse-Key': 'b' }]) {
      expect(await askAt(base, '/', 'SELECT 1', headers)).toMatchObject({
        status: 403,
        headers: { 'x-clickhouse-exception-code': '516' },
      });
    }
    for (const headers of [basic('any:sesame'), { 'X-ClickHouse-User': 'a', 'X-ClickHouse-Key': 'sesame' }]) {
      expect((await askAt(base, '/', 'SELECT 1', headers)).body.toString()).toBe('1\n');
    }
    expect((await askAt(base, '/?user=a&password=sesame', 'SELECT 1', {})).status).toBe(200);
    expect((await askAt(base, '/ping', undefined, {})).status).toBe(200);
  });
});
