import { expect, test } from 'vitest';
import { telemetryReported, TelemetryReported, topics } from '#schemas';
import { deadLetters, EVENTS_TOPIC } from '#sdk';
import { compiled, frame } from '#runtime/avro.ts';
import { chanceFrom } from '../../simulation/chance.ts';
import { POISONS, poisoned } from '../../simulation/poison.ts';
import { registered } from '../../simulation/workload.ts';
import { Bench, counter, settle, telemetryOf } from './examples.ts';

const READABLE: ReadonlySet<string> = new Set(['type_that_nobody_reads']);

test.each(POISONS)(
  '%s: a dead letter with the original bytes, key and headers, and the partition goes on',
  async (kind) => {
    const bench = new Bench();
    const ids = await registered(bench.registry);
    const good = telemetryOf({ device: 'd', epoch: 1, sequence: 1, metrics: { temperatureC: 21.5 } });
    const value = frame(compiled(TelemetryReported.avro), ids.get('TelemetryReported')?.id ?? 0, good);
    const record = { topic: EVENTS_TOPIC, partition: 0, key: Buffer.from('acme/d'), value, timestamp: 0 };
    await bench.append(good);
    for (let seed = 0; seed < 20; seed++) await bench.log.append([poisoned(chanceFrom(seed), kind, record, ids)]);
    await bench.append({ ...good, eventId: 'f'.repeat(32), sequence: 2 });
    const engine = await bench.engine([counter]);
    await settle(engine);
    expect(await engine.lag()).toBe(0);
    expect(bench.read(topics.telemetry).map(({ sequence }) => sequence)).toEqual([1, 2]);
    const letters = bench.read(deadLetters);
    const sent = READABLE.has(kind) ? [] : bench.log.all(EVENTS_TOPIC, 0).slice(1, -1);
    expect(letters).toHaveLength(sent.length);
    for (const [i, letter] of letters.entries()) {
      const original = sent[i] as (typeof sent)[number];
      expect(Buffer.compare(letter['value'] as Buffer, original.value ?? Buffer.alloc(0))).toBe(0);
      expect(letter['key'] === null ? null : Buffer.from(letter['key'] as Buffer)).toEqual(original.key);
      expect({ ...(letter['headers'] as object) }).toEqual(original.headers);
      expect(letter).toMatchObject({ origin: 'counter', topic: EVENTS_TOPIC, partition: 0, offset: original.offset });
      expect(letter['code']).toMatch(/^(not_framed|schema_unknown|not_decodable|key_mismatch)$/);
      expect(letter['detail']).not.toBe('');
    }
  },
);

const BODIES = {
  'a number that is none': (value: Buffer) => value.fill(0xff, value.indexOf(DOUBLE), value.indexOf(DOUBLE) + 8),
  'an infinite number': (value: Buffer) => value.fill(INFINITY, value.indexOf(DOUBLE), value.indexOf(DOUBLE) + 8),
  'a label that is not UTF-8': (value: Buffer) => value.fill(0xff, value.indexOf('LABEL'), value.indexOf('LABEL') + 5),
  'a metric name that is not UTF-8': (value: Buffer) =>
    value.fill(0xc0, value.indexOf('METRIC'), value.indexOf('METRIC') + 2),
} as const;

const DOUBLE = Buffer.alloc(8);
DOUBLE.writeDoubleLE(12.345);
const INFINITY = Buffer.alloc(8);
INFINITY.writeDoubleLE(Number.POSITIVE_INFINITY);

test.each(Object.entries(BODIES))('%s goes to the dead letters as it came', async (_, spoil) => {
  const bench = new Bench();
  const ids = await registered(bench.registry);
  const good = {
    ...telemetryOf({ device: 'd', epoch: 1, sequence: 1, metrics: { METRIC: 12.345 } }),
    labels: { a: 'LABEL' },
  };
  await bench.append(telemetryOf({ device: 'd', epoch: 1, sequence: 0, metrics: {} }));
  const value = spoil(frame(compiled(TelemetryReported.avro), ids.get('TelemetryReported')?.id ?? 0, good));
  const record = { topic: EVENTS_TOPIC, partition: 0, key: Buffer.from('acme/d'), value, timestamp: 0 };
  await bench.log.append([record]);
  const engine = await bench.engine([counter]);
  await settle(engine);
  const [letter] = bench.read(deadLetters);
  expect(letter).toMatchObject({ code: 'not_decodable', offset: 1 });
  expect(Buffer.compare(letter?.['value'] as Buffer, value)).toBe(0);
  expect(bench.read(topics.telemetry)).toHaveLength(1);
});

test('a replacement character that was sent as such is text', async () => {
  const bench = new Bench();
  await registered(bench.registry);
  await bench.append({
    ...telemetryOf({ device: 'd', epoch: 1, sequence: 1, metrics: {} }),
    labels: { a: 'x\ufffdy' },
  });
  await settle(await bench.engine([counter]));
  expect(bench.read(topics.telemetry)).toHaveLength(1);
});

const ENVELOPES = {
  'a slash in the device': { device: 'd/e' },
  'a NUL in the device': { device: 'd\0e' },
  'an id that is no hex': { device: 'd', eventId: 'not hex' },
  'an id in capitals': { device: 'd', eventId: 'ABCDEF0123456789ABCDEF0123456789' },
  'a negative sequence': { device: 'd', epoch: 1, sequence: -1 },
  'an empty tenant': { device: 'd', tenant: '' },
} as const;

test.each(Object.entries(ENVELOPES))('%s: a dead letter, since keys and admission rest on it', async (_, wrong) => {
  const bench = new Bench();
  await bench.append(telemetryOf(wrong));
  await settle(await bench.engine([counter]));
  expect(bench.read(deadLetters).map(({ code }) => code)).toEqual(['envelope_invalid']);
});

test('a schema id that junk named before it was given out is asked for again', async () => {
  const bench = new Bench();
  const engine = await bench.engine([counter]);
  const junk = Buffer.from([0, 0, 0, 0, 99, 1, 2, 3]);
  const last = await bench.registry.register({ ...telemetryReported.record.avro, name: 'Unrelated' });
  junk.writeUInt32BE(last + 1, 1);
  await bench.appendBytes('acme/d', junk);
  await settle(engine);
  const older = {
    ...TelemetryReported.avro,
    fields: TelemetryReported.avro.fields.filter(({ name }) => name !== 'keyId'),
  };
  const id = await bench.registry.register(older);
  expect(id).toBe(last + 1);
  await bench.appendBytes('acme/d', frame(compiled(older), id, telemetryOf({ device: 'd', epoch: 1, sequence: 1 })));
  await settle(engine);
  expect(bench.read(topics.telemetry)).toHaveLength(1);
});
