import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { tables } from '#schemas';
import { METRICS, type Metric, prometheusName } from '#runtime/telemetry/names.ts';
import { boards } from '../../dashboards/index.ts';
import { columns, sql } from '../../dashboards/lib/sql.ts';
import { checkRules, hasPromtool } from './promtool.ts';

interface Drawn {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

const metrics = Object.values<Metric>(METRICS);
const asked = Object.values(boards).flatMap(({ rows }) =>
  rows.flatMap(({ panels }) =>
    panels.flatMap(({ ask }) => ask.flatMap((query) => ('promql' in query ? query.promql : []))),
  ),
);

describe.each(Object.entries(boards))('%s', (name, board) => {
  const text = readFileSync(`dashboards/${name}.json`, 'utf8');
  const { panels } = JSON.parse(text) as { readonly panels: readonly Drawn[] };

  test('has panels side by side, none over another', () => {
    const taken = new Set<string>();
    for (const { gridPos: at, title } of panels) {
      expect(at.x + at.w, title).toBeLessThanOrEqual(24);
      for (let x = at.x; x < at.x + at.w; x++) {
        for (let y = at.y; y < at.y + at.h; y++) {
          expect(taken, `${title} at ${x}, ${y}`).not.toContain(`${x}/${y}`);
          taken.add(`${x}/${y}`);
        }
      }
    }
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  test('leads to boards that there are', () => {
    const uids = Object.values(boards).map(({ uid }) => uid);
    expect(uids.filter((uid) => uid === board.uid)).toHaveLength(1);
    for (const [, uid] of text.matchAll(/"\/d\/([\w-]+)/g)) expect(uids).toContain(uid);
  });

  test('says of each panel what it tells', () => {
    const docs = board.rows.flatMap((row) => row.panels.map(({ doc }) => doc));
    expect(docs.filter((doc) => !/^\S.{15,}\.$/.test(doc))).toEqual([]);
  });
});

test('a column that the table leaves out cannot be asked', () => {
  const change = columns(tables.twinChanges);
  expect(() => sql`SELECT ${change.reported}`).toThrow(/column_unknown: behind "SELECT"/);
  expect(sql`SELECT ${change.device} FROM ${tables.twinChanges}`).toEqual({ sql: 'SELECT device FROM twin_changes' });
});

describe('the expressions for Prometheus', () => {
  const labels = new Set(metrics.flatMap(({ by }) => by.map((each) => each.replaceAll('.', '_'))));
  const OURS = /\b(?:fleetstream|messaging|db)_\w+/g;

  test('ask for metrics and labels that there are', () => {
    expect(asked.length).toBeGreaterThan(20);
    const names = metrics.map(prometheusName);
    const unknown = asked.flatMap((expression) =>
      [...expression.matchAll(OURS)]
        .map(([name]) => name.replace(/_(?:bucket|count|sum)$/, ''))
        .filter((name) => !names.includes(name) && !labels.has(name)),
    );
    expect(unknown).toEqual([]);
  });

  test('split each metric by what it is split by', () => {
    for (const expression of asked) {
      const [name = ''] = [...expression.replaceAll(/\([^()]*\) \(/g, '(').matchAll(OURS)].map(([found]) => found);
      const metric = metrics.find((each) => name.replace(/_(?:bucket|count|sum)$/, '') === prometheusName(each));
      const by = /by \(([^)]*)\)/.exec(expression)?.[1]?.split(', ') ?? [];
      const known = ['le', 'job', ...(metric?.by.map((each) => each.replaceAll('.', '_')) ?? [])];
      expect(
        by.filter((label) => !known.includes(label)),
        expression,
      ).toEqual([]);
    }
  });

  test('are PromQL, as promtool judges', ({ skip }) => {
    if (!hasPromtool) skip('promtool is not here');
    const record = (expr: string, index: number) => ({
      record: `panel:${index}`,
      expr: expr.replaceAll('$__rate_interval', '5m'),
    });
    const judge = (all: readonly string[]) => checkRules({ groups: [{ name: 'panels', rules: all.map(record) }] });
    expect(judge(asked)).toMatchObject({ status: 0 });
    expect(judge([...asked, 'rate(up)'])).not.toMatchObject({ status: 0 });
  });
});
