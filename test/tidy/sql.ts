// What code puts into the text of SQL: names and values that were made for it, and nothing that somebody chose.

/** Folders whose code may write SQL; what `schemas/` and `sdk/` declare is made of their own words, before any value is there. */
const SPEAKS_SQL = /^(?:cli|connectors|dashboards|processors|runtime)\//;
/** Words that only SQL writes in capitals, with a space behind them as in a statement. */
const SQL =
  /\b(?:SELECT|INSERT INTO|(?:ALTER|CREATE|DROP|TRUNCATE|RENAME) (?:TABLE|VIEW|DATABASE|TEMPORARY|MATERIALIZED)|KILL QUERY|SYSTEM|FROM|(?:LEFT |ASOF )?JOIN|WHERE|HAVING|GROUP BY|ORDER BY|LIMIT BY|ARRAY JOIN|PARTITION BY|SETTINGS|COMMENT COLUMN|PROJECTION|SET|USE)\s/;
/** They write a name, a text or a number as SQL, whatever it holds. */
const MAKERS = /^(?:identifier|literal|qualified|stored|Number|Math\.trunc)\(/;
const CONSTANT = /^[A-Z][A-Z0-9_]*(?:\.\w+|\[\w+\])*$/;

/**
 * SQL that a function of the same code made before, or that a declaration in `schemas/` holds: where it is put into
 * another text. A new one is entered here by whoever has looked where it comes from.
 */
const MADE_BEFORE: Readonly<Record<string, readonly string[]>> = {
  'runtime/clickhouse/alignment.ts': ['periodOf(rollup.from)', 'minuteOf(rollup)', 'times', 'periodOf(from)', 'query'],
  'runtime/clickhouse/archive.ts': [
    "[identifier('_offset'), ...columns].join(', ')",
    'of(position)',
    "settings.join(', ')",
    'of({ topic, partition })',
  ],
  'runtime/clickhouse/ddl.ts': [
    'onCluster(place)',
    'body',
    "lines.join(',\\n  ')",
    'partitionKey',
    "settings.join(', ')",
    'query',
    "commands.join(', ')",
  ],
  'runtime/clickhouse/embedded.ts': ['heldPlaces(batch.table, batch.edges)', 'where', "settings.join(', ')"],
  'runtime/clickhouse/objects.ts': [
    'localName(from)',
    "times.join(', ')",
    'names',
    'name',
    "spans.join(', ')",
    "minutes.join(', ')",
    'read',
    "[...names, 'minute'].join(', ')",
    "lengths.join(', ')",
    "[...names, 'span', 'start'].join(', ')",
  ],
  'runtime/clickhouse/revisions.ts': ['storedName', 'name'],
  'runtime/clickhouse/server.ts': ['heldPlaces(table, edges, this.#place)', 'name', "settings.join(', ')"],
  'runtime/clickhouse/settings.ts': ['limit', 'readonly'],
  'runtime/clickhouse/tables.ts': ["ranges.join(' OR ')"],
};

/** Entries of that list that no text uses any more. */
export function unused(read: (file: string) => string): string[] {
  return Object.entries(MADE_BEFORE).flatMap(([file, entries]) => {
    const used = new Set(templatesIn(read(file)).flatMap(({ parts }) => parts));
    return entries.filter((entry) => !used.has(entry)).map((entry) => `${file}: ${entry} is put into no SQL any more`);
  });
}

/** A template: its own text, and what is put between. */
interface Template {
  readonly at: number;
  readonly tag: string;
  readonly text: string;
  readonly parts: readonly string[];
}

/** Interpolations into SQL that are no name or value made for it, and strings that SQL is joined from. */
export function interpolations(file: string, source: string): string[] {
  if (!SPEAKS_SQL.test(file) || file === 'runtime/clickhouse/sql.ts' || file.includes('/generated/')) return [];
  const known = new Set(MADE_BEFORE[file]);
  const place = (at: number) => `${file}:${source.slice(0, at).split('\n').length}`;
  const within = templatesIn(source).flatMap(({ at, tag, text, parts }) => {
    // The type of that tag takes no string.
    if (tag === 'sql' || !SQL.test(text)) return [];
    const open = parts.filter((part) => !known.has(part) && !isMade(part, source));
    return open.map(
      (part) => `${place(at)}: \${${part}} in SQL; bind a parameter, or write it by identifier() or literal()`,
    );
  });
  const joined = [...source.matchAll(/(?:'[^'\n]*'|"[^"\n]*")\s*\+\s*(?!\s*['"`])|\+\s*(?:'[^'\n]*'|"[^"\n]*")/g)];
  const strings = joined.filter(([text]) => SQL.test(text));
  return [...within, ...strings.map(({ index }) => `${place(index)}: SQL joined by +; use a template`)];
}

/** Whether an expression gives nothing but SQL that was made for its place. */
function isMade(expression: string, source: string, seen: readonly string[] = []): boolean {
  const text = expression.trim();
  if (/^-?[\d_.]+$/.test(text) || /^'(?:[^'\\\n]|\\.)*'$/.test(text) || CONSTANT.test(text)) return true;
  if (MAKERS.test(text) && closing(text, text.indexOf('(')) === text.length - 1) return true;
  const [template] = text.startsWith('`') ? templatesIn(text) : [];
  if (template !== undefined && endOf(text, 0) === text.length) {
    return template.parts.every((part) => isMade(part, source, seen));
  }
  const [, list, separator] = /^([^]*)\.join\(('[^']*')\)$/.exec(text) ?? [];
  if (list !== undefined && separator !== undefined) return isMadeList(list, source, seen);
  if (!/^\w+$/.test(text) || seen.includes(text)) return false;
  const made = [...source.matchAll(new RegExp(`\\bconst ${text}(?:: [\\w<>]+)? =\\s*([^;]*);`, 'g'))];
  return made.length > 0 && made.every(([, value = '']) => isMade(value, source, [...seen, text]));
}

/** Whether each element of a list is made so: by its function, as one of those written out, or as the list was. */
function isMadeList(list: string, source: string, seen: readonly string[]): boolean {
  if (/\.map\((?:identifier|literal)\)$/.test(list)) return true;
  const [, each] = /^[\w.]+(?:\([\w., ]*\))?\.map\((?:\w+|\([^()]*\)) => ([^]*)\)$/.exec(list) ?? [];
  if (each !== undefined) return isMade(each, source, seen);
  if (!/^\w+$/.test(list) || seen.includes(list)) return false;
  const made = [...source.matchAll(new RegExp(`\\bconst ${list} =\\s*([^;]*);`, 'g'))];
  return made.length > 0 && made.every(([, value = '']) => isMadeList(value, source, [...seen, list]));
}

/** Every template of a source, those within others too. */
export function templatesIn(source: string): Template[] {
  const found: Template[] = [];
  for (let at = 0; at < source.length; at++) {
    const sign = source[at];
    if (sign === '/' && source[at + 1] === '/') at = indexOr(source, '\n', at);
    else if (sign === '/' && source[at + 1] === '*') at = indexOr(source, '*/', at) + 1;
    else if (sign === "'" || sign === '"') at = endOfString(source, at);
    else if (sign === '`') {
      const [template, end] = templateAt(source, at);
      found.push(template, ...template.parts.flatMap((part) => templatesIn(part).map((each) => ({ ...each, at }))));
      at = end - 1;
    }
  }
  return found;
}

function templateAt(source: string, start: number): [Template, number] {
  let text = '';
  const parts: string[] = [];
  let at = start + 1;
  while (at < source.length && source[at] !== '`') {
    if (source.startsWith('${', at)) {
      const end = closing(source, at + 1);
      parts.push(source.slice(at + 2, end).trim());
      // A word, so that what stands around it is read as it will be.
      text += 'x';
      at = end + 1;
    } else {
      const width = source[at] === '\\' ? 2 : 1;
      text += source.slice(at, at + width);
      at += width;
    }
  }
  const tag = /\b(\w+)$/.exec(source.slice(0, start))?.[1] ?? '';
  return [{ at: start, tag, text, parts }, at + 1];
}

function endOf(source: string, start: number): number {
  return templateAt(source, start)[1];
}

/** Where the bracket at a place is closed. */
function closing(source: string, open: number): number {
  let depth = 0;
  for (let at = open; at < source.length; at++) {
    const sign = source[at] as string;
    if (sign === "'" || sign === '"') at = endOfString(source, at);
    else if (sign === '`') at = endOf(source, at) - 1;
    else if ('({['.includes(sign)) depth++;
    else if (')}]'.includes(sign) && --depth === 0) return at;
  }
  return source.length;
}

function endOfString(source: string, start: number): number {
  let at = start + 1;
  while (at < source.length && source[at] !== source[start] && source[at] !== '\n') at += source[at] === '\\' ? 2 : 1;
  return at;
}

function indexOr(source: string, text: string, from: number): number {
  const index = source.indexOf(text, from);
  return index < 0 ? source.length : index;
}
