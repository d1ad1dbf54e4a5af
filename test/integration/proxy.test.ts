import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { freePorts, type KafkaNode, startKafka, startProxy } from '../stack/index.ts';
import { clientOf } from './client.ts';
import { newTopic, read, write } from './records.ts';

/** Enough that a draw of 5 % in each piece meets some. */
const WRITES = 40;
const ATTEMPTS_MAX = 50;

describe('the proxy', () => {
  let server: Server;
  let target = '';

  beforeAll(async () => {
    server = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    target = `127.0.0.1:${address.port}`;
  });

  afterAll(() => server.close());

  test('passes all bytes in order, and the end after them', async () => {
    const proxy = await startProxy({ target, latencyMs: 20 });
    const sent = Buffer.alloc(5_000_000, 'fleet stream ');
    const socket = connect(proxy.port, '127.0.0.1');
    socket.end(sent);
    expect(Buffer.concat(await socket.toArray()).equals(sent)).toBe(true);
    await proxy.close();
  });

  test('holds bytes while it is blocked, and passes them afterwards', async () => {
    const proxy = await startProxy({ target });
    const socket = connect(proxy.port, '127.0.0.1');
    const echoed = heard(socket);
    socket.write('a');
    await expect.poll(echoed).toBe('a');
    proxy.block();
    socket.write('b');
    await sleep(200);
    expect(echoed()).toBe('a');
    proxy.unblock();
    await expect.poll(echoed).toBe('ab');
    socket.destroy();
    await proxy.close();
  });

  test('resets what is open when asked, and what it draws', async () => {
    const proxy = await startProxy({ target });
    const socket = connect(proxy.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('a');
    await once(socket, 'data');
    const broken = breaks(socket);
    proxy.reset();
    expect(await broken).toBe(true);
    await proxy.close();

    const lossy = await startProxy({ target, resetShare: 1, seed: 7 });
    const lost = connect(lossy.port, '127.0.0.1');
    lost.write('a');
    expect(await breaks(lost)).toBe(true);
    expect(lossy.resets()).toBe(1);
    await lossy.close();
  });
});

describe.skipIf(inject('stack').kafka === null)('Kafka behind the proxy', () => {
  let node: KafkaNode;
  let port = 0;

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    node = await startKafka({ advertised: port });
  });

  afterAll(() => node.close());

  test('is reached through it alone, and is away while it is blocked', async () => {
    const proxy = await startProxy({ target: node.direct, port, latencyMs: 2 });
    const client = clientOf(node);
    const topic = await newTopic(client);
    await write(client, topic, ['a']);
    proxy.block();
    let written = false;
    const writing = write(client, topic, ['b']).then(() => {
      written = true;
    });
    await sleep(1_000);
    expect(written).toBe(false);
    proxy.unblock();
    await writing;
    expect(await read(client, topic, 2)).toEqual(['a', 'b']);
    await proxy.close();
    await expect(clientOf(node, false).admin().connect()).rejects.toThrow(/ECONNREFUSED/);
  });

  test('loses connections by its draws, and no record that was acknowledged', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.log(`seed ${seed}`);
    const direct = clientOf(node.listeners.tls);
    const topic = await newTopic(direct);
    const proxy = await startProxy({ target: node.direct, port, resetShare: 0.05, seed });
    const values = Array.from({ length: WRITES }, (_, index) => String(index));
    for (const value of values) await untilWritten(topic, value);
    expect(proxy.resets()).toBeGreaterThan(0);
    await proxy.close();
    const found = new Set<string>();
    for (let count = WRITES; found.size < WRITES; count += 1) {
      for (const value of await read(direct, topic, count)) found.add(value);
    }
    expect([...found].toSorted(byNumber)).toEqual(values);
  });

  async function untilWritten(topic: string, value: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await write(clientOf(node, false), topic, [value]);
      } catch (error) {
        if (attempt === ATTEMPTS_MAX) throw error;
      }
    }
  }
});

/** Resolves when the connection has ended: whether by an error. */
function breaks(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.on('error', () => undefined).once('close', resolve);
  });
}

function heard(socket: Socket): () => string {
  let text = '';
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString();
  });
  return () => text;
}

function byNumber(left: string, right: string): number {
  return Number(left) - Number(right);
}
