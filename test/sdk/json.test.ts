import { describe, expect, test } from 'vitest';
import {
  type Arrival,
  CLOCK_SKEW_MS_MAX,
  ENTRIES_MAX,
  ITEMS_MAX,
  jsonReader,
  KEY_LENGTH_MAX,
  parseJson,
  PAYLOAD_BYTES_MAX,
  STRING_LENGTH_MAX,
} from '#sdk';
import { behaviourReported, linkReported, maintenanceDeclared, telemetryReported, twinReported } from '#schemas';

const NOW = Date.UTC(2026, 5, 1, 12);
const arrival = (text: string): Arrival => ({
  tenant: 'acme',
  device: 'd-1',
  receivedAt: NOW,
  source: 'mqtt',
  sourceAddress: '10.0.0.7',
  region: 'eu',
  text,
  payloadBytes: text.length,
});
const telemetry = jsonReader(telemetryReported);
const link = jsonReader(linkReported);
const twin = jsonReader(twinReported);
const behaviour = jsonReader(behaviourReported);
const read = (reader: typeof telemetry, text: string) => reader(JSON.parse(text), arrival(text));
const refusal = (reader: typeof telemetry, text: string) => {
  const outcome = read(reader, text);
  return outcome.kind === 'rejection' ? [outcome.code, outcome.path] : outcome.value;
};
const value = (reader: typeof telemetry, text: string) => {
  const outcome = read(reader, text);
  if (outcome.kind === 'rejection') throw new Error(`${outcome.code} at ${outcome.path}`);
  return outcome.value as unknown as Record<string, unknown>;
};

describe('the JSON form of an event', () => {
  test('meta members make the envelope, and the rest is the record', () => {
    const text =
      '{"time":1780315200000,"sequence":7,"epoch":2,"source":"modem","historical":true,"correlationId":"c1","metrics":{"temperatureC":21.5},"labels":{"room":"a"}}';
    expect(value(telemetry, text)).toEqual({
      tenant: 'acme',
      device: 'd-1',
      receivedAt: NOW,
      source: 'modem',
      sourceAddress: '10.0.0.7',
      region: 'eu',
      payloadBytes: text.length,
      eventId: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventTime: 1780315200000,
      deviceTime: 1780315200000,
      clockSuspect: false,
      epoch: 2,
      sequence: 7,
      historical: true,
      correlationId: 'c1',
      keyId: null,
      metrics: { temperatureC: 21.5 },
      labels: { room: 'a' },
    });
  });

  test('what is missing takes its default', () => {
    expect(value(telemetry, '{"metrics":{}}')).toMatchObject({
      deviceTime: null,
      eventTime: NOW,
      sequence: null,
      epoch: null,
      source: 'mqtt',
      historical: false,
      labels: {},
    });
    expect(value(link, '{"technology":"WIFI"}')).toMatchObject({ rssi: null, packetsSent: null });
  });

  test('embedded JSON becomes text', () => {
    expect(value(twin, '{"patch":{"a":{"b":null}}}')).toMatchObject({
      patch: '{"a":{"b":null}}',
      expectedVersion: null,
      rejected: {},
    });
  });

  test.each([
    ['2026-06-01T12:00:00Z', NOW],
    ['2026-06-01T14:00:00+02:00', NOW],
    ['2026-06-01T12:00Z', NOW],
    ['2026-06-01T12:00:00.123456789Z', NOW + 123],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ])('the time %s is understood', (time, ms) => {
    expect(value(telemetry, `{"time":"${time}","metrics":{}}`)['deviceTime']).toBe(ms);
  });

  test.each([
    ['seconds', 1_780_315_200, true],
    ['1970', 0, true],
    ['2106', Date.UTC(2106, 0, 1), true],
    ['just within the skew', NOW + CLOCK_SKEW_MS_MAX, false],
    ['just beyond the skew', NOW + CLOCK_SKEW_MS_MAX + 1, true],
  ])('a device time of %s is kept, and suspect: %s', (_name, time, suspect) => {
    expect(value(telemetry, `{"time":${time},"metrics":{}}`)).toMatchObject({
      deviceTime: time,
      clockSuspect: suspect,
      eventTime: suspect ? NOW : time,
    });
  });

  test('a metric may have any name but a prototype’s, that of a refusal too', () => {
    const metrics = { fault: 1, kind: 2, constructor: 3, toString: 4 };
    expect(value(telemetry, JSON.stringify({ metrics }))['metrics']).toEqual(metrics);
  });

  test('a list is taken whole', () => {
    const lists = { listeningTcpPorts: [443, 8883, 0], remoteAddresses: [], stringLists: { fault: ['a', ''] } };
    expect(value(behaviour, JSON.stringify(lists))).toMatchObject({ ...lists, listeningUdpPorts: null, numbers: {} });
  });

  test('the same text on another route is another event, and again on the same route the same', () => {
    const text = '{"time":1780315200000,"metrics":{}}';
    const other = jsonReader({ ...telemetryReported, route: 'other' });
    const id = value(telemetry, text)['eventId'];
    expect(value(telemetry, text)['eventId']).toBe(id);
    expect(value(other, text)['eventId']).not.toBe(id);
  });
});

describe('a refused event names a code and a place', () => {
  const items = Array.from({ length: ITEMS_MAX + 1 }, () => 1).join();
  const long = 'x'.repeat(STRING_LENGTH_MAX + 1);
  const deep = `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`;
  const many = JSON.stringify(Object.fromEntries(Array.from({ length: ENTRIES_MAX + 1 }, (_, i) => [`m${i}`, i])));
  test.each([
    ['an array', telemetry, '[]', 'invalid_type', ''],
    ['no list', behaviour, '{"listeningTcpPorts":443}', 'invalid_type', '/listeningTcpPorts'],
    ['a wrong item', behaviour, '{"listeningTcpPorts":[443,"x"]}', 'invalid_type', '/listeningTcpPorts/1'],
    ['a long list', behaviour, `{"listeningTcpPorts":[${items}]}`, 'too_many_items', '/listeningTcpPorts'],
    ['a wrong item in a map', behaviour, '{"numberLists":{"a/b":[1,"x"]}}', 'invalid_type', '/numberLists/a~1b/1'],
    ['null', telemetry, 'null', 'invalid_type', ''],
    ['a number', telemetry, '1', 'invalid_type', ''],
    ['no metrics', telemetry, '{}', 'missing_field', '/metrics'],
    ['an unknown member', telemetry, '{"metrics":{},"a/b~":1}', 'unknown_field', '/a~1b~0'],
    ['an envelope field', telemetry, '{"metrics":{},"eventId":"x"}', 'unknown_field', '/eventId'],
    ['its own tenant', telemetry, '{"metrics":{},"tenant":"other"}', 'unknown_field', '/tenant'],
    ['a prototype', telemetry, '{"metrics":{},"__proto__":{"polluted":1}}', 'invalid_name', '/__proto__'],
    ['a prototype in a map', telemetry, '{"metrics":{"__proto__":1}}', 'invalid_name', '/metrics/__proto__'],
    [
      'a prototype in a patch',
      twin,
      '{"patch":{"a":{"__proto__":{"polluted":1}}}}',
      'invalid_name',
      '/patch/a/__proto__',
    ],
    ['metrics as an array', telemetry, '{"metrics":[1]}', 'invalid_type', '/metrics'],
    ['metrics as null', telemetry, '{"metrics":null}', 'invalid_type', '/metrics'],
    ['a metric as text', telemetry, '{"metrics":{"a/b":"1"}}', 'invalid_type', '/metrics/a~1b'],
    ['a metric as null', telemetry, '{"metrics":{"a":null}}', 'invalid_type', '/metrics/a'],
    ['an infinite metric', telemetry, '{"metrics":{"a":1e999}}', 'invalid_number', '/metrics/a'],
    ['an unnamed metric', telemetry, '{"metrics":{"":1}}', 'invalid_name', '/metrics/'],
    [
      'a long name',
      telemetry,
      `{"metrics":{"${'n'.repeat(KEY_LENGTH_MAX + 1)}":1}}`,
      'name_too_long',
      `/metrics/${'n'.repeat(128)}`,
    ],
    ['too many metrics', telemetry, `{"metrics":${many}}`, 'too_many_entries', '/metrics'],
    ['a long label', telemetry, `{"metrics":{},"labels":{"a":"${long}"}}`, 'string_too_long', '/labels/a'],
    ['half a surrogate pair', telemetry, '{"metrics":{},"labels":{"a":"\\ud800"}}', 'invalid_text', '/labels/a'],
    ['a label as number', telemetry, '{"metrics":{},"labels":{"a":1}}', 'invalid_type', '/labels/a'],
    ['a fraction', link, '{"technology":"WIFI","packetsSent":1.5}', 'invalid_integer', '/packetsSent'],
    [
      'an integer beyond 2^53',
      link,
      '{"technology":"WIFI","packetsSent":9007199254740993}',
      'invalid_integer',
      '/packetsSent',
    ],
    [
      'an int beyond 2^31',
      link,
      '{"technology":"WIFI","spreadingFactor":2147483648}',
      'invalid_integer',
      '/spreadingFactor',
    ],
    ['an unknown symbol', link, '{"technology":"PIGEON"}', 'unknown_symbol', '/technology'],
    ['a symbol as number', link, '{"technology":1}', 'invalid_type', '/technology'],
    ['a negative sequence', telemetry, '{"metrics":{},"sequence":-1}', 'invalid_integer', '/sequence'],
    ['an infinite sequence', telemetry, '{"metrics":{},"sequence":1e999}', 'invalid_number', '/sequence'],
    ['a sequence as text', telemetry, '{"metrics":{},"sequence":"1"}', 'invalid_type', '/sequence'],
    ['an epoch beyond 2^53', telemetry, '{"metrics":{},"epoch":18446744073709551615}', 'invalid_integer', '/epoch'],
    ['a fraction of a time', telemetry, '{"metrics":{},"time":1.5}', 'invalid_integer', '/time'],
    ['a time in microseconds', telemetry, '{"metrics":{},"time":1780315200000000}', 'invalid_time', '/time'],
    ['a time in nanoseconds', telemetry, '{"metrics":{},"time":1780315200000000000}', 'invalid_integer', '/time'],
    ['a time without zone', telemetry, '{"metrics":{},"time":"2026-06-01T12:00:00"}', 'invalid_time', '/time'],
    ['the 30th of February', telemetry, '{"metrics":{},"time":"2026-02-30T12:00:00Z"}', 'invalid_time', '/time'],
    ['a time as boolean', telemetry, '{"metrics":{},"time":true}', 'invalid_type', '/time'],
    ['historical as text', telemetry, '{"metrics":{},"historical":"yes"}', 'invalid_type', '/historical'],
    ['an empty source', telemetry, '{"metrics":{},"source":""}', 'invalid_name', '/source'],
    ['a source as number', telemetry, '{"metrics":{},"source":1}', 'invalid_type', '/source'],
    ['a long correlation', telemetry, `{"metrics":{},"correlationId":"${long}"}`, 'string_too_long', '/correlationId'],
    ['a patch as text', twin, '{"patch":"{}"}', 'invalid_type', '/patch'],
    ['a deep patch', twin, `{"patch":${deep}}`, 'too_deep', `/patch${'/a'.repeat(32)}`],
    ['an infinite number in a patch', twin, '{"patch":{"a":[1e999]}}', 'invalid_number', '/patch/a/0'],
    [
      'a patch that would lose digits',
      twin,
      '{"patch":{"serial":12345678901234567890}}',
      'invalid_integer',
      '/patch/serial',
    ],
  ])('%s', (_name, reader, text, code, path) => {
    expect(refusal(reader, text)).toEqual([code, path]);
  });

  test('a time that is no number says in what times are told', () => {
    const text = '{"startsAt":"2026-12-01T03:00:00Z","endsAt":0}';
    const detail = 'a time is expected, in milliseconds since 1970';
    expect(read(jsonReader(maintenanceDeclared), text)).toMatchObject({
      code: 'invalid_type',
      detail,
      path: '/startsAt',
    });
  });

  test('nothing above polluted a prototype', () => {
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('JSON bytes', () => {
  test.each([
    ['nothing', new Uint8Array(), 'json_malformed'],
    ['a word', Buffer.from('NaN'), 'json_malformed'],
    ['a member twice', Buffer.from('{"metrics":{"a":1,"a":2}}'), 'json_duplicate_member'],
    ['truncated JSON', Buffer.from('{"metrics":{"a":'), 'json_malformed'],
    ['invalid UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 'invalid_utf8'],
    ['an overlong payload', Buffer.alloc(PAYLOAD_BYTES_MAX + 1, 32), 'payload_too_large'],
  ])('%s is refused', (_name, bytes, code) => {
    expect(parseJson(bytes)).toMatchObject({ kind: 'rejection', code });
  });

  test('a replacement character that was sent as such is text', () => {
    expect(parseJson(Buffer.from('"\ufffd"'))).toEqual({ text: '"\ufffd"', value: '\ufffd' });
  });

  test('100,000 levels are refused without harm', () => {
    const objects = `{"patch":${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}}`;
    const arrays = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const text of [objects, arrays, arrays.replace('[]', '["\\n"]')])
      expect(parseJson(Buffer.from(text))).toMatchObject({ code: 'json_malformed' });
    const patch = `{"patch":${'{"a":'.repeat(100)}1${'}'.repeat(100)}}`;
    const parsed = parseJson(Buffer.from(patch));
    if ('kind' in parsed) throw new Error(parsed.code);
    expect(twin(parsed.value, arrival(patch))).toMatchObject({ code: 'too_deep' });
  });
});
