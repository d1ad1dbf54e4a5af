const REGEX_MAY_FOLLOW = /(?:[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|yield|await))\s*$/;

/** The source with comments, strings and regular expressions blanked, so that words in them match no rule. Lines stay. */
export function code(source: string): string {
  let out = '';
  let at = 0;
  // For each open `${`, how many braces are open inside it.
  const templates: number[] = [];
  const blank = (to: number) => {
    out += source.slice(at, to).replace(/[^\n]/g, ' ');
    at = to;
  };
  while (at < source.length) {
    const two = source.slice(at, at + 2);
    const one = two[0] as string;
    if (two === '//') blank(indexOr(source, '\n', at));
    else if (two === '/*') blank(indexOr(source, '*/', at + 2) + 2);
    else if (one === "'" || one === '"') blank(endOfString(source, at, one));
    else if (one === '/' && REGEX_MAY_FOLLOW.test(`;${out}`)) blank(endOfRegex(source, at));
    else if (one === '`' || (one === '}' && templates.at(-1) === 0)) {
      if (one === '}') templates.pop();
      const end = endOfTemplate(source, at + 1);
      if (source.startsWith('${', end - 2)) templates.push(0);
      blank(end);
    } else {
      if (one === '{') bump(templates, 1);
      if (one === '}') bump(templates, -1);
      out += one;
      at += 1;
    }
  }
  return out;
}

/** The modules that a source names: imports, exports from, dynamic imports and types. */
export function imports(source: string): string[] {
  const found = source.matchAll(/\bfrom\s*'([^']+)'|\bimport\s*\(?\s*'([^']+)'|\brequire\(\s*'([^']+)'/g);
  return [...found].map(([, from, bare, required]) => (from ?? bare ?? required) as string);
}

function bump(templates: number[], by: number): void {
  const open = templates.at(-1);
  if (open !== undefined) templates[templates.length - 1] = open + by;
}

function indexOr(source: string, text: string, from: number): number {
  const index = source.indexOf(text, from);
  return index < 0 ? source.length : index;
}

function endOfString(source: string, start: number, quote: string): number {
  let at = start + 1;
  while (at < source.length && source[at] !== quote && source[at] !== '\n') at += source[at] === '\\' ? 2 : 1;
  return at + 1;
}

function endOfRegex(source: string, start: number): number {
  let at = start + 1;
  let inClass = false;
  while (at < source.length && source[at] !== '\n' && (inClass || source[at] !== '/')) {
    if (source[at] === '[') inClass = true;
    if (source[at] === ']') inClass = false;
    at += source[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}

/** Behind the closing backtick, or behind the next `${`. */
function endOfTemplate(source: string, start: number): number {
  let at = start;
  while (at < source.length && source[at] !== '`' && !source.startsWith('${', at)) at += source[at] === '\\' ? 2 : 1;
  return source[at] === '`' ? at + 1 : at + 2;
}
