import { QueryError } from './error.ts';

/** Length of a statement, as the server's `max_query_size` has it. */
const CHARACTERS_MAX = 262_144;

/** What a reader may begin a statement with. */
const BEGINNINGS = new Set(['select', 'with', 'from', 'show', 'describe', 'desc', 'exists', 'explain']);

/** Table functions that make rows of nothing, or of tables and views of this database. */
const SAFE_TABLE_FUNCTIONS = new Set([
  'generaterandom',
  'generateseries',
  'generate_series',
  'merge',
  'null',
  'numbers',
  'numbers_mt',
  'primes',
  'sqlstandardvalues',
  'values',
  'view',
  'zeros',
  'zeros_mt',
  // Also names of functions of strings.
  'format',
]);

/** Those of them whose first argument may be a declaration of columns, in which an ALIAS may be any expression. */
const DECLARING_FUNCTIONS = new Set(['generaterandom', 'null', 'values']);

/** Functions of values that reach outside. They may be called by their bare name too: `arrayMap(file, …)`, `* APPLY file`. */
const OUTSIDE_FUNCTIONS: ReadonlySet<string> = new Set([
  'file',
  'catboostevaluate',
  'aiclassify',
  'aiembed',
  'aiextract',
  'aigenerate',
  'aitranslate',
]);

/** A statement that only reads, without what stands behind it. */
export interface Statement {
  readonly sql: string;
  /** As its FORMAT clause says; null without one. */
  readonly format: string | null;
  /** Settings that stood at its end; there the engine would refuse them to a reader. */
  readonly settings: ReadonlyMap<string, string>;
  /** Names of its parameters of type Identifier. */
  readonly identifiers: ReadonlySet<string>;
  /** A plain look at `system.settings`, in which drivers see what they may set. */
  readonly looksAtSettings: boolean;
}

/** Which functions a reader must not call: all that reach outside the database. Names are those of `system.table_functions`. */
export function forbiddenFunctions(tableFunctions: readonly string[]): ReadonlySet<string> {
  const unsafe = tableFunctions.map((name) => name.toLowerCase()).filter((name) => !SAFE_TABLE_FUNCTIONS.has(name));
  return new Set(unsafe);
}

/**
 * Accepts one statement that only reads. The engine itself refuses writes and most table functions to a reader; what it
 * would let pass (files, INTO OUTFILE, KILL) is refused here. Where this reading of the text could differ from the
 * engine's, the text is refused. Throws `QueryError`.
 */
export function readOnly(text: string, forbidden: ReadonlySet<string>): Statement {
  if (text.length > CHARACTERS_MAX) {
    throw new QueryError(
      62,
      'SYNTAX_ERROR',
      `Max query size exceeded: a statement may have ${CHARACTERS_MAX} characters`,
    );
  }
  const all = tokens(text);
  const end = all.findIndex(({ text: symbol }) => symbol === ';');
  if (end >= 0 && all.slice(end).some(({ text: symbol }) => symbol !== ';')) {
    throw new QueryError(62, 'SYNTAX_ERROR', 'Multi-statements are not allowed');
  }
  const statement = end < 0 ? all : all.slice(0, end);
  const first = statement.find(({ text: symbol }) => symbol !== '(');
  if (first === undefined) throw new QueryError(62, 'SYNTAX_ERROR', 'Empty query');
  if (!BEGINNINGS.has(word(first))) throw refused(`a statement that begins with ${first.text}`);
  statement.forEach((token, index) => {
    if (word(token) === 'outfile') throw refused('INTO OUTFILE');
    const name = nameOf(token)?.toLowerCase();
    if (name === undefined) return;
    const isCalled = statement[index + 1]?.text === '(';
    if (OUTSIDE_FUNCTIONS.has(name) || (isCalled && forbidden.has(name))) throw outside(token.text);
    if (isCalled && DECLARING_FUNCTIONS.has(name) && !isPlain(statement[index + 2], statement[index + 3])) {
      throw denied(
        `the first argument of ${token.text} must be a number, or a string of names and types, as it stands`,
      );
    }
  });
  return withoutTail(text, statement);
}

/** Refuses parameters that would name what the statement itself must not. Throws `QueryError`. */
export function checkIdentifiers({ identifiers }: Statement, parameters: ReadonlyMap<string, string>): void {
  for (const name of identifiers) {
    const value = parameters.get(name) ?? '';
    const parts = value.toLowerCase().split('.');
    if (parts.some((part) => OUTSIDE_FUNCTIONS.has(part))) throw outside(value);
    if (!parts.every((part) => /^\w*$/.test(part))) {
      throw new QueryError(457, 'BAD_QUERY_PARAMETER', `Parameter ${name} must be a name of letters, digits and _`);
    }
  }
}

/** An argument that is nothing but what is seen: a number, or a declaration that has no room for an expression. */
function isPlain(argument: Token | undefined, after: Token | undefined): boolean {
  if (argument === undefined || (after?.text !== ',' && after?.text !== ')')) return false;
  if (argument.kind === 'string') return /^'[\w\s,()]*'$/.test(argument.text) && !DEFAULTS.test(argument.text);
  return /^\d+$/.test(argument.text);
}

const DEFAULTS = /\b(alias|default|ephemeral|materialized)\b/i;

function outside(name: string): QueryError {
  return denied(`${name} is a function that reaches outside the database, which readers may not name`);
}

function denied(why: string): QueryError {
  return new QueryError(497, 'ACCESS_DENIED', why);
}

function refused(what: string): QueryError {
  return new QueryError(164, 'READONLY', `Cannot execute query in readonly mode: ${what} is not for readers`);
}

interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'symbol';
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const PATTERNS: readonly (readonly [Token['kind'] | 'space', RegExp])[] = [
  ['space', /[ \t\r\n\f\v]+/y],
  ['space', /--[^\r\n]*(?=\r?\n|$)/y],
  ['space', /\/\*(?:[^*/]|\*(?!\/)|\/(?!\*))*\*\//y],
  ['word', /[A-Za-z0-9_]+/y],
  ['quoted', /`(?:[^`\\]|\\[^]|``)*`|"(?:[^"\\]|\\[^]|"")*"/y],
  ['string', /'(?:[^'\\]|\\[^]|'')*'/y],
  ['symbol', /\/(?![/*])|-(?!-)|[+*%=<>!?:.,;@|^&~()[\]{}]/y],
];

function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const from = at;
    for (const [kind, pattern] of PATTERNS) {
      pattern.lastIndex = from;
      const [match] = pattern.exec(text) ?? [];
      if (match === undefined) continue;
      at = from + match.length;
      if (kind !== 'space') found.push({ kind, text: match, from, to: at });
      break;
    }
    if (at === from) throw new QueryError(62, 'SYNTAX_ERROR', unreadable(text, from));
  }
  return found;
}

function unreadable(text: string, at: number): string {
  const what = JSON.stringify(text.slice(at, at + 20));
  return `Syntax error at character ${at + 1} (${what}): a string or comment without its end, or a sign that stands only in quotes here`;
}

function word({ kind, text }: Token): string {
  return kind === 'word' ? text.toLowerCase() : '';
}

/** The name that a word or a quoted identifier means; escapes stay, which no function's name has. */
function nameOf({ kind, text }: Token): string | null {
  if (kind === 'word') return text;
  if (kind !== 'quoted') return null;
  if (text.includes('\\')) throw new QueryError(62, 'SYNTAX_ERROR', `Escapes in quoted names are not served: ${text}`);
  return text.slice(1, -1);
}

/** Reads `FORMAT x` and `SETTINGS a = 1, …` off the end, in either order. */
function withoutTail(text: string, statement: readonly Token[]): Statement {
  let left = statement;
  let format: string | null = null;
  let settings: ReadonlyMap<string, string> = new Map();
  for (;;) {
    const [before, last] = left.slice(-2);
    if (format === null && before !== undefined && last?.kind === 'word' && word(before) === 'format') {
      format = last.text;
      left = left.slice(0, -2);
      continue;
    }
    const from = lastSettings(left);
    if (from < 0) break;
    settings = assignments(left.slice(from + 1));
    left = left.slice(0, from);
  }
  const sql = text.slice(left[0]?.from, left.at(-1)?.to);
  return { sql, format, settings, identifiers: identifiersOf(left), looksAtSettings: looksAtSettings(left) };
}

function identifiersOf(statement: readonly Token[]): ReadonlySet<string> {
  const names = statement.map((token, index) => {
    const isType = nameOf(token)?.toLowerCase() === 'identifier' && statement[index - 1]?.text === ':';
    const name = statement[index - 2];
    return isType && name !== undefined ? nameOf(name) : null;
  });
  return new Set(names.filter((name) => name !== null));
}

/** One table, and nothing that could name another: no bracket, no quotes, no second FROM. */
function looksAtSettings(statement: readonly Token[]): boolean {
  const text = statement.map((token) => word(token) || token.text).join(' ');
  return /^select [\w ,.*]+ from system \. settings( limit \d+)?$/.test(text) && text.split(' from ').length === 2;
}

/** Where a closing SETTINGS clause begins. The engine lets one in a subquery change what a reader must not. */
function lastSettings(statement: readonly Token[]): number {
  let depth = 0;
  let found = -1;
  statement.forEach((token, index) => {
    if (token.text === '(') depth++;
    else if (token.text === ')') depth--;
    else if (word(token) === 'settings' && statement[index + 2]?.text === '=') {
      if (depth > 0 || found >= 0) throw refused('a SETTINGS clause in the midst of it');
      found = index;
    }
  });
  return found;
}

function assignments(list: readonly Token[]): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (let i = 0; i < list.length; ) {
    const [name, equals] = list.slice(i, i + 2);
    let end = i + 2;
    while (end < list.length && list[end]?.text !== ',') end++;
    const value = list.slice(i + 2, end);
    if (name?.kind !== 'word' || equals?.text !== '=' || value.length === 0) {
      throw new QueryError(62, 'SYNTAX_ERROR', 'Syntax error in the SETTINGS clause');
    }
    settings.set(name.text, value.map(plain).join(''));
    i = end + 1;
  }
  return settings;
}

function plain({ kind, text }: Token): string {
  if (kind !== 'string') return text;
  return text.slice(1, -1).replaceAll(/\\([^])|''/g, (_, escaped: string | undefined) => escaped ?? "'");
}
