import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Device, START, stateType } from './device.ts';
import { sectionOf, type Update } from './oracle.ts';

const RUNS = 4_000;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`twin permutations: SEED=${seed}, ${RUNS} runs a property`);

const DAY = 24 * 60 * 60_000;

// Few keys and few times, so that paths overlap and stamps tie; the odd keys sort around the slash.
const key = fc.constantFrom('a', 'b', 'a!', 'a/b', '~', '');
const scalar = fc.oneof(
  fc.integer({ min: 0, max: 3 }),
  fc.constantFrom(true, 'x', 0.5, -0),
  fc.constant([1, { z: 1, y: [] }]),
  fc.constant([]),
);
const { patch } = fc.letrec<{ patch: object; value: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 3, withCrossShrink: true }, fc.constant(null), scalar, scalar, tie('patch')),
  patch: fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
}));
const rejected = fc.dictionary(fc.constantFrom('/a', '/b', '/a/b', '/a!', '/'), fc.constantFrom('no', 'never'), {
  maxKeys: 1,
  noNullPrototype: true,
});
const update = fc.record({
  section: fc.constantFrom('twinReported' as const, 'twinDesired' as const),
  time: fc.integer({ min: 0, max: 5 }),
  sequence: fc.constantFrom(null, 0, 1),
  historical: fc.oneof({ arbitrary: fc.constant(false), weight: 6 }, { arbitrary: fc.constant(true), weight: 1 }),
  patch,
  rejected,
});
type Drawn = typeof update extends fc.Arbitrary<infer T> ? T & { readonly eventId: string } : never;

/** Updates with ids, and a permutation of them in which some come again. */
const histories = fc
  .tuple(fc.array(update, { minLength: 1, maxLength: 9 }), fc.array(fc.nat(), { maxLength: 6 }))
  .map(([drawn, again]) => {
    const updates: Drawn[] = drawn.map((one, i) => ({
      ...one,
      eventId: ((i * 7) % 11).toString(16).padStart(32, '0'),
    }));
    return { updates, arrivals: [...updates, ...again.map((n) => updates[n % updates.length]!)] };
  })
  .chain(({ updates, arrivals }) =>
    fc.record({ updates: fc.constant(updates), order: fc.shuffledSubarray(arrivals, { minLength: arrivals.length }) }),
  );

function folded(arrivals: readonly Drawn[]): Device {
  const device = new Device();
  const seen = new Set<string>();
  for (const { section, time, sequence, historical, patch: said, rejected: refused, eventId } of arrivals) {
    // As admission would.
    if (seen.has(eventId)) continue;
    seen.add(eventId);
    const event = device.event(said, {
      time,
      sequence,
      historical,
      eventId,
      rejected: section === 'twinReported' ? refused : {},
    });
    device.take(section, event);
  }
  return device;
}

function updatesOf(updates: readonly Drawn[], section: Drawn['section']): Update[] {
  return updates
    .filter((one) => one.section === section && !one.historical)
    .map(({ time, sequence, eventId, patch: said }) => ({
      eventTime: time,
      sequence: sequence ?? -1,
      eventId,
      patch: said,
    }));
}

test('the same updates in any order and with duplicates give the same bytes', () => {
  fc.assert(
    fc.property(histories, ({ updates, order }) => {
      expect(folded(order).bytes.equals(folded(updates).bytes)).toBe(true);
    }),
    { seed, numRuns: RUNS },
  );
});

test('the documents are the merge patches one after the other by stamp', () => {
  fc.assert(
    fc.property(histories, ({ updates, order }) => {
      const device = folded(order);
      expect(device.rejections).toEqual([]);
      expect(device.reported).toEqual(normal(sectionOf(updatesOf(updates, 'twinReported'))));
      expect(device.desired).toEqual(normal(sectionOf(updatesOf(updates, 'twinDesired'))));
      expect(device.state.version).toBe(updates.length);
    }),
    { seed, numRuns: RUNS },
  );
});

test('each change tells exactly how the documents before and after differ', () => {
  fc.assert(
    fc.property(histories, ({ order }) => {
      const documents = {
        REPORTED: new Map<string, string>(),
        DESIRED: new Map<string, string>(),
        UNKNOWN: new Map<string, string>(),
      };
      for (const { section, changes, reported, desired } of folded(order).changes) {
        const leaves = documents[section];
        for (const { path, previous, current } of changes) {
          expect(leaves.get(path) ?? null).toBe(previous);
          expect(current).not.toBe(previous);
          if (current === null) leaves.delete(path);
          else leaves.set(path, current);
        }
        expect(leaves).toEqual(leavesOf(JSON.parse(section === 'REPORTED' ? reported : desired)));
      }
    }),
    { seed, numRuns: RUNS / 4 },
  );
});

test('forgetting old deletions between events changes nothing that can be seen', () => {
  // Times days apart, so that ticks fall between events; those too late are refused, as the engine does.
  const history = fc.tuple(histories, fc.array(fc.nat({ max: 20 }), { minLength: 15, maxLength: 15 }));
  fc.assert(
    fc.property(history, ([{ order }, days]) => {
      const ticking = new Device();
      const still = new Device();
      let now = 0;
      order.forEach(({ section, time, sequence, patch: said, rejected: refused }, i) => {
        const at = time * 4 * DAY;
        const logTime = Math.max(now, days[i]! * DAY);
        if (logTime > now) ticking.tick((now = logTime));
        if (now > 0 && now - at > 7 * DAY) return;
        const eventId = i.toString(16).padStart(32, '0');
        const event = still.event(said, {
          time: at,
          sequence,
          eventId,
          rejected: section === 'twinReported' ? refused : {},
        });
        still.take(section, event);
        ticking.take(section, event);
      });
      expect(ticking.changes).toEqual(still.changes);
      expect(ticking.deltas).toEqual(still.deltas);
      const end = 365 * DAY;
      expect(ticking.tick(end).bytes.equals(still.tick(end).bytes)).toBe(true);
      // What remains without a value is what a status still follows from.
      const { reported, desired } = ticking.state;
      expect(desired.filter(({ value }) => value === null)).toEqual([]);
      const left = reported.filter(({ value }) => value === null);
      expect(left.length > 0 && desired.length === 0).toBe(false);
    }),
    { seed, numRuns: RUNS },
  );
});

test('a state is as it was read from its bytes', () => {
  fc.assert(
    fc.property(histories, ({ order }) => {
      const { state, bytes } = folded(order);
      expect(stateType.toBuffer(state).equals(bytes)).toBe(true);
      expect(state.reportedAt ?? START).toBeGreaterThanOrEqual(START);
    }),
    { seed, numRuns: 100 },
  );
});

/** As JSON text would have it. */
function normal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function leavesOf(document: object, pointer = '', leaves = new Map<string, string>()): Map<string, string> {
  for (const [name, value] of Object.entries(document) as [string, unknown][]) {
    const path = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) leavesOf(value, path, leaves);
    else leaves.set(path, Array.isArray(value) && value.length > 0 ? '[1,{"y":[],"z":1}]' : JSON.stringify(value));
  }
  return leaves;
}
