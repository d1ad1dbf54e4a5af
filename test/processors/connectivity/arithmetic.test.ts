import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Counters,
  growth,
  hasRepetition,
  isEnough,
  MEMORY,
  REPEATED_WITHIN,
} from '../../../processors/connectivity/counters.ts';
import { airtimeMs, bandwidthOf, demodulationFloor } from '../../../processors/connectivity/lora.ts';
import { bucketOf, quantileOf, RELATIVE_ERROR, sketchOf } from '../../../processors/connectivity/sketch.ts';
import { chanceFrom } from '../../simulation/chance.ts';

const RUNS = 2_000;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`arithmetic of connectivity: SEED=${seed}, ${RUNS} runs a property`);

const of = (packetsSent: number | null, packetsLost: number | null = null): Counters => {
  return { packetsSent, packetsLost, bytesUp: null, bytesDown: null };
};

/** True counts that grow by less than a quarter of the counter between two reports. */
const steps = (size: number) =>
  fc.record({
    start: fc.integer({ min: 0, max: size - 1 }),
    grown: fc.array(fc.tuple(fc.integer({ min: 1, max: size / 4 - 1 }), fc.integer({ min: 0, max: 40 })), {
      minLength: 1,
      maxLength: 30,
    }),
  });

describe('counters', () => {
  test.each([16, 32])('of %i bits that run over lose nothing', (bits) => {
    const size = bits === 16 ? 65_536 : 4_294_967_296;
    fc.assert(
      fc.property(steps(size), ({ start, grown }) => {
        // A counter of 32 bits below 65536 looks like one of 16.
        fc.pre(bits === 16 || start >= 65_536);
        const counts = grown.reduce<number[]>((all, [by]) => [...all, (all.at(-1) ?? 0) + by], []);
        const shown = counts.map((count) => (start + count) % size);
        fc.pre(bits === 16 || shown.every((count) => count >= 65_536));
        const found = growth(
          [of(start)],
          shown.map((count) => of(count)),
        );
        expect(found).toMatchObject({ packetsSent: counts.at(-1), resets: 0, repetitions: 0 });
        expect(found.rollovers).toBe(Math.floor((start + (counts.at(-1) ?? 0)) / size));
      }),
      { seed, numRuns: RUNS },
    );
  });

  test('grow from no more reports before them than are enough', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 6 });
    const last = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: MEMORY, maxLength: MEMORY });
    fc.assert(
      fc.property(last, counts, (before, shown) => {
        const all = before.map((count) => of(count));
        const newest: Counters[] = [];
        while (!isEnough(newest)) newest.push(all.at(-1 - newest.length) as Counters);
        const reports = shown.map((count) => of(count));
        expect(growth(newest.toReversed(), reports)).toEqual(growth(all, reports));
      }),
      { seed, numRuns: RUNS },
    );
  });

  test('of which none is repeated grow from a late report in the next one alone', () => {
    const drawn = fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { minLength: 2, maxLength: 20 });
    const again = fc.array(fc.tuple(fc.nat({ max: 19 }), fc.nat({ max: 19 })), { maxLength: 1 });
    let calm = 0;
    fc.assert(
      fc.property(drawn, again, fc.nat({ max: 19 }), (distinct, copies, place) => {
        const counts = [...distinct];
        for (const [from, to] of copies) counts[to % counts.length] = counts[from % counts.length] as number;
        const late = place % counts.length;
        const all = counts.map((count) => of(count));
        fc.pre(!hasRepetition(all));
        calm++;
        const without = all.toSpliced(late, 1);
        const each = (reports: readonly Counters[], i: number) =>
          growth(reports.slice(Math.max(0, i - MEMORY), i), [reports[i] as Counters]);
        for (let i = late + 2; i < all.length; i++) expect(each(all, i)).toEqual(each(without, i - 1));
      }),
      { seed, numRuns: RUNS },
    );
    expect(calm).toBeGreaterThan(0);
  });

  test('that are repeated or heard twice grow once', () => {
    const history = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: REPEATED_WITHIN })), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(history, fc.integer({ min: 0, max: 1_000 }), (grown, start) => {
        const shown: Counters[] = [];
        let [sent, repeated] = [start, 0];
        for (const [by, again] of grown) {
          sent += by;
          shown.push(of(sent, sent >> 3));
          // An earlier report comes again, as a gateway or a retransmission brings it.
          const earlier = shown.at(-again);
          if (again > 0 && earlier !== undefined && shown.slice(-REPEATED_WITHIN).includes(earlier)) {
            shown.push(earlier);
            repeated++;
          }
        }
        const found = growth([of(start, start >> 3)], shown);
        expect(found).toMatchObject({ packetsSent: sent - start, resets: 0, repetitions: repeated });
      }),
      { seed, numRuns: RUNS },
    );
  });

  test('that began anew count from zero, and one that fell with another has not run over', () => {
    const from = { packetsSent: 65_000, packetsLost: 700, bytesUp: 900_000, bytesDown: 10 };
    const to = { packetsSent: 12, packetsLost: 1, bytesUp: 400, bytesDown: 20 };
    expect(growth([from], [to])).toEqual({ ...to, resets: 1, rollovers: 0, repetitions: 0 });
    expect(growth([of(65_000, 700)], [of(12, 701)])).toMatchObject({ packetsSent: 548, packetsLost: 1, rollovers: 1 });
    expect(growth([of(30_000)], [of(12)])).toMatchObject({ packetsSent: 12, resets: 1, rollovers: 0 });
  });

  test('say nothing before there are two', () => {
    expect(growth([], [of(5)])).toMatchObject({ packetsSent: null, packetsLost: null });
    expect(growth([], [of(5), of(9)])).toMatchObject({ packetsSent: 4, packetsLost: null });
  });
});

const sketchOfValues = (values: readonly number[]) => sketchOf(values.flatMap((value) => bucketOf(value) ?? []));

describe('the sketch of latencies', () => {
  test('tells quantiles within its relative error, and merged is the sketch of all', () => {
    const chance = chanceFrom(seed);
    for (let run = 0; run < 200; run++) {
      const scale = 10 ** chance.int(-2, 6);
      const values = Array.from({ length: chance.int(1, 400) }, () =>
        Math.min(1e9, scale / (1 - chance.unit()) ** 0.7),
      );
      const sketch = sketchOfValues(values);
      const sorted = values.toSorted((a, b) => a - b);
      for (const q of [0, 0.25, 0.5, 0.9, 0.99, 1]) {
        const exact = sorted[Math.floor(q * (sorted.length - 1))] as number;
        const told = quantileOf(sketch, q) as number;
        expect(Math.abs(told - exact) / exact).toBeLessThanOrEqual(RELATIVE_ERROR + 1e-9);
      }
      const half = values.length >> 1;
      const merged = new Map<number, number>();
      for (const { bucket, count } of [...sketchOfValues(values.slice(0, half)), ...sketchOfValues(values.slice(half))])
        merged.set(bucket, (merged.get(bucket) ?? 0) + count);
      expect(new Map(sketch.map(({ bucket, count }) => [bucket, count]))).toEqual(merged);
    }
    expect(RELATIVE_ERROR).toBeLessThan(0.01);
  });

  test('has zero for what is too small, and leaves out what is no latency', () => {
    expect(sketchOfValues([0, 0.0001, -1, Number.NaN])).toEqual([{ bucket: -10_000, count: 2 }]);
    expect(quantileOf(sketchOfValues([0, 0]), 0.5)).toBe(0);
    expect(quantileOf([], 0.5)).toBeNull();
  });
});

describe('LoRa', () => {
  test.each([
    [7, -7.5],
    [8, -10],
    [9, -12.5],
    [10, -15],
    [11, -17.5],
    [12, -20],
  ])('at SF%i and 125 kHz is heard down to %f dB', (spreadingFactor, floor) => {
    expect(demodulationFloor({ spreadingFactor, dataRate: null })).toBe(floor);
    const dataRate = ((spreadingFactor * 250_000) / 2 ** spreadingFactor) * 0.8;
    expect(bandwidthOf({ spreadingFactor, dataRate })).toBe(250_000);
    expect(demodulationFloor({ spreadingFactor, dataRate })).toBe(floor + 3);
  });

  // As the airtime calculators of The Things Network and of Semtech give it for LoRaWAN payloads.
  test.each([
    [10, 7, 61.7],
    [51, 7, 118],
    [10, 9, 205.8],
    [10, 10, 370.7],
    [10, 12, 1482.8],
    [51, 12, 2793.5],
  ])('of %i bytes at SF%i is on air for %f ms', (bytes, spreadingFactor, ms) => {
    expect(airtimeMs(bytes, { spreadingFactor, dataRate: null })).toBeCloseTo(ms, 0);
  });

  test('has no airtime where the frame would be too long or the factor is none', () => {
    expect(airtimeMs(243, { spreadingFactor: 7, dataRate: null })).toBeNull();
    expect(airtimeMs(10, { spreadingFactor: 6, dataRate: null })).toBeNull();
    expect(airtimeMs(0, { spreadingFactor: 7, dataRate: null })).toBeNull();
  });
});
