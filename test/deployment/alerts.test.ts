import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { METRICS, prometheusName } from '#runtime/telemetry/names.ts';
import { checkRules, hasPromtool, promtool } from '../dashboards/promtool.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}

const { groups } = parse(readFileSync('deploy/prometheus/alerts.yml', 'utf8')) as {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const runbooks = readFileSync('docs/runbooks.md', 'utf8');

describe('the alerts', () => {
  test('ask for metrics that there are', () => {
    const names: readonly string[] = Object.values(METRICS).map(prometheusName);
    const asked = rules.flatMap(({ expr }) =>
      [...expr.matchAll(/\b(?:fleetstream|messaging|db)_\w+(?=[\s{[)]|$)/g)].map(([name]) => name),
    );
    const labels = new Set(Object.values(METRICS).flatMap(({ by }) => by.map((each) => each.replaceAll('.', '_'))));
    const unknown = asked.filter((name) => !names.includes(name.replace(/_bucket$/, '')) && !labels.has(name as never));
    expect(asked.length).toBeGreaterThan(8);
    expect(unknown).toEqual([]);
  });

  test.each(rules)('$alert has a runbook that says what it means, what to look at and what to do', (rule) => {
    expect(rule.annotations.runbook_url).toBe(`docs/runbooks.md#${rule.alert.toLowerCase()}`);
    expect(['page', 'ticket']).toContain(rule.labels.severity);
    const section = runbooks.split(/^## /m).find((text) => text.startsWith(`${rule.alert}\n`)) ?? '';
    for (const part of ['**Means.** ', '**Look at.** ', '**Do.** ']) expect(section).toContain(part);
  });

  test('have no runbook of a rule that is gone', () => {
    const sections = Array.from(runbooks.matchAll(/^## (.+)$/gm), ([, name]) => name);
    expect(sections).toEqual(rules.map(({ alert }) => alert));
  });

  test.each(rules)('$alert has a case in which it tells', ({ alert }) => {
    const text = readFileSync('deploy/prometheus/alerts.test.yml', 'utf8');
    const { tests } = parse(text) as {
      readonly tests: readonly {
        readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly object[] }[];
      }[];
    };
    const cases = tests.flatMap((each) => each.alert_rule_test).filter(({ alertname }) => alertname === alert);
    expect(cases.some(({ exp_alerts: told }) => told.length > 0)).toBe(true);
  });

  test('tell when they should, as promtool judges', ({ skip }) => {
    if (!hasPromtool) skip('promtool is not here');
    expect(promtool(['test', 'rules', 'deploy/prometheus/alerts.test.yml'])).toMatchObject({ status: 0 });
    expect(checkRules({ groups })).toMatchObject({ status: 0 });
  });
});
