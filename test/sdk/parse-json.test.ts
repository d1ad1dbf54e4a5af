import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NESTING_MAX, parseJsonText } from '#sdk';

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

function accepts(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
