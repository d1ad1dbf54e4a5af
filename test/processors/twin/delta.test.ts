import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJsonText } from '#sdk';
import { Device, START } from './device.ts';

const RUNS = 1_500;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`twin deltas: SEED=${seed}, ${RUNS} runs`);

describe('the delta', () => {
  test('has the desired leaves that reported lacks or contradicts, with their times, and nothing else', () => {
    const device = new Device().report(
      { color: 'red', size: 1, only: 'here', nested: { same: 1, other: 1 } },
      { time: 1 },
    );
    device.ask({ color: 'green', size: 1, nested: { same: 1, other: 2, missing: 3 } }, { time: 2 });
    expect(device.delta).toEqual({ color: 'green', nested: { other: 2, missing: 3 } });
    const metadata = parseJsonText(device.deltas.at(-1)?.metadata ?? '');
    expect(metadata).toEqual({ color: START + 2, nested: { other: START + 2, missing: START + 2 } });
  });

  test('has the whole desired array when one item differs', () => {
    const device = new Device()
      .report({ colors: ['red', 'green', 'blue'] })
      .ask({ colors: ['red', 'green', 'yellow'] });
    expect(device.delta).toEqual({ colors: ['red', 'green', 'yellow'] });
  });

  test('tells equal values by what they are, not by how they are written', () => {
    const device = new Device()
      .report('{"n":1.0,"list":[{"a":1,"b":2}],"z":-0}')
      .ask('{"n":1,"list":[{"b":2.0,"a":1e0}],"z":0}');
    expect(device.deltas.at(-1)?.delta).toBe('{}');
    expect(device.statuses).toEqual({ '/list': 'CONVERGED', '/n': 'CONVERGED', '/z': 'CONVERGED' });
  });

  test('has an object where a scalar is reported, and a scalar where an object is', () => {
    const device = new Device().report({ a: 1, b: { c: 1 } }).ask({ a: { x: 1 }, b: 2 });
    expect(device.delta).toEqual({ a: { x: 1 }, b: 2 });
    expect(device.deltas.at(-1)?.paths.map(({ path, reported }) => [path, reported])).toEqual([
      ['/a/x', null],
      ['/b', '{"c":1}'],
    ]);
  });

  test('becomes empty when the device complies', () => {
    const device = new Device().ask({ a: 1 }).report({ a: 1 });
    expect(device.deltas.map(({ delta, version }) => [delta, version])).toEqual([
      ['{"a":1}', 1],
      ['{}', 2],
    ]);
  });

  test('comes only when it or a status changed', () => {
    const device = new Device().report({ a: 1 }).ask({ a: 1 }).report({ a: 1, b: 2 }).report({ b: 3 }).ask({});
    expect(device.deltas).toHaveLength(1);
    device.report({ a: 2 }).report({ a: 2 }).report({ a: 3 });
    expect(device.deltas).toHaveLength(2);
  });

  test('is after every event what the two documents say', () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const value = fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 1 }), fc.constantFrom([], [1]));
    const inner = fc.dictionary(key, value, { maxKeys: 2, noNullPrototype: true });
    const patch = fc.dictionary(key, fc.oneof(value, inner), { maxKeys: 2, noNullPrototype: true });
    const rejected = fc.oneof(fc.constant({}), fc.constantFrom({ '/a': 'no' }, { '/b/a': 'no' }));
    const events = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 6 }), patch, rejected), { maxLength: 10 });
    fc.assert(
      fc.property(events, (log) => {
        const device = new Device();
        for (const [asks, time, said, refused] of log) {
          if (asks) device.ask(said, { time });
          else device.report(said, { time, rejected: refused });
          expect(device.delta).toEqual(lacking(device.desired as Document, device.reported as Document));
          const paths = device.deltas.at(-1)?.paths.filter(({ status }) => status !== 'SUPERSEDED') ?? [];
          expect(paths.map(({ path, desired }) => [path, desired])).toEqual(leaves(device.desired as Document));
          expect(paths.some(({ status }) => status !== 'CONVERGED')).toBe(
            Object.keys(device.delta as object).length > 0,
          );
        }
      }),
      { seed, numRuns: RUNS },
    );
  });

  test('does not come for stored data', () => {
    const device = new Device().ask({ a: 1 }).report({ a: 1 }, { historical: true });
    expect(device.deltas).toHaveLength(1);
    expect(device.statuses).toEqual({ '/a': 'PENDING' });
  });
});

describe('a desired path is', () => {
  const asked = () => new Device().ask({ mode: 'eco' }, { time: 10 });

  test('pending until the device reports about it, even if it had reported otherwise before', () => {
    const device = new Device()
      .report({ mode: 'auto' }, { time: 5 })
      .ask({ mode: 'eco' }, { time: 10 })
      .report({ other: 1 }, { time: 20 });
    expect(device.deltas.at(-1)?.paths).toEqual([
      {
        path: '/mode',
        status: 'PENDING',
        since: START + 10,
        desired: '"eco"',
        desiredEventTime: START + 10,
        reported: '"auto"',
        reason: null,
      },
    ]);
  });

  test('pending still after a late report from before it was asked for', () => {
    expect(asked().report({ mode: 'auto' }, { time: 5 }).statuses).toEqual({ '/mode': 'PENDING' });
  });

  test('pending still after a deletion of something below it', () => {
    expect(asked().report({ mode: { name: null } }, { time: 20 }).statuses).toEqual({ '/mode': 'PENDING' });
  });

  test('converged once reported as asked, also when it was so before', () => {
    expect(asked().report({ mode: 'eco' }, { time: 20 }).statuses).toEqual({ '/mode': 'CONVERGED' });
    const before = new Device().report({ mode: 'eco' }, { time: 5 }).ask({ mode: 'eco' }, { time: 10 });
    expect(before.deltas.at(-1)?.paths).toMatchObject([{ status: 'CONVERGED', since: START + 10 }]);
  });

  test('drifted when reported otherwise since', () => {
    const device = asked().report({ mode: 'eco' }, { time: 20 }).report({ mode: 'auto' }, { time: 30 });
    expect(device.deltas.at(-1)?.paths).toMatchObject([{ status: 'DRIFTED', since: START + 30, reported: '"auto"' }]);
  });

  test('drifted when deleted since, or reported as an object', () => {
    expect(asked().report({ mode: null }, { time: 20 }).statuses).toEqual({ '/mode': 'DRIFTED' });
    expect(asked().report({ mode: { name: 'eco' } }, { time: 20 }).statuses).toEqual({ '/mode': 'DRIFTED' });
    const below = new Device().ask({ mode: { name: 'eco' } }, { time: 10 }).report({ mode: 'eco' }, { time: 20 });
    expect(below.statuses).toEqual({ '/mode/name': 'DRIFTED' });
  });

  test('rejected when the device refuses it, with its reason, until it is asked for anew', () => {
    const device = asked().report({}, { time: 20, rejected: { '/mode': 'no eco in winter' } });
    expect(device.deltas.at(-1)?.paths).toMatchObject([
      { status: 'REJECTED', since: START + 20, reason: 'no eco in winter' },
    ]);
    expect(device.delta).toEqual({ mode: 'eco' });
    expect(device.ask({ mode: 'eco' }, { time: 30 }).statuses).toEqual({ '/mode': 'PENDING' });
  });

  test('rejected when the device refuses all that is around it', () => {
    const device = new Device()
      .ask({ a: { b: { c: 1 } }, d: 1 }, { time: 1 })
      .report({}, { time: 2, rejected: { '/a': 'no' } });
    expect(device.statuses).toEqual({ '/a/b/c': 'REJECTED', '/d': 'PENDING' });
  });

  test('not rejected by a refusal from before it was asked for', () => {
    expect(asked().report({}, { time: 5, rejected: { '/mode': 'no' } }).statuses).toEqual({ '/mode': 'PENDING' });
  });

  test('superseded by the event that asks otherwise before it converged', () => {
    const device = asked().ask({ mode: 'auto' }, { time: 20 });
    expect(device.deltas.at(-1)?.paths).toMatchObject([
      { status: 'PENDING', desired: '"auto"', desiredEventTime: START + 20 },
      { status: 'SUPERSEDED', desired: '"eco"', desiredEventTime: START + 10, since: START + 20 },
    ]);
    expect(device.report({ mode: 'auto' }, { time: 30 }).statuses).toEqual({ '/mode': 'CONVERGED' });
  });

  test('superseded when it is withdrawn, and simply gone when it had converged', () => {
    expect(asked().ask({ mode: null }, { time: 20 }).statuses).toEqual({ '/mode': 'SUPERSEDED' });
    const device = asked().report({ mode: 'eco' }, { time: 20 }).ask({ mode: null }, { time: 30 });
    expect(device.deltas.at(-1)?.paths).toEqual([]);
  });
});

interface Document {
  readonly [key: string]: unknown;
}

/** Desired leaves that reported lacks or contradicts, by the shadow service's rule. */
function lacking(desired: Document, reported: unknown): Document {
  const found: Record<string, unknown> = {};
  for (const [key, wanted] of Object.entries(desired)) {
    const actual = isDocument(reported) ? reported[key] : undefined;
    if (isDocument(wanted)) {
      const below = lacking(wanted, actual);
      if (Object.keys(below).length > 0) found[key] = below;
    } else if (JSON.stringify(wanted) !== JSON.stringify(actual)) found[key] = wanted;
  }
  return found;
}

function leaves(document: Document, pointer = ''): [string, string][] {
  return Object.entries(document).flatMap(([key, value]): [string, string][] =>
    isDocument(value) ? leaves(value, `${pointer}/${key}`) : [[`${pointer}/${key}`, JSON.stringify(value)]],
  );
}

function isDocument(value: unknown): value is Document {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
