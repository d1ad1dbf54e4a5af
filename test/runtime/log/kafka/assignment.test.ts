import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Claimant, shareOut } from '../../../../runtime/log/kafka/assignment.ts';

describe('the shares of a group', () => {
  test('a first member has all', () => {
    expect([...shareOut([{ id: 'a', owned: [] }], 3)]).toEqual([['a', [0, 1, 2]]]);
  });

  test('who comes takes no more than an even share from those who are there', () => {
    const shares = shareOut([claimant('a', [0, 1, 2, 3]), claimant('b', [])], 4);
    expect(shares.get('a')).toHaveLength(2);
    expect(shares.get('a')?.every((partition) => partition < 4)).toBe(true);
    expect(shares.get('b')).toHaveLength(2);
  });

  test('who stays keeps what it holds when another leaves', () => {
    expect(shareOut([claimant('a', [0, 2])], 4).get('a')).toEqual([0, 1, 2, 3]);
  });

  test('more members than partitions leave some with none', () => {
    const shares = shareOut([claimant('a', []), claimant('b', [0]), claimant('c', [])], 1);
    expect(shares.get('b')).toEqual([0]);
    expect(shares.get('a')).toEqual([]);
  });

  test('is even and whole, moves no more than it must, and knows no order', () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.log(`seed ${seed}`);
    const groups = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9 })).chain(([count, size]) =>
      fc.record({
        count: fc.constant(count),
        members: fc.tuple(
          ...Array.from({ length: size }, (_, i) =>
            fc.uniqueArray(fc.integer({ min: 0, max: 45 })).map((owned) => claimant(`m${i}`, owned)),
          ),
        ),
      }),
    );
    fc.assert(
      fc.property(groups, ({ count, members }) => {
        const shares = shareOut(members, count);
        expect([...shares.values()].flat().sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
        const sizes = [...shares.values()].map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(new Map(shareOut(members.toReversed(), count))).toEqual(shares);
        // An even share that is held stays where it is.
        const settled = members.map(({ id }) => claimant(id, shares.get(id) ?? []));
        expect(shareOut(settled, count)).toEqual(shares);
      }),
      { seed, numRuns: 2_000 },
    );
  });
});

function claimant(id: string, owned: readonly number[]): Claimant {
  return { id, owned };
}
