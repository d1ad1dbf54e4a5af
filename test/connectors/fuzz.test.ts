import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Connector, Message, Rejection, Translated } from '#sdk';
import { connectors, defender, http, mqtt } from '#connectors';
import { events } from '#schemas';
import { avroType } from '#runtime/avro.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 4_000);
const HANG_MS_MAX = 1_000;
const PATH_LENGTH_MAX = 20_000;

const types = new Map(events.map(({ record }) => [record.name, avroType(record.avro)]));
const received = {
  params: { tenant: 'acme', device: 'd' },
  receivedAt: Date.UTC(2026, 0, 1),
  sourceAddress: null,
  region: null,
  tenant: 'acme',
};
const ways: readonly (readonly [Connector, string, string])[] = [
  [mqtt, 'fleetstream/v1/acme/d/telemetry', ''],
  [mqtt, 'fleetstream/v1/acme/d/link', ''],
  [mqtt, 'fleetstream/v1/acme/d/twin/reported', ''],
  [mqtt, 'fleetstream/v1/acme/d/session/ended', ''],
  [defender, '$aws/things/d/defender/metrics/json', ''],
  [defender, '$aws/things/d/defender/metrics/cbor', ''],
  [http, 'POST /v1/events', 'application/json'],
  [http, 'POST /v1/events', 'application/x-ndjson'],
  [http, 'PUT /v1/twins/:tenant/:device/desired', 'application/json'],
];
const seeds = [
  '{"time":1780315200000,"sequence":7,"epoch":2,"source":"modem","historical":true,"metrics":{"temperatureC":21.5},"labels":{"room":"ä€😀"}}',
  '{"technology":"LORAWAN","spreadingFactor":7,"rssi":-101.5,"packetsSent":12}',
  '{"patch":{"a":{"b":[1,{"c":null}]},"d":null},"expectedVersion":3,"rejected":{"/a":"no"}}',
  '{"sessionId":"s","reason":"timeout","time":"2026-06-01T12:00:00Z"}',
  '{"tenant":"acme","device":"d","type":"telemetry","metrics":{"a":1}}\n{"tenant":"acme","device":"d","type":"twin/reported","patch":{"a":{}}}',
  '{"hed":{"rid":7,"v":"1.0"},"met":{"tp":{"pts":[{"pt":22}],"t":1}},"cmet":{"a":[{"number":1.5}]}}',
].map((text) => Buffer.from(text));

/** Whatever comes in, events that Avro can hold come out, or rejections; quickly, and without an exception. */
function holds(body: Uint8Array): void {
  for (const [connector, address, contentType] of ways) {
    const message: Message = { ...received, address, contentType, body };
    const began = performance.now();
    const outcomes = connector.translate(message);
    expect(performance.now() - began).toBeLessThan(HANG_MS_MAX);
    expect(outcomes.length).toBeGreaterThan(0);
    for (const outcome of outcomes) expect(faultOf(outcome), JSON.stringify(outcome).slice(0, 500)).toBeNull();
  }
}

function faultOf(outcome: Translated | Rejection): string | null {
  if (outcome.kind === 'event') {
    const type = types.get(outcome.type.record.name);
    const read: unknown = type?.fromBuffer(type.toBuffer(outcome.value));
    // Avro's records have classes of their own, which a clone leaves behind.
    return isDeepStrictEqual(structuredClone(read), structuredClone(outcome.value))
      ? null
      : 'Avro gives back another event';
  }
  const { code, detail, path } = outcome;
  if (!/^[a-z0-9_]+$/.test(code) || detail === '') return 'no code or detail';
  return /^(\/.*)?$/s.test(path) && path.length < PATH_LENGTH_MAX ? null : 'no JSON Pointer';
}

function check(bodies: fc.Arbitrary<Uint8Array>, runs: number): void {
  fc.assert(fc.property(bodies, holds), { seed: SEED, numRuns: runs });
}

console.info(`fuzz: seed ${SEED}, ${RUNS} cases a property on ${ways.length} ways (FUZZ_SEED, FUZZ_RUNS)`);

test('mutated bytes of valid payloads', () => {
  const mutation = fc.tuple(fc.nat(400), fc.constantFrom('set', 'insert', 'delete', 'cut'), fc.nat(255));
  const body = fc
    .tuple(fc.constantFrom(...seeds), fc.array(mutation, { minLength: 1, maxLength: 6 }))
    .map(([seed, mutations]) =>
      mutations.reduce<Buffer>((bytes, [place, kind, byte]) => {
        const at = bytes.length === 0 ? 0 : place % bytes.length;
        if (kind === 'cut') return bytes.subarray(0, at);
        const rest = bytes.subarray(kind === 'insert' ? at : at + 1);
        return Buffer.concat([bytes.subarray(0, at), kind === 'delete' ? Buffer.alloc(0) : Buffer.from([byte]), rest]);
      }, seed),
    );
  check(body, RUNS);
}, 600_000);

test('valid JSON of any shape', () => {
  const json = fc.oneof(
    fc.json({ maxDepth: 6 }),
    fc
      .record(
        {
          time: fc.jsonValue(),
          sequence: fc.jsonValue(),
          metrics: fc.dictionary(fc.string({ unit: 'binary' }), fc.double()),
          labels: fc.jsonValue(),
        },
        { requiredKeys: ['metrics'] },
      )
      .map((value) => JSON.stringify(value)),
    fc
      .record(
        { patch: fc.jsonValue({ maxDepth: 14 }), rejected: fc.dictionary(fc.string(), fc.string()) },
        { requiredKeys: ['patch'] },
      )
      .map((value) => JSON.stringify(value)),
    fc
      .record({
        tenant: fc.constantFrom('acme', '', '__proto__'),
        device: fc.string(),
        type: fc.constantFrom(...events.map(({ route }) => route), 'x'),
        patch: fc.jsonValue(),
        metrics: fc.jsonValue(),
      })
      .map((value) => JSON.stringify(value)),
  );
  check(
    json.map((text) => Buffer.from(text)),
    RUNS,
  );
}, 600_000);

test('bytes of any kind, as foreign protocols send them', () => {
  check(fc.uint8Array({ maxLength: 400 }), RUNS / 4);
  const [event] = mqtt.translate({
    ...received,
    address: 'fleetstream/v1/acme/d/telemetry',
    contentType: '',
    body: Buffer.from('{"metrics":{}}'),
  });
  if (event?.kind !== 'event') throw new Error('the seed is not an event');
  const foreign = [
    // Protobuf: field 1 varint 150, field 2 "testing".
    Buffer.from([0x08, 0x96, 0x01, 0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]),
    // CBOR: {"a": [1, 2.5]}.
    Buffer.from([0xa1, 0x61, 0x61, 0x82, 0x01, 0xf9, 0x41, 0x00]),
    Buffer.from([0, 0, 0, 0, 1, 2, 0x61]),
    types.get(event.type.record.name)?.toBuffer(event.value) as Buffer,
    // UTF-16 with a byte order mark, and UTF-8 with one.
    Buffer.from('\ufeff{"metrics":{}}', 'utf16le'),
    Buffer.from('\ufeff{"metrics":{}}'),
    Buffer.from('[['.repeat(100_000)),
    Buffer.from(`{"patch":${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}}`),
    Buffer.alloc(300_000, 0x31),
    Buffer.from('\n'.repeat(100_000)),
    Buffer.from('1\n'.repeat(100_000)),
  ];
  for (const body of foreign) holds(body);
  for (const address of [
    '',
    '/',
    'fleetstream/v1',
    '\0',
    'x'.repeat(65_535),
    '/'.repeat(65_535),
    'fleetstream/v1/a/b/__proto__',
  ]) {
    for (const connector of connectors) {
      expect(connector.translate({ ...received, address, contentType: '', body: new Uint8Array() })).toMatchObject([
        { kind: 'rejection' },
      ]);
    }
  }
}, 600_000);

test('no input has reached a prototype', () => {
  const body = Buffer.from(
    '{"tenant":"acme","device":"d","type":"telemetry","metrics":{"__proto__":1,"constructor":1},"labels":{"constructor":"x"},"__proto__":{"polluted":true}}',
  );
  holds(body);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(Object.keys(Object.prototype)).toEqual([]);
});
