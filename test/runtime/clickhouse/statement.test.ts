import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { QueryError } from '#runtime/clickhouse/error.ts';
import { forbiddenFunctions, readOnly } from '#runtime/clickhouse/statement.ts';

const forbidden = forbiddenFunctions([
  'file',
  'url',
  's3',
  'remote',
  'eval',
  'executable',
  'numbers',
  'format',
  'merge',
]);
const read = (sql: string) => readOnly(sql, forbidden);

describe('a reader may', () => {
  test.each([
    'SELECT 1',
    'select * from telemetry where device = {d:String}',
    "WITH x AS (SELECT 'it''s; a \\' string' AS s) SELECT s FROM x",
    'FROM numbers(3) SELECT number',
    '(SELECT 1) UNION ALL (SELECT 2)',
    'SHOW TABLES',
    'DESCRIBE TABLE telemetry',
    'EXPLAIN SELECT 1',
    'EXISTS fleet.telemetry',
    '/* a comment; file( */ SELECT url, s3 FROM `url` -- file(',
    'SELECT \'file(\', "outfile", a.1, -1, 1 / 2, x -> x + 1, [1, 2][1], 1 != 2, a::Int64 ? 1 : 2',
    "SELECT format('{}', 1), fileName('/a')",
    "SELECT arrayMap(x -> length(x), ['file']), * APPLY toString FROM telemetry",
    "SELECT * FROM values('code UInt8, name LowCardinality(String)', (1, 'a'))",
    'SELECT * FROM (VALUES (1, 2))',
    'SELECT a IS NULL, null FROM numbers(3)',
    'SELECT 1;',
  ])('say %s', (sql) => {
    expect(read(sql).sql).toBe(sql.replace(/;$/, '').replace(/^\/\*.*\*\/ | -- file\($/g, ''));
  });

  test('name the format and settings at the end, in any order', () => {
    const settings = new Map([
      ['max_threads', '1'],
      ['log_comment', "it's"],
    ]);
    expect(read("SELECT 1 SETTINGS max_threads = 1, log_comment='it\\'s' FORMAT CSV")).toMatchObject({
      sql: 'SELECT 1',
      format: 'CSV',
      settings,
    });
    expect(read("SELECT 1 FORMAT CSV SETTINGS max_threads=1, log_comment = 'it''s'")).toMatchObject({
      sql: 'SELECT 1',
      format: 'CSV',
      settings,
    });
    expect(read('SELECT settings FROM x')).toMatchObject({ sql: 'SELECT settings FROM x', format: null });
  });

  test.each([
    ['SELECT name, value, readonly as readonly FROM system.settings LIMIT 10000', true],
    ['SELECT name FROM system.settings', true],
    ['SELECT name FROM system.settings, default.x', false],
    ['SELECT name FROM default.x UNION ALL SELECT name FROM system.settings', false],
    ['SELECT (SELECT 1) FROM system.settings', false],
    ['SELECT name FROM `system`.settings', false],
  ])('look at settings: %s', (sql, looks) => {
    expect(read(sql).looksAtSettings).toBe(looks);
  });
});

describe('a reader is refused', () => {
  test.each([
    ['INSERT INTO telemetry VALUES (1)', 164],
    ['DROP TABLE telemetry', 164],
    ['KILL QUERY WHERE 1', 164],
    ['SET readonly = 0', 164],
    ['SYSTEM SHUTDOWN', 164],
    ["SELECT 1 INTO OUTFILE '/x'", 164],
    ["SELECT 1 into/**/outfile '/x'", 164],
    ["SELECT file('/etc/passwd')", 497],
    ["SELECT `file`('/etc/passwd')", 497],
    ['SELECT "file" /* */ (\'/etc/passwd\')', 497],
    ["SELECT * FROM FILE\n('/etc/passwd')", 497],
    ["SELECT arrayMap(file, ['/etc/passwd'])", 497],
    ["SELECT arrayMap(`File`, ['/etc/passwd'])", 497],
    ["SELECT * APPLY file FROM (SELECT '/etc/passwd')", 497],
    ["SELECT COLUMNS('x') APPLY(file) FROM (SELECT '/etc/passwd' AS x)", 497],
    ["SELECT b FROM values('a String, b String ALIAS file(\\'/etc/passwd\\')', ('1'))", 497],
    ["SELECT b FROM generateRandom('a Int8, b String DEFAULT x')", 497],
    ["SELECT b FROM null('a Int8, b String aLiAs x')", 497],
    ["SELECT b FROM values('a Int8, b String \\x41LIAS x', 1)", 497],
    ["SELECT b FROM values('a Int8, b' || ' String', 1)", 497],
    ['SELECT b FROM generateRandom({structure:String})', 497],
    ['SELECT b FROM `generateRandom`(concat(1))', 497],
    ["SELECT * FROM eval('SELECT 1')", 497],
    ["SELECT * FROM url('http://localhost')", 497],
    ["SELECT * FROM (SELECT * FROM remote('a', b))", 497],
    ["SELECT aiGenerate('x', 'y')", 497],
    ['SELECT * FROM (SELECT 1 SETTINGS readonly = 0)', 164],
    ['SELECT 1 SETTINGS a = 1 UNION ALL SELECT 2 SETTINGS b = 1', 164],
    ['SELECT 1; SELECT 2', 62],
    ['', 62],
    ['-- nothing', 62],
    // What the engine may read otherwise than this does.
    ["SELECT $$'$$, file('/etc/passwd') --'", 62],
    ["SELECT ‘'’, file('/etc/passwd') --'", 62],
    ["SELECT 1 −− '\n, file('/etc/passwd') --'", 62],
    ["SELECT 1 // '\n, file('/etc/passwd') --'", 62],
    ["SELECT 1 # '\n, file('/etc/passwd') --'", 62],
    ["SELECT 1 --'\r, file('/etc/passwd') --'", 62],
    ["SELECT 1 /* /* */ ' */, file('/etc/passwd') --'", 62],
    ["SELECT `fi\\x6ce`('/etc/passwd')", 62],
    ["SELECT 'open", 62],
    ['SELECT 1 /* open', 62],
    ['SELECT \\N', 62],
    ['SELECT 1 SETTINGS a = 1, b', 62],
  ])('%s', (sql, number) => {
    expect(() => read(sql)).toThrow(expect.objectContaining({ number }));
  });

  test('what is longer than a statement may be', () => {
    expect(() => read(`SELECT '${'x'.repeat(262_144)}'`)).toThrow('Max query size exceeded');
  });

  test('the function, wherever space and comments stand, and nothing else of its name', () => {
    const space = fc.constantFrom(' ', '\n', '\t', '/* url( */', '-- x\n', " /*'*/ ");
    fc.assert(
      fc.property(fc.array(space, { maxLength: 4 }), fc.boolean(), (gap, called) => {
        const sql = `SELECT 'a''b\\'', url${gap.join('')}${called ? '(1)' : ', 1'}`;
        expect(refusal(sql)).toBe(called ? 497 : null);
      }),
    );
  });

  test('never with a crash', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        expect([null, 62, 164, 497]).toContain(refusal(`SELECT ${text}`));
      }),
      { numRuns: 2000 },
    );
  });
});

/** The number of ClickHouse's error, or null when the statement is accepted. Anything else is thrown. */
function refusal(sql: string): number | null {
  try {
    read(sql);
    return null;
  } catch (error) {
    if (error instanceof QueryError) return error.number;
    throw error;
  }
}
