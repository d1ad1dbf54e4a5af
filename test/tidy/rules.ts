import { code } from './code.ts';

/** What must not stand in the code of a folder, and what stands there instead. */
interface Ban {
  readonly folders: readonly string[];
  readonly pattern: RegExp;
  readonly instead: string;
}

const PURE = ['sdk', 'schemas', 'processors', 'connectors'];
const SAME_IN_ALL_ENGINES = 'sqrt|abs|min|max|floor|ceil|round|trunc|sign|imul|fround|clz32';

/** Ambient input and what may differ between machines: a fold over the same bytes must give the same bytes. */
const BANS: readonly Ban[] = [
  {
    folders: PURE,
    pattern: /\bDate\s*\.\s*now\b/,
    instead: 'meta.logTime of a processor, message.receivedAt of a connector',
  },
  { folders: PURE, pattern: /\bnew\s+Date\s*(?:\(\s*\)|[;,)])/, instead: 'new Date(milliseconds)' },
  { folders: PURE, pattern: /(?<!\bnew\s+)\bDate\s*\(/, instead: 'new Date(milliseconds)' },
  { folders: PURE, pattern: /\bperformance\b/, instead: 'meta.logTime, since only ticks are time' },
  { folders: PURE, pattern: /\bMath\s*\.\s*random\b/, instead: 'a hash of the event id' },
  {
    folders: PURE,
    pattern: /\brandom(?:UUID|Bytes|Int|FillSync)\b|\bgetRandomValues\b/,
    instead: 'a hash of the event id',
  },
  {
    folders: PURE,
    pattern: /\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/,
    instead: 'deadline and expire of the processor',
  },
  { folders: PURE, pattern: /\bprocess\s*[.[]/, instead: 'an argument; configuration is read in cli/ and runtime/' },
  { folders: PURE, pattern: /\bglobalThis\b/, instead: 'an argument' },
  { folders: PURE, pattern: /\bfetch\s*\(/, instead: 'an event; only transports and drivers reach the network' },
  { folders: PURE, pattern: /\bconsole\b/, instead: 'a record of its own, or a rejection with its code' },
  { folders: PURE, pattern: /\blocaleCompare\b/, instead: 'comparison by < and >, or of bytes' },
  { folders: PURE, pattern: /\bIntl\b|\btoLocale\w+/, instead: 'toISOString or arithmetic, which know no locale' },
  {
    folders: PURE,
    pattern: /\.(?:get|set)(?:FullYear|Month|Date|Day|Hours|Minutes|Seconds|TimezoneOffset)\b/,
    instead: 'the UTC method',
  },
  {
    folders: PURE,
    pattern: /\bfor\s*\(\s*(?:const|let|var)\s+\w+\s+in\b/,
    instead: 'for (const key of Object.keys(value))',
  },
  { folders: PURE, pattern: /\brequire\s*\(|\bimport\s*\(/, instead: 'an import at the top, where the linter sees it' },
  { folders: PURE, pattern: /\beval\s*\(|\bnew\s+Function\b/, instead: 'a function' },
  { folders: PURE, pattern: /\bWeakRef\b|\bFinalizationRegistry\b/, instead: 'state, whose life the log decides' },
  {
    folders: PURE,
    pattern: new RegExp(`\\bMath\\s*\\.\\s*(?!(?:${SAME_IN_ALL_ENGINES}|random)\\b)\\w+`),
    instead: `+ - * / and Math.{${SAME_IN_ALL_ENGINES}}, since others differ between engines`,
  },
  {
    folders: PURE,
    pattern: /\bMath\s*(?:\[|[;,)=]|\}\s*=)|=\s*Math\b(?!\s*\.)/,
    instead: 'Math.name, which this test can read',
  },
  { folders: ['processors'], pattern: /\*\*/, instead: 'multiplication, since powers differ between engines' },
  {
    folders: ['processors'],
    pattern: /\bawait\b|\basync\b|\bPromise\b/,
    instead: 'a returned step: everything is returned, nothing is called',
  },
];

/** The bans that a source file breaks, each as a line that names the replacement. */
export function ambient(file: string, source: string): string[] {
  const bans = BANS.filter(({ folders }) => folders.some((folder) => file.startsWith(`${folder}/`)));
  if (bans.length === 0) return [];
  return code(source)
    .split('\n')
    .flatMap((line, index) =>
      bans.flatMap(({ pattern, instead }) => {
        const [found] = pattern.exec(line) ?? [];
        return found === undefined
          ? []
          : [`${file}:${index + 1}: ${found.trim()} is ambient or may differ between machines; use ${instead}`];
      }),
    );
}

const LINES_MAX = 300;
const COLUMNS_MAX = 120;

/** A literal that no formatter can break. */
const LONG_LITERAL = /(['"`/]).{60,}\1/;

/** What is too long. Long functions are the linter's matter. */
export function sizes(file: string, source: string): string[] {
  const lines = source.replace(/\n$/, '').split('\n');
  const long = lines.flatMap((line, index) =>
    line.length > COLUMNS_MAX && !LONG_LITERAL.test(line)
      ? [`${file}:${index + 1}: ${line.length} columns; break the line at ${COLUMNS_MAX}`]
      : [],
  );
  if (lines.length > LINES_MAX) long.push(`${file}: ${lines.length} lines; split it in two units under ${LINES_MAX}`);
  return long;
}

const MACHINE = /(?:^|[^\w.])\/(?:work|farm|root|home\/\w+|Users\/\w+|tmp\/bash_jobs)\//;
const REGISTRY = /registry\.npmjs|registry\.yarnpkg|repo1?\.maven|pypi\.org|deb\.debian|proxy\.golang|crates\.io\/api/;

const SPEAKS_SQL = /^(?:cli|dashboards|runtime)\//;

/** Text put between SQL's quotes by hand: whoever chooses it chooses the query. */
export function quotes(file: string, text: string): string[] {
  if (!SPEAKS_SQL.test(file) || file === 'runtime/clickhouse/sql.ts') return [];
  const lines = text.split('\n').map((line, index) => ({ line, place: `${file}:${index + 1}` }));
  // An import that is generated is no SQL.
  const found = lines.filter(({ line }) => /'\$\{/.test(line) && !/\bfrom '\$\{|`'\$\{symbol\}'`/.test(line));
  return found.map(({ place }) => `${place}: a value between quotes; use a parameter of the query, or literal()`);
}

/** What has no place in any file. */
export function marks(file: string, text: string): string[] {
  const rules: readonly (readonly [RegExp, string])[] = [
    [MACHINE, 'a path of one machine; use a relative path'],
    [REGISTRY, 'the host of a package registry; leave it to the configuration of the machine'],
    [/\b(?:TO|FIX)(?:DO|ME)\b/, 'an open promise; do it, or write an issue'],
    // oxlint-disable-next-line no-control-regex -- it looks for them
    [/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/, 'a control character; write it as an escape'],
  ];
  return text
    .split('\n')
    .flatMap((line, index) =>
      rules.flatMap(([pattern, message]) => (pattern.test(line) ? [`${file}:${index + 1}: ${message}`] : [])),
    );
}

/** Names that say nothing. */
export function names(file: string): string[] {
  const vague = /(?:^|\/)(?:utils?|helpers?|common|misc|shared|manager)(?:\.|\/|$)/;
  return vague.test(file) ? [`${file}: name it for what it holds`] : [];
}
