import { expect, test } from 'vitest';
import { connector, type Delivery, mqtt as source, topic } from '#sdk';
import { TelemetryReported } from '#schemas';
import { avroType, frame } from '#runtime/avro.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { type DeliveriesOptions, startDeliveries } from '#runtime/transports/deliveries.ts';
import { HeldLog, reports, until } from './held-log.ts';

const told = topic({ name: 'told', doc: 'What devices are told.', value: TelemetryReported });
const teller = connector({
  name: 'teller',
  doc: 'Tells a device the number of each event about it.',
  source: source.topics('x'),
  produces: [],
  translate: () => [],
  deliver: ({ type, value }) => {
    const { device, sequence } = value as TelemetryReported;
    return type === TelemetryReported.name ? [{ address: device, body: String(sequence), retain: true }] : [];
  },
});

async function setup() {
  const log = new HeldLog();
  const registry = new MemoryRegistry();
  await log.ensureTopics([{ name: told.name, partitions: 2, cleanup: 'delete' }]);
  const id = await registry.register(TelemetryReported.avro);
  const type = avroType(TelemetryReported.avro);
  const tell = (device: string, sequence: number, partition = 0) => {
    const value = frame(type, id, {
      tenant: 'acme',
      device,
      eventId: '',
      eventTime: 0,
      deviceTime: null,
      receivedAt: 0,
      clockSuspect: false,
      source: '',
      sourceAddress: null,
      region: null,
      epoch: null,
      sequence,
      historical: false,
      correlationId: null,
      keyId: null,
      payloadBytes: 0,
      metrics: {},
      labels: {},
    });
    return log.append([{ topic: told.name, partition, key: Buffer.from(device), value, timestamp: 0 }]);
  };
  const sent: string[] = [];
  const keep = async ({ address, body }: Delivery) => void sent.push(`${address}=${String(body)}`);
  const start = (options: Partial<DeliveriesOptions> = {}) => {
    const report = reports();
    const to = { log, registry, topics: [told], partitions: 2, connector: teller, send: keep, report, ...options };
    return startDeliveries(to).then((deliveries) => ({ ...deliveries, report }));
  };
  return { log, tell, sent, start };
}

test('of the past only the newest message of each address is sent, of the present every one', async () => {
  const { tell, sent, start } = await setup();
  for (let i = 1; i <= 3; i++) await tell('d1', i);
  await tell('d2', 9, 1);
  const deliveries = await start();
  await until(() => sent.length === 2, 'the past');
  expect(sent.toSorted()).toEqual(['d1=3', 'd2=9']);
  await tell('d1', 4);
  await tell('d1', 5);
  await until(() => sent.length === 4, 'the present');
  expect(sent.slice(2)).toEqual(['d1=4', 'd1=5']);
  await deliveries.close();
});

test('a transport that is away is tried again', async () => {
  const { tell, start } = await setup();
  const sent: string[] = [];
  let isAway = true;
  await tell('d1', 1);
  const deliveries = await start({
    send: async ({ address, body }) => {
      if (isAway) throw new Error('away');
      sent.push(`${address}=${String(body)}`);
    },
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  isAway = false;
  await until(() => sent.length > 0, 'the message');
  expect(sent).toEqual(['d1=1']);
  await deliveries.close();
});

test('a failure between two messages repeats none that was sent', async () => {
  const { tell, sent, start } = await setup();
  let failures = 0;
  const deliveries = await start({
    send: async ({ address, body }) => {
      if (body === '2' && failures++ < 2) throw new Error('away');
      sent.push(`${address}=${String(body)}`);
    },
  });
  for (let i = 1; i <= 3; i++) await tell('d1', i);
  await until(() => sent.length >= 3, 'the messages');
  expect(sent).toEqual(['d1=1', 'd1=2', 'd1=3']);
  await deliveries.close();
});

test('devices beyond the bound of the past are told of early, and all of them in order', async () => {
  const { tell, sent, start } = await setup();
  for (let i = 1; i <= 3; i++) for (const device of ['d1', 'd2', 'd3', 'd4']) await tell(device, i);
  const deliveries = await start({ devicesMax: 2 });
  await until(() => ['d1=3', 'd2=3', 'd3=3', 'd4=3'].every((last) => sent.includes(last)), 'the newest of each');
  for (const device of ['d1', 'd2', 'd3', 'd4']) {
    const told = sent.filter((message) => message.startsWith(device));
    expect(told).toEqual(told.toSorted());
  }
  await deliveries.close();
});

test('a record that cannot be read is reported, and later ones arrive', async () => {
  const { log, tell, sent, start } = await setup();
  const deliveries = await start();
  const junk = { topic: told.name, partition: 0, key: Buffer.from('d1'), timestamp: 0 };
  await log.append([
    { ...junk, value: Buffer.from([0, 0, 0, 0, 99, 1]) },
    { ...junk, value: Buffer.from('junk') },
  ]);
  await log.append([{ ...junk, value: null }]);
  await tell('d1', 1);
  await until(() => sent.length > 0, 'the message');
  expect(sent).toEqual(['d1=1']);
  expect(deliveries.report.kept).toEqual([
    { level: 'error', code: 'delivery_unreadable' },
    { level: 'error', code: 'delivery_unreadable' },
  ]);
  await deliveries.close();
});

test('an end does not wait for a transport that does not answer', async () => {
  const { tell, start } = await setup();
  await tell('d1', 1);
  let asked = false;
  const deliveries = await start({
    send: () => {
      asked = true;
      return new Promise(() => undefined);
    },
  });
  await until(() => asked, 'the message');
  await expect(deliveries.close()).resolves.toBeUndefined();
});
