import { describe, expect, test } from 'vitest';
import type { Message } from '#sdk';
import { http, mqtt } from '#connectors';
import { events, TwinDelta, TwinReported } from '#schemas';
import { BATCH_EVENTS_MAX } from '../../connectors/http/connector.ts';
import { openapi } from '../../connectors/http/openapi.ts';

const NOW = Date.UTC(2026, 5, 1, 12);
const received = { contentType: '', params: {}, receivedAt: NOW, sourceAddress: '10.0.0.7', region: 'eu' };
const overMqtt = (address: string, body: string | Uint8Array): Message => ({
  ...received,
  address,
  body: Buffer.from(body),
});
const overHttp = (body: string | Uint8Array, contentType = 'application/json'): Message => ({
  ...received,
  address: 'POST /v1/events',
  contentType,
  body: Buffer.from(body),
});

const AS_OPERATOR = 'POST /v1/operator/events';

describe('the mqtt connector', () => {
  test.each([
    [
      'telemetry',
      '{"metrics":{"a":1},"labels":{"b":"c"}}',
      'TelemetryReported',
      { metrics: { a: 1 }, labels: { b: 'c' } },
    ],
    [
      'link',
      '{"technology":"LTE_M","rsrp":-101.5,"packetsSent":12}',
      'LinkReported',
      { technology: 'LTE_M', rsrp: -101.5, packetsSent: 12, snr: null },
    ],
    ['described', '{"model":"m","lot":"L1"}', 'DeviceDescribed', { model: 'm', lot: 'L1', site: null }],
    ['rebooted', '{"cause":"WATCHDOG"}', 'DeviceRebooted', { cause: 'WATCHDOG', expected: false, uptimeMs: null }],
    ['crashed', '{"code":"SIGSEGV"}', 'DeviceCrashed', { code: 'SIGSEGV', reason: null }],
    ['log', '{"level":"WARN","message":"low"}', 'DeviceLogged', { level: 'WARN', message: 'low', attributes: {} }],
    ['battery', '{"level":61.5,"charging":false}', 'BatteryReported', { level: 61.5, charging: false, volts: null }],
    [
      'behaviour',
      '{"listeningTcpPorts":[22],"remoteAddresses":["192.0.2.1:443"],"numbers":{"a":1}}',
      'BehaviourReported',
      { listeningTcpPorts: [22], remoteAddresses: ['192.0.2.1:443'], numbers: { a: 1 }, listeningUdpPorts: null },
    ],
    ['connection/attempted', '{"outcome":"REFUSED"}', 'ConnectionAttempted', { outcome: 'REFUSED', clientId: null }],
    ['authorization/refused', '{"action":"publish"}', 'AuthorizationRefused', { action: 'publish', resource: null }],
    ['session/started', '{"sessionId":"s1"}', 'SessionStarted', { sessionId: 's1', reason: null }],
    ['session/ended', '{"sessionId":"s1","reason":"timeout"}', 'SessionEnded', { sessionId: 's1', reason: 'timeout' }],
    [
      'twin/reported',
      '{"patch":{"led":"on","old":null},"rejected":{"/mode":"unknown"}}',
      'TwinReported',
      { patch: '{"led":"on","old":null}', rejected: { '/mode': 'unknown' } },
    ],
  ])('%s', (route, body, name, own) => {
    const [outcome, ...others] = mqtt.translate(overMqtt(`fleetstream/v1/acme/d-1/${route}`, body));
    expect(others).toEqual([]);
    if (outcome?.kind !== 'event') throw new Error(`${outcome?.code}: ${outcome?.detail}`);
    expect(outcome.type.record.avro.name).toBe(name);
    expect(outcome.value).toMatchObject({
      tenant: 'acme',
      device: 'd-1',
      source: 'mqtt',
      region: 'eu',
      payloadBytes: body.length,
      ...own,
    });
  });

  test.each([
    ['fleetstream/v1/acme/d-1/twin/desired', '{"patch":{}}', 'operator_only', ''],
    ['fleetstream/v1/acme/d-1/nothing', '{}', 'unknown_event', ''],
    ['fleetstream/v1/acme/d-1', '{}', 'unknown_event', ''],
    ['fleetstream/v1/acme/d-1/', '{}', 'unknown_event', ''],
    ['fleetstream/v1//d-1/telemetry', '{}', 'invalid_name', '/tenant'],
    ['fleetstream/v1/acme/../telemetry', '{}', 'invalid_name', '/device'],
    ["fleetstream/v1/acme/x'; DROP TABLE twins/telemetry", '{}', 'invalid_name', '/device'],
    ['fleetstream/v1/acme/a\u0000b/telemetry', '{}', 'invalid_name', '/device'],
    ['fleetstream/v1/acme/аcme/telemetry', '{}', 'invalid_name', '/device'],
    ['fleetstream/v1/__proto__/d/telemetry', '{}', 'invalid_name', '/tenant'],
    ['fleetstream/v1/acme/constructor/toString', '{}', 'unknown_event', ''],
    ['', '{}', 'unknown_event', ''],
    ['fleetstream/v1/acme/d-1/twin/reported', '{"patch":{"a":[null]}}', 'null_in_array', '/patch/a/0'],
  ])('%s with %s is refused as %s', (address, body, code, path) => {
    expect(mqtt.translate(overMqtt(address, body))).toMatchObject([{ kind: 'rejection', code, path }]);
  });

  test('a device is told the delta of its twin, whole', () => {
    const value = {
      tenant: 'acme',
      device: 'd-1',
      version: 7,
      eventTime: NOW,
      delta: '{"led":"on"}',
      metadata: '{"led":1}',
    };
    expect(mqtt.deliver?.({ type: TwinDelta.name, value })).toEqual([
      {
        address: 'fleetstream/v1/acme/d-1/twin/desired',
        body: `{"version":7,"time":${NOW},"delta":{"led":"on"},"metadata":{"led":1}}`,
        retain: true,
      },
    ]);
    expect(mqtt.deliver?.({ type: TwinReported.name, value })).toEqual([]);
  });
});

describe('the http connector', () => {
  const event = '{"tenant":"acme","device":"d-1","type":"telemetry","metrics":{"a":1}}';

  test('one event, addressed in its members', () => {
    expect(http.translate(overHttp(event))).toMatchObject([
      { kind: 'event', value: { tenant: 'acme', device: 'd-1', source: 'http', metrics: { a: 1 } } },
    ]);
  });

  test('a batch of a line each, whatever the line ends', () => {
    const outcomes = http.translate(overHttp(`${event}\r\n\n  \n${event}\n{bad\n`, 'application/x-ndjson'));
    expect(outcomes).toMatchObject([
      { kind: 'event' },
      { kind: 'event' },
      { kind: 'rejection', code: 'json_malformed', original: Buffer.from('{bad') },
    ]);
  });

  test('broken UTF-8 in one line costs only that line', () => {
    const body = Buffer.concat([Buffer.from(`${event}\n`), Buffer.from([0x22, 0xff, 0x22, 10]), Buffer.from(event)]);
    expect(http.translate(overHttp(body, 'application/x-ndjson'))).toMatchObject([
      { kind: 'event' },
      { code: 'invalid_utf8' },
      { kind: 'event' },
    ]);
  });

  test.each([
    [`[${event}]`, 'invalid_type', ''],
    ['{"device":"d","type":"telemetry"}', 'missing_field', '/tenant'],
    ['{"tenant":"a","type":"telemetry"}', 'missing_field', '/device'],
    ['{"tenant":"a","device":"d"}', 'missing_field', '/type'],
    ['{"tenant":"a/b","device":"d","type":"telemetry"}', 'invalid_name', '/tenant'],
    ['{"tenant":"a","device":1,"type":"telemetry"}', 'invalid_name', '/device'],
    ['{"tenant":"a","device":"d","type":1}', 'invalid_type', '/type'],
    ['{"tenant":"a","device":"d","type":"toString"}', 'unknown_event', '/type'],
    ['{"tenant":"a","device":"d","type":"twin/desired","patch":{}}', 'operator_only', '/type'],
    ['{"tenant":"a","device":"d","type":"telemetry","metrics":{"a":"b"}}', 'invalid_type', '/metrics/a'],
  ])('%s is refused as %s', (body, code, path) => {
    expect(http.translate(overHttp(body))).toMatchObject([{ kind: 'rejection', code, path }]);
  });

  test('operators send by a route of their own, and only what is theirs', () => {
    const say = (event: object) =>
      http.translate({
        ...overHttp(JSON.stringify({ tenant: 'acme', device: 'd-1', ...event })),
        address: AS_OPERATOR,
      });
    const times = { startsAt: NOW, endsAt: NOW + 60_000 };
    expect(say({ type: 'maintenance', ...times, actor: 'ann' })).toMatchObject([
      { kind: 'event', value: { ...times, actor: 'ann', reason: null } },
    ]);
    const verdict = { finding: 'f-1', verdict: 'FALSE_POSITIVE' };
    expect(say({ type: 'verdict', ...verdict })).toMatchObject([{ kind: 'event', value: verdict }]);
    expect(say({ type: 'verdict', finding: 'f-1', verdict: 'MAYBE' })).toMatchObject([{ code: 'unknown_symbol' }]);
    expect(say({ type: 'telemetry', metrics: {} })).toMatchObject([{ code: 'unknown_event', path: '/type' }]);
    const asDevice = overHttp(JSON.stringify({ tenant: 'acme', device: 'd-1', type: 'verdict', ...verdict }));
    expect(http.translate(asDevice)).toMatchObject([{ code: 'operator_only', path: '/type' }]);
    expect(mqtt.translate(overMqtt('fleetstream/v1/acme/d-1/verdict', JSON.stringify(verdict)))).toMatchObject([
      { code: 'operator_only' },
    ]);
  });

  test('a batch has a bound', () => {
    const lines = (count: number) => http.translate(overHttp(`${event}\n`.repeat(count), 'application/x-ndjson'));
    expect(lines(BATCH_EVENTS_MAX)).toHaveLength(BATCH_EVENTS_MAX);
    expect(lines(BATCH_EVENTS_MAX + 1)).toMatchObject([{ code: 'batch_too_large' }]);
  });

  test('an operator’s patch', () => {
    const put = (body: string, params: Record<string, string> = { tenant: 'acme', device: 'd-1' }) =>
      http.translate({
        ...received,
        address: 'PUT /v1/twins/:tenant/:device/desired',
        params,
        contentType: 'application/json',
        body: Buffer.from(body),
      });
    expect(put('{"patch":{"a":1},"expectedVersion":2,"actor":"ann"}')).toMatchObject([
      { kind: 'event', value: { patch: '{"a":1}', expectedVersion: 2, actor: 'ann' } },
    ]);
    expect(put('{"patch":{"a":1},"tenant":"other"}')).toMatchObject([{ code: 'unknown_field', path: '/tenant' }]);
    expect(put('{"patch":{}}', { tenant: '', device: 'd' })).toMatchObject([{ code: 'invalid_name', path: '/tenant' }]);
    expect(put('{"expectedVersion":1}')).toMatchObject([{ code: 'missing_field', path: '/patch' }]);
  });
});

test('the OpenAPI document has every event of devices, strict, with all references resolved', () => {
  const document = openapi([]) as {
    readonly components: {
      readonly schemas: Record<string, { readonly required: string[]; readonly additionalProperties: boolean }>;
    };
  };
  const { schemas } = document.components;
  for (const { record, sender } of events) {
    const address = sender === 'device' ? ['tenant', 'device', 'type'] : [];
    expect(schemas[record.avro.name]?.required).toEqual(expect.arrayContaining(address));
    expect(schemas[record.avro.name]?.additionalProperties).toBe(false);
  }
  for (const [, name = ''] of JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g))
    expect(schemas[name], name).toBeDefined();
});
