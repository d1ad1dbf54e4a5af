import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  admit,
  decodeWindow,
  emptyWindow,
  encodeWindow,
  EPOCHS_MAX,
  IDS_MAX,
  RUNS_MAX,
  STREAMS_MAX,
} from '#runtime/engine/admission.ts';
import { Seen } from '../../oracle/admission.ts';
import { telemetryOf } from './examples.ts';

const FEW = fc.record({
  source: fc.constantFrom('a', 'b'),
  epoch: fc.constantFrom(null, 0, 1),
  sequence: fc.option(fc.nat(12)),
  deviceTime: fc.option(fc.nat(5)),
});
const MANY = fc.record({
  source: fc.integer({ min: 0, max: 20 }).map((i) => `source-${i}`),
  epoch: fc.option(fc.nat(8)),
  sequence: fc.option(fc.nat(400)),
  deviceTime: fc.option(fc.nat(90)),
});

type Said = { source: string; epoch: number | null; sequence: number | null; deviceTime: number | null };

function sameAsSets(saids: readonly Said[]): void {
  const window = emptyWindow();
  const seen = new Seen();
  for (const said of saids) {
    const event = telemetryOf({ device: 'd', ...said });
    const { outcome, admission } = admit(window, event);
    expect({ outcome, ...admission }).toEqual(seen.judge(event));
  }
}

test('admission judges as plain sets of everything seen would', () => {
  fc.assert(fc.property(fc.array(FEW, { maxLength: 60 }), sameAsSets), { numRuns: 500 });
});

test('admission judges as plain sets beyond every bound of the window', () => {
  fc.assert(fc.property(fc.array(MANY, { minLength: 100, maxLength: 400 }), sameAsSets), { numRuns: 60 });
});

test('admission judges as plain sets when one stream has more gaps than are kept', () => {
  const odd = fc.array(fc.nat(400), { minLength: 150, maxLength: 300 });
  const stream = { source: 'a', epoch: 1, deviceTime: null };
  const judged = (sequences: readonly number[]) => sameAsSets(sequences.map((sequence) => ({ ...stream, sequence })));
  expect(() => fc.assert(fc.property(odd, judged), { numRuns: 60 })).not.toThrow();
});

test('a window survives its bytes unchanged, and judges on as before', () => {
  fc.assert(
    fc.property(fc.array(MANY, { maxLength: 200 }), fc.array(MANY, { maxLength: 20 }), (before, after) => {
      const window = emptyWindow();
      for (const said of before) admit(window, telemetryOf({ device: 'd', ...said }));
      const restored = decodeWindow(encodeWindow(window));
      expect(restored).toEqual(window);
      for (const said of after) {
        const event = telemetryOf({ device: 'd', ...said });
        expect(admit(restored, event)).toEqual(admit(window, event));
      }
      expect(encodeWindow(restored).equals(encodeWindow(window))).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test('sequences and epochs up to the largest safe integer survive', () => {
  const window = emptyWindow();
  for (const sequence of [0, 2 ** 31, 2 ** 53 - 3, 2 ** 53 - 1])
    admit(window, telemetryOf({ device: 'd', epoch: 2 ** 53 - 1, sequence }));
  expect(decodeWindow(encodeWindow(window))).toEqual(window);
});

test('a window cut short is refused, never misread', () => {
  const window = emptyWindow();
  for (let i = 0; i < 40; i++) admit(window, telemetryOf({ device: 'd', epoch: 1, sequence: i * 3 }));
  const bytes = encodeWindow(window);
  for (let length = 0; length < bytes.length; length++)
    expect(() => decodeWindow(bytes.subarray(0, length))).toThrow(/admission window/);
});

test('the window stays within its bounds whatever a device sends', () => {
  fc.assert(
    fc.property(fc.array(MANY, { minLength: 300, maxLength: 600 }), (saids) => {
      const window = emptyWindow();
      for (const said of saids) admit(window, telemetryOf({ device: 'd', ...said }));
      expect(window.streams.length).toBeLessThanOrEqual(STREAMS_MAX);
      expect(window.ids.length).toBeLessThanOrEqual(IDS_MAX);
      for (const { runs, source } of window.streams) {
        expect(runs.length).toBeLessThanOrEqual(RUNS_MAX * 2);
        expect(window.streams.filter((stream) => stream.source === source).length).toBeLessThanOrEqual(EPOCHS_MAX);
      }
    }),
    { numRuns: 30 },
  );
});

test('an evicted epoch is beyond, and never taken for new', () => {
  const window = emptyWindow();
  for (let epoch = 0; epoch <= EPOCHS_MAX; epoch++) admit(window, telemetryOf({ device: 'd', epoch, sequence: 1 }));
  expect(admit(window, telemetryOf({ device: 'd', epoch: 0, sequence: 1 })).outcome).toBe('beyond');
  expect(admit(window, telemetryOf({ device: 'd', epoch: 0, sequence: 2 })).outcome).toBe('beyond');
  expect(admit(window, telemetryOf({ device: 'd', epoch: 1, sequence: 1 })).outcome).toBe('duplicate');
});
