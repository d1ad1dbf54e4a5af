import { connect as dial, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { REFUSED_BYTES_KEPT } from '#runtime/ingress/ingress.ts';
import { CONNECT_BYTES_MAX, PACKET_BYTES_MAX } from '#runtime/transports/mqtt-guard.ts';
import { start, telemetry, TOPIC } from './brokers.ts';
import { digest, harness, until } from './held-log.ts';

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
/** At QoS 1 with a message id, at QoS 0 without. */
const publish = (topic: string, payload = '{}', id = 0) =>
  packet(
    id === 0 ? 0x30 : 0x32,
    Buffer.concat([string(topic), id === 0 ? Buffer.alloc(0) : Buffer.from([0, id]), Buffer.from(payload)]),
  );
const LARGE = 'x'.repeat(PACKET_BYTES_MAX);
const ENDLESS = Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]);
const CUT = Buffer.from([0x30, 4, 0, 9, 1, 2]);
const HTTP = Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');

describe('hostile bytes to the embedded broker', () => {
  /** Name, bytes once connected, code of the dead letter, and its address and bytes where it has them. */
  const refused: readonly Refused[] = [
    ['256 MB announced', Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]), 'packet_too_large', '127.0.0.1', ''],
    ['an event beyond the limit', publish(TOPIC, LARGE), 'packet_too_large', TOPIC, LARGE.slice(0, -TOPIC.length - 2)],
    ['an endless length', ENDLESS, 'packet_malformed', '127.0.0.1', ENDLESS],
    ['QoS 3', Buffer.from([0x36, 2, 0, 0]), 'packet_malformed', '127.0.0.1', Buffer.from([0x36, 2, 0, 0])],
    ['a topic beyond its packet', CUT, 'packet_malformed', '127.0.0.1', CUT],
    ['zeros', Buffer.alloc(4096), 'packet_malformed', '127.0.0.1', Buffer.alloc(4096)],
    ['HTTP', HTTP, 'packet_malformed', '127.0.0.1', HTTP],
  ];

  test.each(refused)('%s: a dead letter, and the connection ends', async (_name, bytes, code, address, value) => {
    const h = await harness();
    const { broker, connect } = await start(h);
    expect(await raw(broker.port, [CONNECT, publish(TOPIC, telemetry(0)), bytes])).toBe('closed');
    await until(() => h.deadLetters().length === 1, 'the dead letter');
    const bytesKept = digest(Buffer.from(value));
    expect(h.digested()).toMatchObject([{ code, address, origin: 'mqtt', value: bytesKept }]);
    const client = await connect();
    await client.publishAsync(TOPIC, telemetry(1), { qos: 1 });
    expect(h.events().map((event) => event.value['sequence'])).toEqual([0, 1]);
  });

  test('of a packet that is too long the dead letter says how much of it is kept', async () => {
    const h = await harness();
    const { broker } = await start(h);
    const sent = publish(TOPIC, 'x'.repeat(2_000_000));
    await raw(broker.port, [CONNECT, sent]);
    await until(() => h.deadLetters().length === 1, 'the dead letter');
    const kept = REFUSED_BYTES_KEPT - TOPIC.length - 2;
    expect(h.digested()).toMatchObject([
      {
        detail: `a packet has at most ${PACKET_BYTES_MAX} bytes; of 2000000 bytes the first ${kept} are kept`,
        value: digest(Buffer.alloc(kept, 'x')),
      },
    ]);
  });

  test.each([
    ['a topic of 65,535 bytes', `fleetstream/v1/${'x'.repeat(65_520)}`, 'topic_too_long'],
    ['65,000 levels', '/'.repeat(65_000), 'topic_too_long'],
    ['101 levels', `fleetstream/v1/a/b/${'x/'.repeat(97)}`, 'topic_too_long'],
    ['an empty topic', '', 'topic_malformed'],
    ['a wildcard topic', 'fleetstream/v1/+/d/telemetry', 'topic_malformed'],
    ['a multi-level wildcard', 'fleetstream/v1/a/d/#', 'topic_malformed'],
  ])('%s: a dead letter, an acknowledgement, and the connection goes on', async (_name, topic, code) => {
    const h = await harness();
    const { broker } = await start(h);
    const bytes = [CONNECT, publish(topic, 'payload', 7), publish(TOPIC, telemetry(1), 8)];
    expect(await exchange(broker.port, bytes, 12)).toEqual(Buffer.from([0x20, 2, 0, 0, 0x40, 2, 0, 7, 0x40, 2, 0, 8]));
    expect(h.deadLetters()).toMatchObject([{ code, address: topic.slice(0, 512), value: Buffer.from('payload') }]);
    expect(h.events()).toHaveLength(1);
  });

  const unheard: readonly (readonly [string, readonly Buffer[]])[] = [
    [
      'a filter of 65,000 slashes',
      [CONNECT, packet(0x82, Buffer.concat([Buffer.from([0, 1]), string('/'.repeat(65_000)), Buffer.from([0])]))],
    ],
    ['a second CONNECT', [CONNECT, CONNECT]],
  ];
  test.each(unheard)('%s: the connection ends, and there is nothing to keep', async (_name, bytes) => {
    const h = await harness();
    const { broker } = await start(h);
    expect(await raw(broker.port, bytes)).toBe('closed');
    expect(h.deadLetters()).toEqual([]);
  });

  const strange: readonly (readonly [string, Buffer])[] = [
    ['a packet before CONNECT', publish(TOPIC)],
    ['a large CONNECT', packet(0x10, Buffer.alloc(CONNECT_BYTES_MAX + 1))],
    ['MQTT 5', packet(0x10, Buffer.concat([string('MQTT'), Buffer.from([5, 2, 0, 60, 0]), string('raw')]))],
    ['a CONNECT without a token', CONNECT],
    ['a packet that is too long, behind a CONNECT', Buffer.concat([CONNECT, publish(TOPIC, LARGE)])],
    ['nonsense behind a CONNECT', Buffer.concat([CONNECT, ENDLESS])],
    ['HTTP', HTTP],
    ['zeros', Buffer.alloc(4096)],
  ];
  test.each(strange)('%s of a stranger: counted, and the log stays empty', async (_name, bytes) => {
    const h = await harness();
    const { broker, connect } = await start(h, { deviceToken: 'dev' });
    expect(await raw(broker.port, [bytes])).toBe('closed');
    await until(() => h.ingress.counts().unkept > 0, 'the count');
    expect(h.deadLetters()).toEqual([]);
    const client = await connect({ username: 'd1', password: 'dev' });
    await client.publishAsync(TOPIC, telemetry(1), { qos: 1 });
    expect(h.events()).toHaveLength(1);
  });

  test('more connections than the bound are refused', async () => {
    const { broker, connect } = await start(await harness(), { sessionsMax: 2 });
    await Promise.all([connect(), connect()]);
    expect(await raw(broker.port, [])).toBe('closed');
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

type Refused = readonly [string, Buffer, string, string, string | Buffer];

/** Bytes straight to the broker, the first before and the others after its first answer; resolves when it closes the connection. */
async function raw(port: number, chunks: readonly Buffer[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the broker did not close the connection')), 4_000);
    const socket = dial(port, '127.0.0.1');
    socket.on('error', () => undefined);
    send(socket, chunks);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve('closed');
    });
  });
}

/** What the broker answers, up to so many bytes. */
async function exchange(port: number, chunks: readonly Buffer[], bytes: number): Promise<Buffer> {
  const answers: Buffer[] = [];
  const socket = dial(port, '127.0.0.1');
  socket.on('error', () => undefined).on('data', (data) => answers.push(data));
  send(socket, chunks);
  await until(() => Buffer.concat(answers).length >= bytes, `an answer of ${bytes} bytes`);
  socket.destroy();
  return Buffer.concat(answers);
}

/** The rest is sent after the first is answered: before that the broker does not know the client. */
function send(socket: Socket, [first, ...rest]: readonly Buffer[]): void {
  socket.resume();
  if (first !== undefined) socket.write(first);
  if (rest.length > 0) socket.once('data', () => rest.forEach((chunk) => socket.write(chunk)));
}
