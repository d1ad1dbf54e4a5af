import { connect as dial, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { CONNECT_BYTES_MAX, PACKET_BYTES_MAX } from '#runtime/transports/mqtt-guard.ts';
import { start, telemetry, TOPIC } from './brokers.ts';
import { harness, until } from './held-log.ts';

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
    expect(h.events().map(({ value }) => value['sequence'])).toEqual([1, 2]);
    socket.destroy();
  });
});

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
