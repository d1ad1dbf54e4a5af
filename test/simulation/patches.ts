import type { Chance } from './chance.ts';

/** A merge patch as a device or an operator may send it: mostly small and right, now and then wrong in each known way. */
export function patch(chance: Chance): string {
  if (chance.hit(0.08)) return wrong(chance);
  return JSON.stringify(node(chance, 0));
}

const KEYS = ['a', 'b', 'c', 'd/e', 'f~g', 'é'];
const LEAVES = [1, 2, -0.5, 0, true, false, 'on', 'off', '', 'é"\\', [1, 2], [], ['x', { y: 1 }], null, null];

function node(chance: Chance, depth: number): Record<string, unknown> {
  const entries = Array.from({ length: chance.int(depth === 0 ? 0 : 1, 3) }, () => {
    const deeper = depth < 3 && chance.hit(0.35);
    return [chance.pick(KEYS), deeper ? node(chance, depth + 1) : chance.pick(LEAVES)] as const;
  });
  return Object.fromEntries(entries);
}

function wrong(chance: Chance): string {
  if (chance.hit(LARGE)) return large(chance);
  return chance.pick([
    () => '{"a":[1,null]}',
    () => '{"a":[[{"b":null}]]}',
    () => '{"a":',
    () => '',
    () => '[1]',
    () => 'null',
    () => '"text"',
    () => JSON.stringify(nested(11)),
    () => JSON.stringify(nested(10)),
    () => JSON.stringify({ ['k'.repeat(1_025)]: 1 }),
    () => JSON.stringify({ a: 's'.repeat(4_097) }),
    () => JSON.stringify({ a: 'é'.repeat(2_048) }),
    () => '{"__proto__":{"polluted":1},"constructor":2}',
    () => '{"a":1,"a":2}',
    () => '{"":{"":1}}',
    () => '{}',
  ])();
}

/** Of wrong patches, those of many bytes: each costs as much as fifty events, so one in two histories has one. */
const LARGE = 0.04;

function large(chance: Chance): string {
  const big = (members: number) =>
    JSON.stringify(Object.fromEntries(Array.from({ length: members }, (_, i) => [`big${i}`, 'x'.repeat(4_000)])));
  return chance.pick([
    () => '{"a":'.repeat(5_000) + '1' + '}'.repeat(5_000),
    () => '['.repeat(20_000),
    () => big(9),
    () => big(3),
  ])();
}

function nested(depth: number): unknown {
  return depth === 0 ? 1 : { n: nested(depth - 1) };
}
