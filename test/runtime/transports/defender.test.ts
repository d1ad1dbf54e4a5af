// Devices that speak the topics of AWS IoT Device Defender, with a client that we did not write.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Aedes } from 'aedes';
import { connectAsync } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { defender } from '#connectors';
import { startMqttSubscriber } from '#runtime/transports/mqtt-client.ts';
import { has } from '../../integration/program.ts';
import { start } from './brokers.ts';
import { harness, reports } from './held-log.ts';

const PYTHON = process.env['STACK_PYTHON'] ?? 'python3';
const PASSWORD = 'a-token-of-devices';

const REPORT = JSON.stringify({ hed: { rid: 9, v: '1.0' }, met: { ns: { bi: 1, bo: 2, pi: 3, po: 4 } } });

test.for(['json', 'cbor'] as const)('Eclipse Paho sends reports in %s and is answered', async (format, { skip }) => {
  has(PYTHON, ['-c', 'import cbor2, paho.mqtt.client'], skip);
  const h = await harness();
  const { broker } = await start(h, { tenant: 'acme', deviceToken: PASSWORD });
  const args = [join(import.meta.dirname, 'agent.py'), String(broker.port), PASSWORD, format];
  const agent = spawn(PYTHON, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [printed] = await Promise.all([text(agent.stdout), once(agent, 'exit')]);
  const at = `$aws/things/pump-7/defender/metrics/${format}`;
  expect(JSON.parse(printed)).toMatchObject([
    { topic: `${at}/accepted`, told: { thingName: 'pump-7', reportId: 1_530_304_554, status: 'ACCEPTED' } },
    {
      topic: `${at}/rejected`,
      told: { reportId: 2, status: 'REJECTED', statusDetails: { ErrorCode: 'InvalidPayload' } },
    },
  ]);
  expect(h.events()).toMatchObject([
    {
      name: 'BehaviourReported',
      key: 'acme/pump-7',
      value: { reportId: 1_530_304_554, bytesIn: 29_358_693_495, numbers: { volts: 1.5 }, source: 'defender' },
    },
  ]);
});

test('a device hears answers to a thing that it names, and not to all', async () => {
  const h = await harness();
  const { connect } = await start(h, { tenant: 'acme' });
  const client = await connect();
  const granted = async (topic: string) => {
    const [one] = await client.subscribeAsync(topic, { qos: 1 }).catch(() => [{ qos: 128 }]);
    return one?.qos;
  };
  expect(await granted('$aws/things/pump-7/defender/metrics/json/accepted')).toBe(1);
  expect(await granted('$aws/things/+/defender/metrics/json/accepted')).toBe(128);
  expect(await granted('$aws/#')).toBe(128);
});

test('a report that came over a broker of yours is answered there', async () => {
  const h = await harness();
  const yours = await Aedes.createBroker();
  const server = createServer((socket) => void yours.handle(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const subscriber = startMqttSubscriber({
    url,
    clientId: 'fleetstream-defender',
    protocolVersion: 4,
    connector: defender,
    ingress: h.ingress,
    clock: Date.now,
    region: null,
    tenant: 'acme',
    report: reports(),
  });
  const device = await connectAsync(url);
  onTestFinished(async () => {
    await device.endAsync(true);
    await subscriber.close();
    await new Promise<void>((closed) => yours.close(() => closed()));
    server.close();
  });
  const heard: string[] = [];
  device.on('message', (topic) => heard.push(topic));
  const topic = '$aws/things/pump-7/defender/metrics/json';
  await device.subscribeAsync(`${topic}/accepted`, { qos: 1 });
  // It is not kept for a subscriber that is not there yet.
  while (heard.length === 0) {
    await device.publishAsync(topic, REPORT, { qos: 1 });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(new Set(heard)).toEqual(new Set([`${topic}/accepted`]));
  expect(h.events()[0]).toMatchObject({ key: 'acme/pump-7', value: { bytesIn: 1, packetsOut: 4 } });
});
