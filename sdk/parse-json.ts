/** Containers within each other that are read; any limit of a payload lies far below. */
export const NESTING_MAX = 500;

/**
 * Reads JSON text as `JSON.parse` should. Throws a SyntaxError on anything else, and on deeper nesting.
 *
 * V8 13.6 (Node 24) misreads a key that holds an escape when an object of the same shape with a backslash in that
 * key was parsed before: after `{"\\":1}` the text `{"\"":1}` gives the key `\`. A fold must not depend on what its
 * process has parsed earlier, so text with an escape is read here; strings and numbers alone are safe with V8.
 */
export function parseJsonText(text: string): unknown {
  return text.includes('\\') ? readText(text, false) : JSON.parse(text);
}

/** A JSON object that names a member twice, which RFC 8259 lets every reader understand as it likes. */
export class DuplicateMember extends SyntaxError {
  readonly member: string;

  constructor(member: string) {
    super(`an object has the member "${member}" twice`);
    this.name = 'DuplicateMember';
    this.member = member;
  }
}

/** As `parseJsonText`, for text from outside: throws `DuplicateMember` where it would keep the last of two members. */
export function parseJsonUnique(text: string): unknown {
  if (text.includes('\\')) return readText(text, true);
  const value: unknown = JSON.parse(text);
  // Without escapes each string has two quotes, and of a repeated member at least the name is missing from the value.
  return typeof value !== 'object' || value === null || quotesOf(text) === 2 * stringsIn(value, 1)
    ? value
    : readText(text, true);
}

function quotesOf(text: string): number {
  let quotes = 0;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) quotes++;
  return quotes;
}

/** Strings in a container, names of members included; no number where it is too deep, so that the text is read again. */
function stringsIn(container: object, depth: number): number {
  if (depth > NESTING_MAX) return Number.NaN;
  let strings = 0;
  if (Array.isArray(container)) {
    for (const value of container) strings += stringsOf(value, depth);
    return strings;
  }
  const names = Object.keys(container);
  strings = names.length;
  for (const name of names) {
    const value: unknown = (container as Record<string, unknown>)[name];
    if (typeof value === 'string') strings++;
    else if (typeof value === 'object' && value !== null) strings += stringsIn(value, depth + 1);
  }
  return strings;
}

function stringsOf(value: unknown, depth: number): number {
  if (typeof value === 'string') return 1;
  return typeof value === 'object' && value !== null ? stringsIn(value, depth + 1) : 0;
}

interface Cursor {
  readonly text: string;
  readonly isUnique: boolean;
  at: number;
}

function readText(text: string, isUnique: boolean): unknown {
  const cursor: Cursor = { text, isUnique, at: 0 };
  const value = readValue(cursor, 1);
  skipSpace(cursor);
  if (cursor.at < text.length) throw unexpected(cursor);
  return value;
}

function readValue(cursor: Cursor, depth: number): unknown {
  skipSpace(cursor);
  const first = cursor.text[cursor.at];
  if (first === '"') return readString(cursor);
  if (first !== '{' && first !== '[') return readToken(cursor);
  if (depth > NESTING_MAX) throw new SyntaxError(`nested more than ${NESTING_MAX} deep`);
  cursor.at++;
  return first === '{' ? readObject(cursor, depth) : readArray(cursor, depth);
}

function readObject(cursor: Cursor, depth: number): object {
  const object: Record<string, unknown> = {};
  if (takes(cursor, '}')) return object;
  do {
    skipSpace(cursor);
    const key = readString(cursor);
    if (!takes(cursor, ':')) throw unexpected(cursor);
    if (cursor.isUnique && Object.hasOwn(object, key)) throw new DuplicateMember(key);
    const value = readValue(cursor, depth + 1);
    // An assignment to __proto__ would set the prototype.
    if (key !== '__proto__') object[key] = value;
    else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } while (takes(cursor, ','));
  if (!takes(cursor, '}')) throw unexpected(cursor);
  return object;
}

function readArray(cursor: Cursor, depth: number): unknown[] {
  const array: unknown[] = [];
  if (takes(cursor, ']')) return array;
  do array.push(readValue(cursor, depth + 1));
  while (takes(cursor, ','));
  if (!takes(cursor, ']')) throw unexpected(cursor);
  return array;
}

function readString(cursor: Cursor): string {
  const { text, at } = cursor;
  if (text[at] !== '"') throw unexpected(cursor);
  let end = at + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  cursor.at = end + 1;
  return JSON.parse(text.slice(at, end + 1)) as string;
}

/** A number, or true, false or null. */
function readToken(cursor: Cursor): unknown {
  TOKEN.lastIndex = cursor.at;
  const [token] = TOKEN.exec(cursor.text) ?? [];
  if (token === undefined) throw unexpected(cursor);
  cursor.at += token.length;
  return JSON.parse(token);
}

const TOKEN = /[-+.\w]+/y;

/** Steps over white space and, if it comes next, that character. */
function takes(cursor: Cursor, character: string): boolean {
  skipSpace(cursor);
  if (cursor.text[cursor.at] !== character) return false;
  cursor.at++;
  return true;
}

function skipSpace(cursor: Cursor): void {
  for (; cursor.at < cursor.text.length; cursor.at++) {
    const unit = cursor.text.charCodeAt(cursor.at);
    if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
  }
}

function unexpected({ text, at }: Cursor): SyntaxError {
  return new SyntaxError(
    at < text.length ? `unexpected ${JSON.stringify(text[at])} at ${at}` : 'the text ends too early',
  );
}
