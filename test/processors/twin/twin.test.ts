import { describe, expect, test } from 'vitest';
import { DEPTH_MAX, KEY_BYTES_MAX, SECTION_BYTES_MAX, STRING_BYTES_MAX } from '#schemas';
import { twin } from '../../../processors/twin/processor.ts';
import { Device, START } from './device.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('a twin keeps for each path the newest write', () => {
  test('by event time, never by arrival', () => {
    const device = new Device().report({ odometer: 200 }, { time: 20 }).report({ odometer: 100 }, { time: 10 });
    expect(device.reported).toEqual({ odometer: 200 });
  });

  test('then by sequence, where none is the oldest, then by event id', () => {
    const later = 'f'.repeat(32);
    const earlier = '0'.repeat(32);
    const device = new Device();
    device.report({ a: 'sequence 2', b: 'sequence 2', c: 'id f' }, { time: 5, sequence: 2, eventId: later });
    device.report({ a: 'sequence 1' }, { time: 5, sequence: 1 }).report({ b: 'none' }, { time: 5, sequence: null });
    device.report({ c: 'id 0' }, { time: 5, sequence: 2, eventId: earlier });
    expect(device.reported).toEqual({ a: 'sequence 2', b: 'sequence 2', c: 'id f' });
  });

  test('so paths of one event may be newer and older than what is there', () => {
    const device = new Device()
      .report({ a: 1 }, { time: 10 })
      .report({ b: 1 }, { time: 30 })
      .report({ a: 2, b: 2 }, { time: 20 });
    expect(device.reported).toEqual({ a: 2, b: 1 });
    expect(device.changes.at(-1)?.changes).toEqual([
      { path: '/a', previous: '1', current: '2', previousEventTime: START + 10 },
    ]);
  });

  test('and the stamp of each leaf', () => {
    const { state } = new Device()
      .report({ a: 1, b: { c: 2 } }, { time: 10, sequence: 7 })
      .report({ a: 2 }, { time: 20, sequence: 8 });
    expect(state.reported.map(({ path, eventTime, sequence }) => [path, eventTime - START, sequence])).toEqual([
      ['/a', 20, 8],
      ['/b/c', 10, 7],
    ]);
  });
});

describe('history', () => {
  test('takes a late sample in, and the current twin does not', () => {
    const device = new Device().report({ t: 21 }, { time: 20 }).report({ t: 19 }, { time: 10 });
    expect(device.reported).toEqual({ t: 21 });
    expect(device.changes.at(-1)).toMatchObject({
      version: 2,
      writes: [{ path: '/t', value: '19' }],
      changes: [],
      reportedAt: START + 20,
    });
  });

  test('takes stored data in, which never becomes current, however new', () => {
    const device = new Device().report({ t: 21 }, { time: 20 }).report({ t: 30, u: 1 }, { time: 30, historical: true });
    expect(device.reported).toEqual({ t: 21 });
    expect(device.changes.at(-1)).toMatchObject({ version: 2, historical: true, changes: [], reportedAt: START + 20 });
    expect(device.changes.at(-1)?.writes).toHaveLength(2);
    expect(device.state.reported).toHaveLength(1);
  });

  test('counts every accepted event, also one that writes nothing', () => {
    const device = new Device().report({}).report({ a: {} }).report({ a: 1 }).ask({ a: 1 });
    expect(device.state.version).toBe(4);
    expect(device.changes.map(({ version, section }) => [version, section])).toEqual([
      [1, 'REPORTED'],
      [2, 'REPORTED'],
      [3, 'REPORTED'],
      [4, 'DESIRED'],
    ]);
  });
});

describe('structure', () => {
  test('a newer scalar removes older leaves below it', () => {
    const device = new Device().report({ a: { b: 1, c: { d: 2 } }, z: 0 }).report({ a: 5 });
    expect(device.reported).toEqual({ a: 5, z: 0 });
    expect(device.changes.at(-1)?.changes.map(({ path, previous, current }) => [path, previous, current])).toEqual([
      ['/a', null, '5'],
      ['/a/b', '1', null],
      ['/a/c/d', '2', null],
    ]);
  });

  test('a newer leaf replaces an older scalar above it, also when it comes first', () => {
    expect(new Device().report({ a: 5 }, { time: 1 }).report({ a: { b: 1 } }, { time: 2 }).reported).toEqual({
      a: { b: 1 },
    });
    expect(new Device().report({ a: { b: 1 } }, { time: 2 }).report({ a: 5 }, { time: 1 }).reported).toEqual({
      a: { b: 1 },
    });
  });

  test('a deletion removes what is below, and keeps older writes out', () => {
    const device = new Device()
      .report({ a: { b: 1, c: 1 } }, { time: 1 })
      .report({ a: null }, { time: 5 })
      .report({ a: { b: 2 } }, { time: 3 });
    expect(device.reported).toEqual({});
    expect(device.report({ a: { c: 3 } }, { time: 6 }).reported).toEqual({ a: { c: 3 } });
  });

  test('a scalar that was replaced from below still keeps older leaves out', () => {
    const device = new Device()
      .report({ a: 5 }, { time: 5 })
      .report({ a: { b: 1 } }, { time: 6 })
      .report({ a: { c: 1 } }, { time: 4 });
    expect(device.reported).toEqual({ a: { b: 1 } });
  });

  test('arrays are replaced whole', () => {
    expect(new Device().report({ a: [1, 2, 3] }).report({ a: [9] }).reported).toEqual({ a: [9] });
  });

  test('an object without leaves is not there', () => {
    expect(new Device().report({ a: { b: 1 } }).report({ a: { b: null } }).reported).toEqual({});
  });

  test('keys are any text', () => {
    const patch = '{"__proto__":{"x":1},"a/b":{"~":2},"":{"":3},"\\"\\\\":4,"constructor":5}';
    const device = new Device().report(patch);
    expect(device.changes[0]?.reported).toBe(
      '{"":{"":3},"\\"\\\\":4,"__proto__":{"x":1},"a/b":{"~":2},"constructor":5}',
    );
  });
});

describe('a refused update changes nothing and says why', () => {
  const ofBytes = (bytes: number) => 'x'.repeat(bytes);
  const nested = (depth: number): object => (depth === 1 ? { leaf: 1 } : { a: nested(depth - 1) });
  test.each([
    ['patch_malformed', 'no JSON', '{"a":', null],
    ['patch_malformed', 'no object', '[1]', null],
    ['patch_malformed', 'null', 'null', null],
    ['patch_malformed', 'a number beyond all bounds', '{"a":1e400}', '/a'],
    ['patch_malformed', 'half a surrogate pair in a key', '{"b":{"\\ud800":1}}', '/b'],
    ['patch_malformed', 'half a surrogate pair in a value', '{"b":"\\udc00"}', '/b'],
    ['null_in_array', 'null in an array', { a: [1, null] }, '/a/1'],
    ['null_in_array', 'null deep in an array', { a: [{ b: [{ c: null }] }] }, '/a/0/b/0/c'],
    ['too_deep', 'objects too deep', nested(DEPTH_MAX + 1), '/a'.repeat(DEPTH_MAX)],
    [
      'too_deep',
      'nothing, too deep',
      { a: { a: { a: { a: { a: { a: { a: { a: { a: { a: {} } } } } } } } } } },
      '/a'.repeat(DEPTH_MAX),
    ],
    ['too_deep', 'arrays too deep', { a: [[[[[[[[[[]]]]]]]]]] }, '/a/0/0/0/0/0/0/0/0/0'],
    ['key_too_long', 'a key', { a: { [ofBytes(KEY_BYTES_MAX + 1)]: 1 } }, '/a'],
    ['key_too_long', 'a key in an array', { a: [{ [ofBytes(KEY_BYTES_MAX + 1)]: 1 }] }, '/a/0'],
    ['key_too_long', 'a key of two-byte letters', { ['é'.repeat(KEY_BYTES_MAX / 2 + 1)]: 1 }, null],
    ['string_too_long', 'a string', { a: ofBytes(STRING_BYTES_MAX + 1) }, '/a'],
    [
      'string_too_long',
      'a string of four-byte letters',
      { a: ['😀'.repeat(STRING_BYTES_MAX / 4), '😀'.repeat(STRING_BYTES_MAX / 4 + 1)] },
      '/a/1',
    ],
    ['section_too_large', 'too much at once', { a: Array.from({ length: 9 }, () => ofBytes(STRING_BYTES_MAX)) }, null],
    [
      'section_too_large',
      'too much at once in escapes',
      { a: Array.from({ length: 9 }, () => '\u0001'.repeat(1_000)) },
      null,
    ],
  ])('%s: %s', (code, _name, patch, path) => {
    const device = new Device().report({ kept: 1 });
    const { bytes } = device;
    device.report(patch);
    expect(device.rejections).toMatchObject([{ code, path, version: 1, section: 'REPORTED' }]);
    expect(device.rejections[0]?.patch).toBe(typeof patch === 'string' ? patch : JSON.stringify(patch));
    expect(device.bytes.equals(bytes)).toBe(true);
    expect(device.changes).toHaveLength(1);
  });

  test('what is just within the limits is accepted', () => {
    const device = new Device()
      .report(nested(DEPTH_MAX))
      .report({ a: null, [ofBytes(KEY_BYTES_MAX)]: '😀'.repeat(STRING_BYTES_MAX / 4) });
    device.report({ b: [[[[[[[[[]]]]]]]]] });
    expect(device.codes).toEqual([]);
  });

  test('section_too_large: the result is judged, not only the patch', () => {
    const device = new Device();
    for (let i = 0; i < 8; i++) device.report({ [`k${i}`]: ofBytes(4_000) });
    const room = SECTION_BYTES_MAX - (device.changes.at(-1)?.reported.length ?? 0) - ',"last":""'.length;
    device.report({ last: ofBytes(room + 1) });
    expect(device.codes).toEqual(['section_too_large']);
    device.report({ last: ofBytes(room) });
    expect(device.changes.at(-1)?.reported).toHaveLength(SECTION_BYTES_MAX);
    // The other section has room of its own, and a deletion makes room.
    device
      .ask({ a: ofBytes(4_000) })
      .report({ k0: null })
      .report({ new: ofBytes(3_900) });
    expect(device.codes).toHaveLength(1);
  });

  test('section_too_large: deletions are bounded too', () => {
    const device = new Device();
    for (let batch = 0; batch < 9; batch++) {
      device.report(Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`gone-${batch}-${i}`, null])));
    }
    expect(device.codes).toEqual(['section_too_large', 'section_too_large']);
    expect(device.reported).toEqual({});
  });

  test('version_conflict: a conditional update holds for one version only', () => {
    const device = new Device()
      .ask({ a: 1 }, { expectedVersion: 0 })
      .ask({ a: 2 }, { expectedVersion: 0 })
      .ask({ a: 3 }, { expectedVersion: 1 });
    expect(device.rejections).toMatchObject([
      { code: 'version_conflict', expectedVersion: 0, version: 1, section: 'DESIRED', path: null },
    ]);
    expect(device.desired).toEqual({ a: 3 });
    expect(device.state.version).toBe(2);
  });

  test('refusals of a device are checked like a patch', () => {
    const device = new Device()
      .report({}, { rejected: { 'no-pointer': 'x' } })
      .report({}, { rejected: { '/a~2': 'x' } });
    device
      .report({}, { rejected: { '/a': 'x'.repeat(STRING_BYTES_MAX + 1) } })
      .report({}, { rejected: { ['/a'.repeat(11)]: 'x' } });
    device.report({}, { rejected: { [`/${'k'.repeat(KEY_BYTES_MAX + 1)}`]: 'x' } });
    expect(device.codes).toEqual(['patch_malformed', 'patch_malformed', 'string_too_long', 'too_deep', 'key_too_long']);
  });
});

describe('deletions are remembered', () => {
  test('for the whole time in which an older write may still come, then forgotten', () => {
    const device = new Device().report({ a: 1, b: 1 }, { time: 0 }).report({ a: null }, { time: HOUR });
    expect(device.tick(HOUR + twin.latenessMs).state.reported).toHaveLength(2);
    expect(device.tick(HOUR + twin.latenessMs + 1).state.reported.map(({ path }) => path)).toEqual(['/b']);
    expect(twin.latenessMs).toBeGreaterThanOrEqual(48 * HOUR);
  });

  test('and the version goes on from where it was', () => {
    const device = new Device()
      .report({ a: 1 })
      .report({ a: null })
      .tick(30 * DAY)
      .report({ a: 2 }, { time: 30 * DAY });
    expect(device.state.version).toBe(3);
  });

  test('longer, while a status follows from one', () => {
    const device = new Device()
      .ask({ mode: 'eco' }, { time: 0 })
      .report({ mode: 'auto' }, { time: 1 })
      .report({ mode: null }, { time: 2 });
    expect(device.tick(30 * DAY).state.reported).toHaveLength(1);
    device.report({ other: 1 }, { time: 30 * DAY });
    expect(device.statuses).toEqual({ '/mode': 'DRIFTED' });
    expect(
      device
        .ask({ mode: null }, { time: 30 * DAY })
        .tick(31 * DAY)
        .state.reported.map(({ path }) => path),
    ).toEqual(['/other']);
  });

  test('so is a refusal, while what it refuses is asked for', () => {
    const device = new Device()
      .ask({ a: 1 }, { time: 0 })
      .report({}, { time: 1, rejected: { '/a': 'no', '/b': 'no' } });
    expect(device.tick(30 * DAY).state.refused.map(({ path }) => path)).toEqual(['/a']);
    expect(device.ask({ a: null }, { time: 30 * DAY }).tick(31 * DAY).state.refused).toEqual([]);
  });
});
