import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkPatch,
  comparePaths,
  isBelow,
  isPointer,
  keyOfSegment,
  leavesOf,
  parsePatch,
  SECTION_BYTES_MAX,
  segmentOf,
  utf8Bytes,
} from '#schemas';

const RUNS = 1_000;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`patch: SEED=${seed}, ${RUNS} runs a property`);

describe('the leaves of a patch', () => {
  test('stand in path order with canonical values', () => {
    const patch = { z: null, 'a!': 1, a: { c: [{ y: 1, x: [] }], b: -0 }, 7: 'é"', '': true, skipped: {} };
    expect(leavesOf(patch)).toEqual([
      { path: '/', value: 'true' },
      { path: '/7', value: '"é\\""' },
      { path: '/a/b', value: '0' },
      { path: '/a/c', value: '[{"x":[],"y":1}]' },
      { path: '/a!', value: '1' },
      { path: '/z', value: null },
    ]);
  });

  test('are the last of a key that comes twice', () => {
    expect(parsePatch('{"a":{"b":1},"a":2,"a":1.50}').writes).toEqual([{ path: '/a', value: '1.5' }]);
  });

  test('are no leaves where there is a problem', () => {
    expect(() => leavesOf([])).toThrow('patch_malformed');
  });
});

describe('checkPatch', () => {
  test('refuses what is no JSON value', () => {
    for (const value of [undefined, () => 1, Symbol.iterator, 1n, Number.NaN]) {
      expect(checkPatch({ a: [value] })).toMatchObject({ code: 'patch_malformed', path: '/a/0' });
    }
  });

  test('never throws, and finds a patch too large exactly when its text is', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({ unit: fc.constantFrom('\u0001', '"', 'é', '😀', 'a'), maxLength: 400 }),
    );
    const patches = fc.dictionary(texts, fc.array(texts, { maxLength: 60 }), { maxKeys: 8, noNullPrototype: true });
    fc.assert(
      fc.property(patches, (patch) => {
        const problem = checkPatch(patch);
        if (problem !== null && problem.code !== 'section_too_large') return;
        expect(problem === null).toBe(Buffer.byteLength(JSON.stringify(patch)) <= SECTION_BYTES_MAX);
      }),
      { seed, numRuns: RUNS / 2 },
    );
  });
});

describe('paths', () => {
  const key = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 4 }), fc.constantFrom('/', '~', '~1', '!', ''));
  const path = fc.array(key, { maxLength: 4 }).map((keys) => keys.map((one) => `/${segmentOf(one)}`).join(''));

  test('are ordered, and what is below a path follows it at once', () => {
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 30 }), (paths) => {
        paths.sort(comparePaths);
        for (const [i, above] of paths.entries()) {
          const rest = paths.slice(i + 1);
          const below = rest.filter((one) => isBelow(one, above));
          expect(rest.slice(0, below.length)).toEqual(below);
          expect(rest.every((one) => comparePaths(above, one) < 0 && comparePaths(one, above) > 0)).toBe(true);
        }
      }),
      { seed, numRuns: RUNS },
    );
  });

  test('give back their keys, and are pointers', () => {
    fc.assert(
      fc.property(key, path, (one, whole) => {
        expect(keyOfSegment(segmentOf(one))).toBe(one);
        expect(isPointer(whole)).toBe(true);
      }),
      { seed, numRuns: RUNS },
    );
    expect(['a', 'a/b', '/~', '/~2', '/a~'].filter(isPointer)).toEqual([]);
  });

  test('utf8Bytes counts as a Buffer does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8Bytes(text)).toBe(Buffer.byteLength(text));
      }),
      { seed, numRuns: RUNS },
    );
  });
});
