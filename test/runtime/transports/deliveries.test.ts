import { expect, test } from 'vitest';
import { connector, type Delivery, mqtt as source, topic } from '#sdk';
import { TelemetryReported } from '#schemas';
import { avroType, frame } from '#runtime/avro.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { startDeliveries } from '#runtime/transports/deliveries.ts';
import { HeldLog, quiet, until } from './held-log.ts';

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
    return log.append([{ topic: told.name, partition, key: null, value, timestamp: 0 }]);
  };
  const sent: string[] = [];
  const start = (send = async ({ address, body }: Delivery) => void sent.push(`${address}=${body}`)) =>
    startDeliveries({ log, registry, topics: [told], partitions: 2, connector: teller, send, report: quiet });
  return { log, tell, sent, start };
}

test('of the past only the newest message of each address is sent, of the present every one', async () => {
  const { tell, sent, start } = await setup();
  for (let i = 1; i <= 3; i++) await tell('d1', i);
  await tell('d2', 9, 1);
  const deliveries = start();
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
  const deliveries = start(async ({ address, body }) => {
    if (isAway) throw new Error('away');
    sent.push(`${address}=${body}`);
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  isAway = false;
  await until(() => sent.length > 0, 'the message');
  expect(sent).toEqual(['d1=1']);
  await deliveries.close();
});
