import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Cause } from '#sdk';
import { compiled } from '#runtime/avro.ts';
import { CauseWriter } from '#runtime/engine/cause.ts';

/** Largest that avsc writes. */
const LONG_MAX = Number.MAX_SAFE_INTEGER - 1;
const number = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: LONG_MAX }), fc.constant(2 ** 30));
const origin = fc.record({
  topic: fc.constantFrom('fleet.events', 'fleet.signals', 'ü'),
  partition: fc.oneof(fc.nat(3), fc.nat(0x7fffffff)),
  offset: number,
  path: fc.constantFrom('', 'connectivity/1/0', `${'long-'.repeat(40)}/12/345>é/1/0`),
  logTime: number,
});

test('causes have the bytes of their Avro record, one after the other', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(origin, fc.nat(300)), { minLength: 1, maxLength: 8 }), (causes) => {
      const writer = new CauseWriter({ name: 'twin', version: 12 });
      for (const [root, index] of causes) {
        const own = `twin/12/${index}`;
        const cause = {
          causeTopic: root.topic,
          causePartition: root.partition,
          causeOffset: root.offset,
          causePath: root.path === '' ? own : `${root.path}>${own}`,
          logTime: root.logTime,
        };
        const buffer = Buffer.alloc(1_000);
        const end = writer.write(buffer, 3, root, index);
        expect(buffer.subarray(3, end)).toEqual(compiled(Cause.avro).toBuffer(cause));
      }
    }),
  );
});

test('a cause that does not fit is not begun', () => {
  const writer = new CauseWriter({ name: 'twin', version: 1 });
  const root = { topic: 'fleet.events', partition: 1, offset: 2, path: '', logTime: 3 };
  const buffer = Buffer.alloc(40);
  expect(writer.write(buffer, 20, root, 0)).toBe(-1);
  expect(buffer).toEqual(Buffer.alloc(40));
});
