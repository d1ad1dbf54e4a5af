import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as dial, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import { mqtt } from '#connectors';
import { REFUSED_BYTES_KEPT } from '#runtime/ingress/ingress.ts';
import {
  type MqttSubscriber,
  type MqttSubscriberOptions,
  startMqttSubscriber,
} from '#runtime/transports/mqtt-client.ts';
import { digest, type Harness, harness, quiet, until } from './held-log.ts';

const MOSQUITTO = ['mosquitto', '/usr/sbin/mosquitto'].find(
  (command) => spawnSync(command, ['-h']).error === undefined,
);
if (MOSQUITTO === undefined) console.info('skipped: the broker "mosquitto" is not installed');

const brokers: Mosquitto[] = [];
const subscribers: MqttSubscriber[] = [];
const publishers: MqttClient[] = [];
afterEach(async () => {
  await Promise.all(publishers.splice(0).map((client) => client.endAsync(true)));
  await Promise.all(subscribers.splice(0).map((subscriber) => subscriber.close()));
  for (const broker of brokers.splice(0)) broker.remove();
});

/** The user's broker, with persistence on disk. */
class Mosquitto {
  readonly port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'mosquitto-'));
  #process: ChildProcess | null = null;

  constructor(port: number) {
    this.port = port;
    writeFileSync(
      join(this.#folder, 'conf'),
      `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location ${this.#folder}/\nuser root\n`,
    );
  }

  static async start(): Promise<Mosquitto> {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as { readonly port: number };
    await new Promise((resolve) => probe.close(resolve));
    const broker = new Mosquitto(port);
    brokers.push(broker);
    await broker.up();
    return broker;
  }

  async up(): Promise<void> {
    this.#process = spawn(MOSQUITTO as string, ['-c', join(this.#folder, 'conf')], { stdio: 'ignore' });
    const end = Date.now() + 5_000;
    while (!(await answers(this.port))) {
      if (Date.now() > end) throw new Error('mosquitto does not listen');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async down(): Promise<void> {
    const exited = new Promise((resolve) => this.#process?.once('exit', resolve));
    this.#process?.kill('SIGTERM');
    await exited;
  }

  remove(): void {
    this.#process?.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1', () => resolve(true));
    socket.on('connect', () => socket.end()).on('error', () => resolve(false));
  });
}

function subscribe(h: Harness, broker: Mosquitto, options: Partial<MqttSubscriberOptions> = {}): MqttSubscriber {
  const subscriber = startMqttSubscriber({
    url: `mqtt://127.0.0.1:${broker.port}`,
    clientId: 'fleetstream',
    protocolVersion: 4,
    connector: mqtt,
    ingress: h.ingress,
    clock: Date.now,
    region: null,
    report: quiet,
    ...options,
  });
  subscribers.push(subscriber);
  return subscriber;
}

async function publisher(broker: Mosquitto): Promise<MqttClient> {
  const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { reconnectPeriod: 200 });
  client.on('error', () => undefined);
  publishers.push(client);
  return client;
}

const TOPIC = 'fleetstream/v1/acme/d1/telemetry';
const telemetry = (sequence: number) => JSON.stringify({ sequence, metrics: { a: 1 } });
const counted = (count: number) => Array.from({ length: count }, (_, i) => i);
/** Subscribed, as far as one can tell from outside: a first event has come through. */
async function ready(h: Harness, client: MqttClient): Promise<void> {
  const timer = setInterval(() => client.publish('fleetstream/v1/acme/probe/telemetry', telemetry(0), { qos: 1 }), 50);
  await until(() => h.events().length > 0, 'a first event');
  clearInterval(timer);
}
const ofDevice = (h: Harness) =>
  h
    .events()
    .filter(({ key }) => key === 'acme/d1')
    .map(({ value }) => value['sequence'] as number);

describe.skipIf(MOSQUITTO === undefined).each([4, 5] as const)(
  'as a client of mosquitto, protocol %i',
  (protocolVersion) => {
    test('events come in order, and only those whose messages the log has are acknowledged', async () => {
      const [h, broker] = [await harness(), await Mosquitto.start()];
      const client = await publisher(broker);
      const subscriber = subscribe(h, broker, { protocolVersion, closeMsMax: 50 });
      await ready(h, client);
      await Promise.all(counted(300).map((i) => client.publishAsync(TOPIC, telemetry(i), { qos: 1 })));
      await until(() => ofDevice(h).length >= 300, 'all events');
      expect(ofDevice(h)).toEqual(counted(300));

      // Five messages that the log does not take: a subscriber in our place gets every one of them again.
      h.log.hold();
      await Promise.all(counted(5).map((i) => client.publishAsync(TOPIC, telemetry(1000 + i), { qos: 1 })));
      await until(() => h.ingress.counts().eventsInflight >= 5, 'five events in flight');
      await subscriber.close();
      const other = await harness();
      subscribe(other, broker, { protocolVersion });
      await until(() => ofDevice(other).length >= 5, 'the redelivery');
      expect(
        ofDevice(other)
          .filter((sequence) => sequence >= 1000)
          .toSorted((a, b) => a - b),
      ).toEqual(counted(5).map((i) => 1000 + i));
      expect(ofDevice(other).every((sequence) => sequence >= 1000)).toBe(true);
      h.log.release();
    }, 30_000);

    test('nothing is lost while we are away, or while the broker is', async () => {
      const [h, broker] = [await harness(), await Mosquitto.start()];
      const client = await publisher(broker);
      const first = subscribe(h, broker, { protocolVersion });
      await ready(h, client);
      await first.close();
      await Promise.all(counted(20).map((i) => client.publishAsync(TOPIC, telemetry(i), { qos: 1 })));
      const second = subscribe(h, broker, { protocolVersion });
      await until(() => ofDevice(h).length === 20, 'what came while we were away');
      await broker.down();
      await until(() => !second.isConnected(), 'the loss of the broker');
      await broker.up();
      await until(() => second.isConnected() && client.connected, 'the return of the broker');
      await client.publishAsync(TOPIC, telemetry(20), { qos: 1 });
      await until(() => ofDevice(h).includes(20), 'the event after the return');
      // The broker may have gone before it read the last acknowledgements, and then sends those messages again.
      expect([...new Set(ofDevice(h))]).toEqual(counted(21));
    }, 30_000);

    test('our own deliveries and retained messages are not taken for events', async () => {
      const [h, broker] = [await harness(), await Mosquitto.start()];
      const client = await publisher(broker);
      await client.publishAsync(TOPIC, telemetry(7), { qos: 1, retain: true });
      const subscriber = subscribe(h, broker, { protocolVersion });
      await ready(h, client);
      const heard = new Promise((resolve) =>
        client.once('message', (topic, payload) => resolve([topic, payload.toString()])),
      );
      await client.subscribeAsync('fleetstream/v1/acme/d1/twin/desired', { qos: 1 });
      await subscriber.send({ address: 'fleetstream/v1/acme/d1/twin/desired', body: '{"version":1}', retain: true });
      expect(await heard).toEqual(['fleetstream/v1/acme/d1/twin/desired', '{"version":1}']);
      await client.publishAsync(TOPIC, 'nonsense', { qos: 1 });
      await until(() => h.deadLetters().length === 1, 'the dead letter');
      expect(h.deadLetters()).toMatchObject([{ code: 'json_malformed' }]);
      expect(ofDevice(h)).toEqual([]);
    }, 30_000);

    test('foreign and oversized messages are dead letters, acknowledged, and hold up nothing', async () => {
      const [h, broker] = [await harness(), await Mosquitto.start()];
      // What an earlier user of the session subscribed to still comes.
      const settings = {
        clientId: 'fleetstream',
        clean: false,
        protocolVersion,
        properties: { sessionExpiryInterval: 60 },
      };
      const earlier = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, settings);
      await earlier.subscribeAsync(['other/#', 'fleetstream/v1/+/+/#'], { qos: 1 });
      await earlier.endAsync();
      const client = await publisher(broker);
      const large = Buffer.alloc(1_500_000, 'x');
      await client.publishAsync('other/topic', 'payload', { qos: 1 });
      await client.publishAsync(TOPIC, large, { qos: 1 });
      await client.publishAsync(TOPIC, telemetry(1), { qos: 1 });
      const subscriber = subscribe(h, broker, { protocolVersion });
      await until(() => ofDevice(h).length === 1, 'the event behind them');
      await until(() => h.deadLetters().length === 2, 'the dead letters');
      expect(h.digested().toSorted((a, b) => String(b['code']).localeCompare(String(a['code'])))).toMatchObject([
        { code: 'unknown_event', address: 'other/topic', value: digest(Buffer.from('payload')) },
        {
          code: 'payload_too_large',
          address: TOPIC,
          detail: expect.stringMatching(/; of 1500000 bytes the first 307200 are kept$/),
          value: digest(large.subarray(0, REFUSED_BYTES_KEPT)),
        },
      ]);
      await subscriber.close();
      const again = await harness();
      subscribe(again, broker, { protocolVersion });
      await client.publishAsync(TOPIC, telemetry(2), { qos: 1 });
      await until(() => ofDevice(again).includes(2), 'the next event');
      expect([ofDevice(again), again.deadLetters()]).toEqual([[2], []]);
    }, 30_000);

    test('two clients of one group share the messages', async () => {
      const [a, b, broker] = [await harness(), await harness(), await Mosquitto.start()];
      const client = await publisher(broker);
      subscribe(a, broker, { protocolVersion, group: 'g', clientId: 'a' });
      subscribe(b, broker, { protocolVersion, group: 'g', clientId: 'b' });
      await Promise.all([ready(a, client), ready(b, client)]);
      await Promise.all(counted(100).map((i) => client.publishAsync(TOPIC, telemetry(i), { qos: 1 })));
      await until(() => ofDevice(a).length + ofDevice(b).length >= 100, 'all events');
      expect([...ofDevice(a), ...ofDevice(b)].toSorted((x, y) => x - y)).toEqual(counted(100));
      expect(Math.min(ofDevice(a).length, ofDevice(b).length)).toBeGreaterThan(0);
    }, 30_000);
  },
);
