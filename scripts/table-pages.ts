import type { Derived, Example, Rollup, Table, View } from '#sdk';
import { type Column, columnsOf } from '#runtime/clickhouse/columns.ts';
import { isParameterised, statesTable } from '#runtime/clickhouse/objects.ts';
import { derived, tables } from '#schemas';

const ALL = (Object.values(tables) as Table[]).toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** A page of Markdown for each table and view, by its file’s name, and one that lists them. */
export function tablePages(): ReadonlyMap<string, string> {
  const pages = new Map([['README.md', index()]]);
  for (const table of ALL) pages.set(`${table.name}.md`, pageOfTable(table));
  for (const each of derived)
    pages.set(`${each.name}.md`, each.kind === 'view' ? pageOfView(each) : pageOfRollup(each));
  return pages;
}

function index(): string {
  const list = (some: readonly { readonly name: string; readonly doc: string }[]) =>
    some.map(({ name, doc }) => `- [${name}](${name}.md): ${firstSentence(doc)}`);
  const views = derived.filter((each) => each.kind === 'view');
  return page('Tables and views', [
    'Of the database `fleet`. A row stands in a table once, and says by `_partition` and `_offset` where in its topic, and by `causePartition` and `causeOffset` which event caused it. Times are in UTC: `eventTime` is when something happened, `receivedAt` when it was received, `logTime` when the log knew.',
    '## Tables',
    list(ALL).join('\n'),
    '## Views',
    list(views).join('\n'),
    '## States of roll-ups',
    'What the views by minute, hour and day read; who wants other spans merges them.',
    list(derived.filter((each) => each.kind === 'rollup')).join('\n'),
  ]);
}

function pageOfTable(table: Table): string {
  const { from, orderBy, partitionBy, partitionEvery, dataClass } = table;
  const facts: readonly Fact[] = [
    ['Filled from', `the topic \`${from.name}\`, each record once`],
    [
      'Freshness',
      'a row is there a quarter of a second after its record in the embedded run, a second after it in a server, while nothing is away; [freshness](freshness.md) says how far each partition is',
    ],
    ['Rows', rowsOf(table)],
    ['Ordered by', `${orderBy.map(code).join(', ')}: filter by the first of them`],
    ['In pieces by', partitionBy === null ? 'nothing' : `${partitionEvery} of \`${partitionBy}\``],
    ['Data class', dataClass],
  ];
  return columnPage(table, facts, columnTable(['column', 'type', 'meaning'], columnsOf(table).map(columnRow)));
}

function rowsOf({ name, engine, orderBy }: Table): string {
  if (engine.kind === 'latest') {
    return `the newest of each ${orderBy.join(', ')}; all that came are in \`${name}_rows\` until they are merged away`;
  }
  const added = 'are added and never changed';
  return engine.kind === 'append'
    ? added
    : `${added}; \`${name}_current\` has the highest revision of each ${engine.of.join(', ')}, and \`${name}_known(known = …)\` the highest that was known at a log time`;
}

function pageOfRollup(rollup: Rollup): string {
  const { from, dataClass } = rollup;
  const facts = [
    ['Filled from', `[${from.name}](${from.name}.md), by each of its inserts`],
    ['Freshness', 'as its table'],
    [
      'Rows',
      'states by minute, hour and day that are merged in the background: group by the key, and merge with the functions that end with `Merge`, or with `sum`, `min` and `max` themselves',
    ],
    [
      'Late rows',
      'count in the span of their event time; what differs from the table is added up again when the sink starts',
    ],
    ['In pieces by', 'month of `start`'],
    ['Data class', dataClass],
  ] as const;
  const rows = statesTable(rollup).columns.map(columnRow);
  return columnPage(rollup, facts, columnTable(['column', 'type', 'meaning'], rows));
}

function pageOfView(view: View): string {
  const { query, columns, dataClass } = view;
  const read = sources(query);
  const facts = [
    ['Reads', read.map((source) => `[${source}](${source}.md)`).join(', ')],
    ['Freshness', 'of what it reads, when it is asked'],
    ...(isParameterised(query) ? [['Parameters', parametersOf(query).join(', ')] as const] : []),
    ['Data class', dataClass],
  ] as const;
  const rows = Object.entries(columns).map(([column, meaning]) => [code(column), meaning]);
  return columnPage(view, facts, columnTable(['column', 'meaning'], rows));
}

const NAMES = new Set([...ALL, ...derived].map(({ name }: { readonly name: string }) => name));

function sources(query: string): string[] {
  const found = [...query.matchAll(/\b(?:FROM|JOIN)\s+(\w+)/g)].map(([, name]) => name as string);
  return [...new Set(found)].filter((name) => NAMES.has(name));
}

function parametersOf(query: string): string[] {
  return [
    ...new Set([...query.matchAll(/\{(\w+):([^}]+)\}/g)].map(([, name, type]) => `\`${name}\` (${code(type ?? '')})`)),
  ];
}

function shown(examples: readonly Example[]): string[] {
  const blocks = examples.map(({ asks, sql }) => `${asks}\n\n\`\`\`sql\n${sql}\n\`\`\``);
  return blocks.length === 0 ? [] : ['## Examples', ...blocks];
}

type Fact = readonly [what: string, text: string];

function factTable(facts: readonly Fact[]): string {
  return ['| | |', '|---|---|', ...facts.map(([what, text]) => `| ${what} | ${cell(text)} |`)].join('\n');
}

function columnTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')).replaceAll(' ', ''), ...rows.map(line)].join('\n');
}

function columnRow({ name, type, comment }: Column): readonly string[] {
  return [code(name), code(type), comment];
}

/** The page of one table or view. */
function columnPage({ name, doc, examples }: Table | Derived, facts: readonly Fact[], columns: string): string {
  return page(name, [doc, factTable(facts), '## Columns', columns, ...shown(examples)]);
}

function page(title: string, parts: readonly string[]): string {
  const note = '<!-- generated from schemas/; run `npm run generate` -->';
  return `${[note, `# ${title}`, ...parts].join('\n\n')}\n`;
}

function firstSentence(text: string): string {
  return /^.*?[.:](?= |$)/.exec(text)?.[0].replace(/:$/, '.') ?? text;
}

function code(text: string): string {
  return `\`${text.replaceAll('`', '')}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** Everything that has a page, with its examples. */
export const DOCUMENTED: readonly (Table | Derived)[] = [...ALL, ...derived];
