import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach } from 'vitest';
import { connectors } from '#connectors';
import { type MqttBroker, type MqttBrokerOptions, startMqttBroker } from '#runtime/transports/mqtt-broker.ts';
import { type Harness, reports } from './held-log.ts';

const brokers: MqttBroker[] = [];
const clients: MqttClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
  await Promise.all(brokers.splice(0).map((broker) => broker.close()));
});

/** A broker on a port of its own, closed after the test with all its clients. */
export async function start(h: Harness, options: Partial<MqttBrokerOptions> = {}) {
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

export const TOPIC = 'fleetstream/v1/acme/d1/telemetry';
export const telemetry = (sequence: number) => JSON.stringify({ sequence, metrics: { a: 1 } });
