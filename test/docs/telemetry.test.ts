import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { metricsTable } from '#runtime/telemetry/names.ts';

const PAGE = 'docs/telemetry.md';

test('the table of metrics is the one of runtime/telemetry/names.ts', () => {
  const [head, rest = ''] = readFileSync(PAGE, 'utf8').split(/(?<=<!-- metrics:[^>]*-->\n)/);
  const tail = rest.slice(rest.indexOf('<!-- /metrics -->'));
  const current = `${head}\n${metricsTable()}\n\n${tail}`;
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(PAGE, current);
  expect(readFileSync(PAGE, 'utf8')).toBe(current);
});
