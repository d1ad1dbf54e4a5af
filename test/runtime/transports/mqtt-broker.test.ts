import { connect as dial, createServer, type Socket } from 'node:net';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import { connectors } from '#connectors';
import {
  type MqttBroker,
  type MqttBrokerOptions,
  startMqttBroker,
  SUBSCRIPTIONS_MAX,
} from '#runtime/transports/mqtt-broker.ts';
import { CONNECT_BYTES_MAX, PACKET_BYTES_MAX } from '#runtime/transports/mqtt-guard.ts';
import { type Harness, harness, reports, until } from './held-log.ts';

const brokers: MqttBroker[] = [];
const clients: MqttClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
  await Promise.all(brokers.splice(0).map((broker) => broker.close()));
});

async function start(h: Harness, options: Partial<MqttBrokerOptions> = {}) {
  const report = reports();
  const listen = {
    host: '127.0.0.1',
    port: 0,
    portSetting: 'FLEETSTREAM_MQTT_PORT',
    tokenSetting: 'FLEETSTREAM_MQTT_DEVICE_TOKEN',
  };
  const broker = await startMqttBroker({
    listen,
    connectors,
    ingress: h.ingress,
    clock: Date.now,
    region: null,
    report,
    ...options,
  });
  brokers.push(broker);
  const connect = async (settings: IClientOptions = {}) => {
    const client = await connectAsync(
      `mqtt://127.0.0.1:${broker.port}`,
      { reconnectPeriod: 0, protocolVersion: 4, ...settings },
      false,
    );
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  };
  return { broker, connect, report };
}

const TOPIC = 'fleetstream/v1/acme/d1/telemetry';
const telemetry = (sequence: number) => JSON.stringify({ sequence, metrics: { a: 1 } });
const closed = (client: MqttClient) => new Promise((resolve) => client.once('close', () => resolve('closed')));

/** Bytes straight to the broker; resolves when it closes the connection. */
async function raw(port: number, write: (socket: Socket) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the broker did not close the connection')), 4_000);
    const socket = dial(port, '127.0.0.1', () => write(socket));
    socket.on('error', () => undefined).resume();
    socket.on('close', () => {
      clearTimeout(timer);
      resolve('closed');
    });
  });
}

const string = (text: string) =>
  Buffer.concat([Buffer.from([text.length >> 8, text.length & 0xff]), Buffer.from(text)]);
const packet = (type: number, body: Buffer) => {
  const length: number[] = [];
  for (let rest = body.length; ; ) {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    length.push(rest > 0 ? digit | 0x80 : digit);
    if (rest === 0) break;
  }
  return Buffer.concat([Buffer.from([type, ...length]), body]);
};
const CONNECT = packet(0x10, Buffer.concat([string('MQTT'), Buffer.from([4, 2, 0, 60]), string('raw')]));
const publish = (topic: string, payload = '{}') => packet(0x30, Buffer.concat([string(topic), Buffer.from(payload)]));

describe('the embedded broker', () => {
  test.each([1, 2] as const)('QoS %i is acknowledged only after the log has the event', async (qos) => {
    const h = await harness();
    const { connect } = await start(h);
    const client = await connect();
    h.log.hold();
    let acknowledged = false;
    const published = client.publishAsync(TOPIC, telemetry(1), { qos }).then(() => {
      acknowledged = true;
    });
    await until(() => h.ingress.counts().eventsInflight === 1, 'the event in flight');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(acknowledged).toBe(false);
    expect(h.events()).toHaveLength(0);
    h.log.release();
    await published;
    expect(h.events()).toMatchObject([
      { name: 'TelemetryReported', key: 'acme/d1', value: { sequence: 1, source: 'mqtt', sourceAddress: '127.0.0.1' } },
    ]);
  });

  test('nothing is acknowledged while the log refuses, and everything after', async () => {
    const h = await harness();
    const { connect } = await start(h);
    const client = await connect();
    h.log.refuse(true);
    let acknowledged = 0;
    const published = [1, 2, 3].map((sequence) =>
      client.publishAsync(TOPIC, telemetry(sequence), { qos: 1 }).then(() => {
        acknowledged++;
      }),
    );
    await until(() => h.ingress.counts().refused > 2, 'a refusal');
    expect(acknowledged).toBe(0);
    h.log.refuse(false);
    await Promise.all(published);
    expect(new Set(h.events().map(({ value }) => value['sequence']))).toEqual(new Set([1, 2, 3]));
  });

  test('events of one device keep their order', async () => {
    const h = await harness();
    const { connect } = await start(h);
    const client = await connect();
    await Promise.all(Array.from({ length: 500 }, (_, i) => client.publishAsync(TOPIC, telemetry(i), { qos: 1 })));
    expect(h.events().map(({ value }) => value['sequence'])).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });

  test('a bad payload is acknowledged and a dead letter, and the connection stays', async () => {
    const h = await harness();
    const { connect } = await start(h);
    const client = await connect();
    const payloads = [Buffer.from('{"metrics":{"a":1e999}}'), Buffer.from([0, 255, 254]), Buffer.alloc(0)];
    for (const payload of payloads) await client.publishAsync(TOPIC, payload, { qos: 1 });
    await client.publishAsync('fleetstream/v1/acme/d1/nonsense', '{}', { qos: 1 });
    await client.publishAsync('fleetstream/v1/acme/../twin/reported', '{}', { qos: 1 });
    expect(new Set(h.deadLetters().map(({ code }) => code))).toEqual(
      new Set(['invalid_name', 'invalid_number', 'invalid_utf8', 'json_malformed', 'unknown_event']),
    );
    expect(h.deadLetters().find(({ code }) => code === 'invalid_utf8')?.['value']).toEqual(payloads[1]);
    expect(client.connected).toBe(true);
    expect(h.events()).toHaveLength(0);
  });

  test.each([
    'fleetstream/v1/acme/d1/twin/desired',
    '$SYS/broker/uptime',
    '$share/g/fleetstream/v1/a/b/telemetry',
    'other',
    `fleetstream/v1/acme/d1/${'x'.repeat(600)}`,
  ])('a device that publishes to %.40s is cut off', async (topic) => {
    const h = await harness();
    const { connect, report } = await start(h);
    const client = await connect();
    const end = closed(client);
    client.publish(topic, '{"patch":{}}', { qos: 1 }, () => undefined);
    expect(await end).toBe('closed');
    expect(report.kept).toContainEqual({ level: 'warn', code: 'topic_forbidden' });
    expect(h.events()).toHaveLength(0);
  });

  test('desired state reaches the device, and one that subscribes later', async () => {
    const { broker, connect } = await start(await harness());
    const address = 'fleetstream/v1/acme/d1/twin/desired';
    const subscribe = async () => {
      const client = await connect();
      const heard = new Promise((resolve) =>
        client.once('message', (topic, payload, { qos }) => resolve([topic, payload.toString(), qos])),
      );
      await client.subscribeAsync(address, { qos: 1 });
      return heard;
    };
    const early = subscribe();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await broker.send({ address, body: '{"version":1}', retain: true });
    expect(await early).toEqual([address, '{"version":1}', 1]);
    expect(await subscribe()).toEqual([address, '{"version":1}', 1]);
  });

  test('what devices retain is taken but not kept', async () => {
    const h = await harness();
    const { connect } = await start(h);
    const client = await connect();
    await client.publishAsync(TOPIC, telemetry(1), { qos: 1, retain: true });
    const heard: string[] = [];
    client.on('message', (topic) => heard.push(topic));
    await client.subscribeAsync('fleetstream/v1/#');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(heard).toEqual([]);
    expect(h.events()).toHaveLength(1);
  });

  test('a will becomes an event when the connection breaks, and is refused for another topic', async () => {
    const h = await harness();
    const { connect, report } = await start(h);
    const will = {
      topic: 'fleetstream/v1/acme/d1/session/ended',
      payload: Buffer.from('{"sessionId":"s1"}'),
      qos: 1 as const,
      retain: true,
    };
    const client = await connect({ will });
    client.stream.destroy();
    await until(() => h.events().length === 1, 'the will');
    expect(h.events()).toMatchObject([{ name: 'SessionEnded', value: { sessionId: 's1' } }]);
    await expect(connect({ will: { ...will, topic: 'fleetstream/v1/acme/d2/twin/desired' } })).rejects.toThrow();
    await expect(connect({ will: { ...will, topic: '$SYS/x' } })).rejects.toThrow();
    expect(report.kept.filter(({ code }) => code === 'topic_forbidden')).toHaveLength(2);
  });

  test('subscriptions end at the platform’s topics and at a count', async () => {
    const { connect } = await start(await harness());
    const client = await connect();
    for (const topic of ['#', '$SYS/#', '+/v1/#', 'fleetstream/#']) {
      const granted = await client.subscribeAsync(topic).catch(() => [{ qos: 128 }]);
      expect([topic, granted[0]?.qos]).toEqual([topic, 128]);
    }
    const topics = Array.from({ length: SUBSCRIPTIONS_MAX + 5 }, (_, i) => `fleetstream/v1/acme/d${i}/twin/desired`);
    const granted = await client.subscribeAsync(topics.slice(0, SUBSCRIPTIONS_MAX));
    expect(granted.every(({ qos }) => qos === 0)).toBe(true);
    for (const topic of topics.slice(SUBSCRIPTIONS_MAX)) await expect(client.subscribeAsync(topic)).rejects.toThrow();
    await client.subscribeAsync(topics[0] as string);
  });
});

describe('tokens of the embedded broker', () => {
  test('the password is a token, and only an operator hears all devices', async () => {
    const { connect } = await start(await harness(), { deviceToken: 'dev', operatorToken: 'op' });
    await expect(connect()).rejects.toThrow();
    await expect(connect({ username: 'd1', password: 'wrong' })).rejects.toThrow();
    const device = await connect({ username: 'd1', password: 'dev' });
    const refused = await device.subscribeAsync('fleetstream/v1/+/+/twin/desired').catch(() => [{ qos: 128 }]);
    expect(refused[0]?.qos).toBe(128);
    expect((await device.subscribeAsync('fleetstream/v1/acme/d1/twin/desired'))[0]?.qos).toBe(0);
    const operator = await connect({ username: 'ann', password: 'op' });
    expect((await operator.subscribeAsync('fleetstream/v1/#'))[0]?.qos).toBe(0);
  });

  test('listening beyond loopback needs a token', async () => {
    const listen = { host: '0.0.0.0', port: 0, portSetting: 'P', tokenSetting: 'FLEETSTREAM_MQTT_DEVICE_TOKEN' };
    await expect(start(await harness(), { listen })).rejects.toMatchObject({ code: 'token_required' });
  });

  test('a taken port is one line with the setting', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { readonly port: number };
    const listen = { host: '127.0.0.1', port, portSetting: 'FLEETSTREAM_MQTT_PORT', tokenSetting: 'T' };
    await expect(start(await harness(), { listen })).rejects.toThrow(
      /^port_taken: MQTT port \d+ .*FLEETSTREAM_MQTT_PORT/,
    );
    await new Promise((resolve) => other.close(resolve));
  });
});

describe('hostile bytes to the embedded broker', () => {
  const cases: readonly (readonly [string, readonly Buffer[]])[] = [
    ['a packet before CONNECT', [publish(TOPIC)]],
    ['256 MB announced', [CONNECT, Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])]],
    ['an endless length', [CONNECT, Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01])]],
    ['a large CONNECT', [packet(0x10, Buffer.alloc(CONNECT_BYTES_MAX + 1))]],
    ['an event beyond the limit', [CONNECT, publish(TOPIC, 'x'.repeat(PACKET_BYTES_MAX))]],
    ['a topic of 65,535 bytes', [CONNECT, publish(`fleetstream/v1/${'x'.repeat(65_520)}`)]],
    ['65,000 levels', [CONNECT, publish('/'.repeat(65_000))]],
    ['101 levels', [CONNECT, publish(`fleetstream/v1/a/b/${'x/'.repeat(97)}`)]],
    ['an empty topic', [CONNECT, publish('')]],
    ['a wildcard topic', [CONNECT, publish('fleetstream/v1/+/d/telemetry')]],
    [
      'a filter of 65,000 slashes',
      [CONNECT, packet(0x82, Buffer.concat([Buffer.from([0, 1]), string('/'.repeat(65_000)), Buffer.from([0])]))],
    ],
    ['QoS 3', [CONNECT, Buffer.from([0x36, 2, 0, 0])]],
    ['a second CONNECT', [CONNECT, CONNECT]],
    ['MQTT 5', [packet(0x10, Buffer.concat([string('MQTT'), Buffer.from([5, 2, 0, 60, 0]), string('raw')]))]],
    ['HTTP', [Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')]],
    ['zeros', [Buffer.alloc(4096)]],
  ];

  test.each(cases)('%s: the connection ends and the broker goes on', async (_name, bytes) => {
    const h = await harness();
    const { broker, connect } = await start(h);
    expect(await raw(broker.port, (socket) => bytes.forEach((chunk) => socket.write(chunk)))).toBe('closed');
    const client = await connect();
    await client.publishAsync(TOPIC, telemetry(1), { qos: 1 });
    expect(h.events()).toHaveLength(1);
  });

  test('more connections than the bound are refused', async () => {
    const { broker, connect } = await start(await harness(), { sessionsMax: 2 });
    await Promise.all([connect(), connect()]);
    expect(await raw(broker.port, () => undefined)).toBe('closed');
    expect(broker.sessions()).toBe(2);
  });

  test('a packet that arrives byte by byte is taken', async () => {
    const h = await harness();
    const { broker } = await start(h);
    const socket = dial(broker.port, '127.0.0.1');
    socket.setNoDelay(true);
    for (const byte of Buffer.concat([
      CONNECT,
      publish(TOPIC, telemetry(1)),
      Buffer.from([0xc0, 0]),
      publish(TOPIC, telemetry(2)),
    ])) {
      socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    await until(() => h.events().length === 2, 'both events');
    socket.destroy();
  });
});
