import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { METRICS, metricsTable, prometheusName } from '#runtime/telemetry/names.ts';

const PAGE = 'docs/telemetry.md';

test('the table of metrics is the one of runtime/telemetry/names.ts', () => {
  const [head, rest = ''] = readFileSync(PAGE, 'utf8').split(/(?<=<!-- metrics:[^>]*-->\n)/);
  const tail = rest.slice(rest.indexOf('<!-- /metrics -->'));
  const current = `${head}\n${metricsTable()}\n\n${tail}`;
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(PAGE, current);
  expect(readFileSync(PAGE, 'utf8')).toBe(current);
});

test('the alerts ask for metrics that there are', () => {
  const names: readonly string[] = Object.values(METRICS).map(prometheusName);
  const alerts = /## What to alert on\n([^]*?)\n## /.exec(readFileSync(PAGE, 'utf8'))?.[1] ?? '';
  const asked = [...alerts.matchAll(/\b(?:fleetstream|messaging|db)_\w+(?=[\s{[`)])/g)].map(([name]) => name);
  expect(asked.length).toBeGreaterThan(5);
  expect(asked.filter((name) => !names.includes(name.replace(/_(?:bucket|count|sum)$/, '')))).toEqual([]);
});
