import { ClickHouseError, parseError } from '@clickhouse/client';
import { expect, test } from 'vitest';
import { CommandError, describe as described } from '#cli/failure.ts';
import { failureOf } from '#cli/sql.ts';

test.each([
  [
    'Code: 62. DB::Exception: Syntax error: failed at position 1 (SELEC): SELEC 1. Expected one of: SELECT. (SYNTAX_ERROR) (version 26.7.2.1)',
    'syntax_error: Syntax error: failed at position 1 (SELEC).',
  ],
  ['Code: 62. DB::Exception: Empty query. (SYNTAX_ERROR) (version 26.7.2.1)', 'syntax_error: Empty query.'],
  [
    'Code: 60. DB::Exception: Unknown table. (UNKNOWN_TABLE) (version 26.7.2.1)',
    'unknown_table: Unknown table. See which there are: SHOW TABLES.',
  ],
])('what the engine says goes by its own name (%#)', (answer, line) => {
  const failure = parseError(answer);
  expect(failure).toBeInstanceOf(ClickHouseError);
  expect(described(failureOf('http://127.0.0.1:8123', failure)).text).toBe(line);
});

test('wrong words end with 2, and what is refused with 1', () => {
  expect(described(new CommandError('usage', 'say a query.')).exitCode).toBe(2);
  expect(described(new CommandError('unknown_table', 'Unknown table.')).exitCode).toBe(1);
});
