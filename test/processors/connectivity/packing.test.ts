import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RecentLink, RecentMinute } from '#schemas';
import { appended, packed, unpacked } from '../../../processors/connectivity/block.ts';
import { Hour } from '../../../processors/connectivity/hour.ts';
import { Minutes, startsOf } from '../../../processors/connectivity/minutes.ts';
import { Packer, Unpacker } from '../../../processors/connectivity/packing.ts';
import { chanceFrom } from '../../simulation/chance.ts';
import { INITIAL } from '../../../processors/connectivity/state.ts';
import { HOUR, MINUTE, START } from './device.ts';

const RUNS = 500;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`packing of connectivity: SEED=${seed}, ${RUNS} runs a property`);

/** Whole numbers that differ by so much and stand as far from zero as their schema allows. */
const column = fc
  .tuple(
    fc.constantFrom(0, 1, 7, 300, 70_000, 2 ** 31, 2 ** 40, 2 ** 51),
    fc.integer({ min: -(2 ** 51), max: 2 ** 51 }),
  )
  .chain(([spread, base]) => fc.array(fc.integer({ min: base, max: base + spread }), { maxLength: 70 }));

/** A column in which most numbers are alike and few far away. */
const patched = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: -3, max: 3 }) },
    { weight: 1, arbitrary: fc.integer({ min: -(2 ** 50), max: 2 ** 50 }) },
  ),
  { maxLength: 70 },
);

const count = fc.option(fc.nat({ max: 2 ** 52 }));
const decibels = fc.option(fc.integer({ min: -1_000_000, max: 1_000_000 }));

const link = fc.record({
  eventTime: fc.nat({ max: MINUTE - 1 }),
  sequence: fc.integer({ min: -1, max: 2 ** 40 }),
  technology: fc.constantFrom('LTE_M', 'LORAWAN', 'WIFI'),
  gateway: fc.constantFrom(null, 'gw-1', 'LTE_M', ''),
  payloadBytes: fc.nat({ max: 100_000 }),
  rssi: decibels,
  snr: decibels,
  rsrp: decibels,
  rsrq: decibels,
  sinr: decibels,
  spreadingFactor: fc.option(fc.integer({ min: -5, max: 13 })),
  dataRate: fc.option(fc.integer({ min: 1, max: 1e12 })),
  latency: fc.option(fc.integer({ min: -10_000, max: 1_400 })),
  packetsSent: count,
  packetsLost: count,
  bytesUp: count,
  bytesDown: count,
});

const run = fc
  .record({
    source: fc.constantFrom('http', 'mqtt', 'gw-1'),
    epoch: fc.option(fc.nat({ max: 2 ** 40 })),
    first: fc.nat({ max: 2 ** 40 }),
    length: fc.nat({ max: 100 }),
    count: fc.integer({ min: 1, max: 20 }),
  })
  .map(({ first, length, ...rest }) => ({ ...rest, first, last: first + length }));

const minute = fc
  .record({
    place: fc.nat({ max: 59 }),
    more: fc.nat({ max: 9 }),
    payloadBytes: fc.nat({ max: 2 ** 40 }),
    seen: fc.option(fc.tuple(fc.nat({ max: MINUTE - 1 }), fc.nat({ max: MINUTE - 1 }))),
    streams: fc.array(run, { maxLength: 3 }),
    links: fc.array(link, { maxLength: 4 }),
    others: fc.nat({ max: 5 }),
  })
  .map(({ place, more, seen, links, ...rest }): RecentMinute => {
    const start = START + place * MINUTE;
    const [seenFirst = null, seenLast = null] = seen?.toSorted((a, b) => a - b).map((time) => start + time) ?? [];
    const own = links.map((each): RecentLink => ({ ...each, eventTime: start + each.eventTime }));
    const reports = { reports: links.length + more, linkReports: links.length + (more >> 1) };
    return { start, seenFirst, seenLast, links: own, ...reports, ...rest };
  });

describe('columns', () => {
  test('are read as they were packed, however far their numbers lie apart', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(column, patched), { maxLength: 6 }), (columns) => {
        const packer = new Packer();
        for (const each of columns) packer.column(each.length, (i) => each[i] as number);
        const unpacker = new Unpacker(packer.toBytes());
        expect(columns.map((each) => unpacker.column(each.length))).toEqual(columns);
      }),
      { seed, numRuns: RUNS },
    );
  });

  test('that end too soon are no columns', () => {
    const packer = new Packer();
    packer.column(3, (i) => i + 1);
    const bytes = packer.toBytes();
    expect(() => new Unpacker(bytes.subarray(0, 1)).column(3)).toThrow('block_short');
  });
});

describe('a block', () => {
  test('gives back every minute as it was', () => {
    const minutes = fc.uniqueArray(minute, { maxLength: 20, selector: ({ start }) => start });
    fc.assert(
      fc.property(minutes, fc.array(fc.nat({ max: 3 }), { maxLength: 64 }), (drawn, revisions) => {
        const block = { minutes: drawn.toSorted((a, b) => a.start - b.start), revisions };
        expect(unpacked(packed(block, START), START)).toEqual(block);
      }),
      { seed, numRuns: RUNS },
    );
  });

  test('to which minutes were added is what it would be had all been packed at once', () => {
    const minutes = fc.uniqueArray(minute, { maxLength: 20, selector: ({ start }) => start });
    const revisions = fc.array(fc.nat({ max: 3 }), { maxLength: 64 });
    fc.assert(
      fc.property(minutes, revisions, fc.nat({ max: 20 }), fc.nat({ max: 20 }), (drawn, written, first, second) => {
        const sorted = drawn.toSorted((a, b) => a.start - b.start);
        const [from, to] = [Math.min(first, second), Math.max(first, second)];
        let block = packed({ minutes: sorted.slice(0, from), revisions: [1] }, START);
        block = appended(block, { minutes: sorted.slice(from, to), revisions: [] }, START);
        block = appended(block, { minutes: sorted.slice(to), revisions: written }, START);
        expect(unpacked(block, START)).toEqual({ minutes: sorted, revisions: written });
      }),
      { seed, numRuns: RUNS },
    );
  });

  test('has no more parts for a window that is written again and again', () => {
    const known = fc.sample(minute, { seed, numRuns: 1 });
    let kept = packed({ minutes: known, revisions: [1] }, START);
    for (let times = 2; times <= 5; times++) {
      const hour = new Hour(START, kept);
      expect(hour.revise(0, 1)).toBe(times);
      kept = hour.changeOf('hour', true)?.value as typeof kept;
      expect(kept).toEqual(packed({ minutes: known, revisions: [times] }, START));
    }
  });

  test('of an hour with a link report each minute takes less than half a kilobyte', () => {
    const chance = chanceFrom(seed);
    const grown = { packetsSent: 65_000, packetsLost: 700, bytesUp: 9e6, bytesDown: 1e6 };
    const none = { gateway: null, rssi: null, snr: null, spreadingFactor: null, dataRate: null };
    const minutes = Array.from({ length: HOUR / MINUTE }, (_, i): RecentMinute => {
      const start = START + i * MINUTE;
      const eventTime = start + 12_345 + chance.int(0, 400);
      grown.packetsSent += chance.int(3, 6);
      grown.packetsLost += chance.hit(0.05) ? 1 : 0;
      grown.bytesUp += chance.int(300, 500);
      grown.bytesDown += chance.int(40, 90);
      const [rsrp, rsrq, sinr] = [chance.int(-105, -85), chance.int(-14, -8), chance.int(0, 15)];
      const signal = { rsrp: 1_000 * rsrp, rsrq: 1_000 * rsrq, sinr: 1_000 * sinr, latency: chance.int(206, 273) };
      const one = { eventTime, sequence: i, technology: 'LTE_M', payloadBytes: 120, ...none, ...signal, ...grown };
      const streams = [{ source: 'http', epoch: 1, first: i, last: i, count: 1 }];
      const counts = { reports: 1, payloadBytes: 120, linkReports: 1, others: 0 };
      return { start, ...counts, seenFirst: eventTime, seenLast: eventTime, streams, links: [one] };
    });
    const { names, columns } = packed({ minutes, revisions: minutes.map(() => 1) }, START);
    expect(columns.length + names.join().length).toBeLessThan(500);
  });
});

test('the newest minutes are found as version 2 of the processor named them, and then by their distances', () => {
  const starts = [START, START + MINUTE, START + 7 * MINUTE];
  const packedTo = START - 2 * MINUTE;
  const before = { ...INITIAL, packedTo, recent: starts.map((start) => start / MINUTE), written: [2, 1, 0] };
  expect(startsOf(before)).toEqual(starts);
  const nothing = { get: () => undefined, range: () => [] };
  const { index } = new Minutes(before, { recent: nothing, blocks: nothing });
  expect(index).toEqual({ recent: [], steps: [2, 1, 6], written: [2, 1, 0], packedTo });
  expect(startsOf({ ...before, ...index })).toEqual(starts);
});
