import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DuplicateMember, NESTING_MAX, parseJsonText, parseJsonUnique } from '#sdk';

const RUNS = 500;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`json: SEED=${seed}, ${RUNS} runs a property`);

describe('parseJsonText', () => {
  test('reads a key with an escape as it stands, whatever was read before', () => {
    for (const key of ['\\', '"', '\\"', 'B', '\n', '/']) {
      const escaped = key === 'B' ? '\\u0042' : JSON.stringify(key).slice(1, -1);
      expect(Object.keys(parseJsonText(`{"same":1,"${escaped}":2}`) as object)).toEqual(['same', key]);
    }
  });

  test('gives back what was written', () => {
    const key = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\\', '"', '__proto__', 'constructor', '\u2028', ''),
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.double({ noDefaultInfinity: true, noNaN: true }),
          fc.boolean(),
          fc.constant(null),
        ),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1, '\t'), (written, indent) => {
        const text = JSON.stringify(written, null, indent);
        expect(JSON.stringify(parseJsonText(`\r ${text}\n`), null, indent)).toBe(text);
      }),
      { seed, numRuns: RUNS },
    );
  });

  test('refuses what JSON.parse refuses', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '\\u0041',
      '"a"',
      '1',
      '-',
      '01',
      '1.5e3',
      '.5',
      '+1',
      'true',
      'nul',
      'null',
      'NaN',
      ' ',
      '\n',
      '\u00a0',
      '\u0000',
      "'",
    );
    const text = fc.array(piece, { maxLength: 8 }).map((pieces) => `["\\n",${pieces.join('')}]`);
    fc.assert(
      fc.property(text, (candidate) => {
        expect(accepts(parseJsonText, candidate)).toBe(accepts(JSON.parse, candidate));
      }),
      { seed, numRuns: RUNS },
    );
  });

  test('refuses to nest without end', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}"\\n"${']'.repeat(depth)}`;
    expect(accepts(parseJsonText, nested(NESTING_MAX))).toBe(true);
    expect(accepts(parseJsonText, nested(NESTING_MAX + 1))).toBe(false);
    expect(accepts(parseJsonText, nested(1_000_000))).toBe(false);
  });
});

describe('parseJsonUnique', () => {
  test.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"a":1,"a":1}', 'a'],
    ['{"a":{"b":{},"c":1,"b":{}}}', 'b'],
    ['[0,{"a":"x","a":"x"}]', 'a'],
    ['{"a":{"x":"1","y":"2"},"a":"three"}', 'a'],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
    ['{"":1,"":2}', ''],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"s":"\\n","toString":1,"toString":2}', 'toString'],
  ])('refuses %s', (text, member) => {
    let thrown: unknown;
    try {
      parseJsonUnique(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(DuplicateMember);
    expect(thrown).toMatchObject({ member });
  });

  test('refuses any object with one member written again, and takes what it was before', () => {
    // Values that are texts with quotes in plenty must not make up for a name.
    const name = fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('__proto__', 'constructor', 'toString', ''));
    const object = fc.dictionary(name, fc.jsonValue({ maxDepth: 3 }), { minKeys: 1, noNullPrototype: true });
    const wrap = fc.constantFrom(
      (inner: string) => inner,
      (inner: string) => `[0,{"in":[${inner}]}]`,
    );
    fc.assert(
      fc.property(object, fc.nat(), fc.jsonValue(), wrap, (members, pick, again, within) => {
        const text = JSON.stringify(members);
        const names = Object.keys(members);
        const twice = names[pick % names.length] as string;
        const doubled = `${text.slice(0, -1)},${JSON.stringify(twice)}:${JSON.stringify(again)}}`;
        expect(JSON.stringify(parseJsonUnique(within(text)))).toBe(JSON.stringify(JSON.parse(within(text))));
        expect(() => parseJsonUnique(within(doubled))).toThrow(DuplicateMember);
      }),
      { seed, numRuns: RUNS },
    );
  });

  test('refuses to nest without end, escape or none', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}"x"${']'.repeat(depth)}`;
    expect(accepts(parseJsonUnique, nested(NESTING_MAX))).toBe(true);
    expect(accepts(parseJsonUnique, nested(NESTING_MAX + 1))).toBe(false);
    expect(accepts(parseJsonUnique, nested(1_000_000))).toBe(false);
  });
});

function accepts(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
