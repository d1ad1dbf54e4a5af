// Every rule that a processor raises has a runbook, and the address that an alert carries leads to it.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { policiesOf } from '#cli/processors.ts';
import { known } from '#processors';
import { Tenant } from '../processors/alerts/tenant.ts';

const PAGES = 'docs/rules';
const processors = known.map(({ name }) => name);
const sources = globSync('processors/**/*.ts').map((file) => readFileSync(file, 'utf8'));
const quoted = new RegExp(`'((?:${processors.join('|')})\\.[a-z][a-z-]*)'`, 'g');
const rules = [...new Set(sources.flatMap((text) => Array.from(text.matchAll(quoted), ([, rule]) => rule as string)))];

/** The runbook that an alert carries, as the page that lies here. */
function runbookOf(rule: string): readonly [file: string, anchor: string] {
  const base = 'https://wiki.example/';
  const tenant = new Tenant({ runbooks: `${base}${PAGES}/{processor}.md#{rule}` }).raise(`${rule}/d1`);
  const [file = '', anchor = ''] = (tenant.newest.runbook ?? '').slice(base.length).split('#');
  return [file, decodeURIComponent(anchor)];
}

function sectionsOf(page: string): readonly string[] {
  return page.split(/^(?=<a id=)/m).slice(1);
}

/** Those of the first line of a section. */
function anchorsOf(section: string): readonly string[] {
  return Array.from(section.split('\n')[0]?.matchAll(/<a id="([^"]+)"><\/a>/g) ?? [], ([, id]) => id as string);
}

test('there are rules to speak of', () => {
  expect(rules).toEqual(expect.arrayContaining(['connectivity.offline', 'outages.gateway', 'alerts.digest']));
  expect(rules.length).toBeGreaterThan(8);
});

test.each(rules)('an alert of %s carries an address that leads to its runbook', (rule) => {
  const [file, anchor] = runbookOf(rule);
  expect(existsSync(file), file).toBe(true);
  const section = sectionsOf(readFileSync(file, 'utf8')).find((text) => anchorsOf(text).includes(anchor));
  expect(section).toContain(`## ${rule}\n`);
  for (const part of ['**Means.** ', '**Look at.** ', '**Do.** ']) expect(section).toContain(part);
});

test.each(['destination', 'endpoint', 'port', 'command'])(
  'an alert of what is new as %s leads to its section',
  (kind) => {
    const [file, anchor] = runbookOf(`novelty.${kind}`);
    const section = sectionsOf(readFileSync(file, 'utf8')).find((text) => anchorsOf(text).includes(anchor));
    expect(section).toContain(`\`novelty.${kind}\``);
  },
);

test('an alert of a behaviour leads to the page of its processor', () => {
  const [file, anchor] = runbookOf('detect.fleet profile.too-many');
  expect(anchor).toBe('detect.fleet profile.too-many');
  expect(existsSync(file)).toBe(true);
});

describe.each(globSync(`${PAGES}/*.md`).filter((file) => !file.endsWith('README.md')))('%s', (file) => {
  const page = readFileSync(file, 'utf8');

  test('has sections of rules that there are', () => {
    const named = Array.from(page.matchAll(/^## (\S+)$/gm), ([, rule]) => rule as string);
    expect(named.length).toBe(sectionsOf(page).length);
    expect(named.filter((rule) => !rule.includes('&lt;') && !rules.includes(rule))).toEqual([]);
    expect(readFileSync(`${PAGES}/README.md`, 'utf8')).toContain(`](${file.slice(PAGES.length + 1)})`);
  });

  test('names policies, and what of them decides, as they are', () => {
    for (const [, name, fields = ''] of page.matchAll(/\*\*Decided by\.\*\* `([a-z-]+)`: (.*)\.$/gm)) {
      const policy = policiesOf().find((each) => each.name === name);
      expect(policy, name).toBeDefined();
      const there = Object.keys(policy?.fallback as object);
      expect(there).toEqual(expect.arrayContaining(Array.from(fields.matchAll(/`(\w+)`/g), ([, field]) => field)));
    }
  });

  test('names tables that there are', () => {
    for (const [, table] of page.matchAll(/[Tt]able `([a-z_]+)`/g))
      expect(existsSync(`docs/tables/${table?.replace(/_current$/, '')}.md`), table).toBe(true);
  });
});
