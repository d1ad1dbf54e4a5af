import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Connector, Delivery, MqttTopics } from '#sdk';
import { defender } from '#connectors';
import { topics } from '#schemas';
import { startEndpoint } from '#runtime/clickhouse/endpoint.ts';
import type { ClickHouseEngine } from '#runtime/clickhouse/engine.ts';
import { openQueries } from '#runtime/clickhouse/queries.ts';
import type { Config } from '#runtime/config.ts';
import type { Ingress } from '#runtime/ingress/ingress.ts';
import type { Log } from '#runtime/log/log.ts';
import type { Logger } from '#runtime/logger.ts';
import type { Registry } from '#runtime/registry/registry.ts';
import { answers, missingOf, type Needs } from '#runtime/readiness.ts';
import { lettersOperation } from '#runtime/letters/requests.ts';
import { policiesOperation } from '#runtime/policies/requests.ts';
import { startDeliveries } from '#runtime/transports/deliveries.ts';
import { startHttp } from '#runtime/transports/http.ts';
import { startMqttBroker } from '#runtime/transports/mqtt-broker.ts';
import { startMqttSubscriber } from '#runtime/transports/mqtt-client.ts';
import { type Listen, listenError, requireToken } from '#runtime/transports/transport.ts';
import { openapi } from '../connectors/http/openapi.ts';
import { reachable } from './api.ts';
import { policiesOf } from './processors.ts';

/** Where a running pipeline is reached. */
export interface Doors {
  /** The embedded broker, or the user's own without its credentials. */
  readonly mqtt: string;
  readonly http: string;
}

/** What the doors open on. */
export interface DoorOptions {
  readonly config: Config;
  readonly connectors: readonly Connector[];
  readonly ingress: Ingress;
  readonly log: Log;
  readonly registry: Registry;
  readonly logger: Logger;
  /** What this process needs beside the log to be ready. */
  readonly needs?: Needs;
}

/** What a door needs before it listens. */
interface Threshold {
  readonly name: string;
  readonly listen: Listen;
  /** Whoever shows it comes in; null lets everybody in who reaches the door. */
  readonly token: string | null;
}

/** The doors that listen here; with a broker of the user's own, MQTT does not. */
function thresholds({
  mqtt,
  http,
  clickhouse,
  tokens,
}: Config): Readonly<Record<'mqtt' | 'http' | 'clickhouse', Threshold>> {
  const ofDevices = { tokenSetting: 'FLEETSTREAM_TOKENS_DEVICE' };
  return {
    mqtt: {
      name: 'MQTT',
      listen: { host: mqtt.host, port: mqtt.port, portSetting: 'FLEETSTREAM_MQTT_PORT', ...ofDevices },
      token: tokens.device,
    },
    http: {
      name: 'HTTP',
      listen: { ...http, portSetting: 'FLEETSTREAM_HTTP_PORT', ...ofDevices },
      token: tokens.device,
    },
    clickhouse: {
      name: 'ClickHouse',
      listen: {
        ...clickhouse,
        portSetting: 'FLEETSTREAM_CLICKHOUSE_PORT',
        tokenSetting: 'FLEETSTREAM_TOKENS_ANALYST',
      },
      token: tokens.analyst,
    },
  };
}

/** Rejects while nothing is open yet, where a door could not open later: a port is taken, or a token is missing. */
export async function checkDoors(config: Config, withTables: boolean): Promise<void> {
  const { mqtt, http, clickhouse } = thresholds(config);
  const listening = [...(config.mqtt.broker === null ? [mqtt] : []), http, ...(withTables ? [clickhouse] : [])];
  for (const { name, listen, token } of listening) requireToken(name, listen, { deviceToken: token ?? undefined });
  // Held together, so that two doors with one port are found too.
  await using stack = new AsyncDisposableStack();
  for (const { name, listen } of listening) {
    const probe = createServer();
    try {
      await once(probe.listen(listen.port, listen.host), 'listening');
    } catch (error) {
      throw listenError(name, listen, error);
    }
    stack.defer(() => new Promise<void>((resolve) => probe.close(() => resolve())));
  }
}

/** Opens the doors of devices and operators; each is closed by the stack. Rejects when one cannot be opened, as with a taken port. */
export async function openDoors(options: DoorOptions, stack: AsyncDisposableStack): Promise<Doors> {
  const { config, connectors, ingress, log, registry, logger, needs = {} } = options;
  const { device, operator } = config.tokens;
  const tokens = { deviceToken: device ?? undefined, operatorToken: operator ?? undefined };
  const common = {
    connectors,
    ingress,
    clock: Date.now,
    region: config.region,
    report: logger,
    ...tokens,
    tenant: config.mqtt.tenant,
  };
  const asked = { log, registry, partitions: config.partitions, clock: Date.now };
  const operations = [lettersOperation(asked), policiesOperation({ ...asked, declared: policiesOf() })];
  const http = await startHttp({
    ...common,
    listen: thresholds(config).http.listen,
    openapi: openapi(operations),
    missing: missingOf({ ...needs, log: async () => ingress.isReady() && (await answers(log)) }),
    operations,
  });
  stack.defer(() => http.close());
  const { broker } = config.mqtt;
  const mqtt = broker === null ? await openBroker(options, common, stack) : joinBroker(options, broker, stack);
  await openDeliveries(options, mqtt, stack);
  return {
    mqtt: mqtt.url,
    http: `http://${reachable(config.http.host)}:${http.port}`,
  };
}

/** Opens the embedded tables to whoever reads SQL over HTTP. Gives their address. */
export async function openTables(
  config: Config,
  clickhouse: ClickHouseEngine,
  stack: AsyncDisposableStack,
): Promise<string> {
  const { name, listen, token: analyst } = thresholds(config).clickhouse;
  const { host, port } = listen;
  requireToken(name, listen, { deviceToken: analyst ?? undefined });
  const queries = await openQueries(clickhouse);
  try {
    const endpoint = await startEndpoint({ queries, host, port, ...(analyst === null ? {} : { password: analyst }) });
    // Together: the endpoint waits for answers, and a query that goes on and on is cancelled.
    stack.defer(async () => {
      await Promise.all([queries.close(), endpoint.close()]);
    });
    return `http://${reachable(host)}:${new URL(endpoint.url).port || '80'}`;
  } catch (error) {
    await queries.close();
    throw listenError(name, listen, error);
  }
}

/** What devices are told of: at each start again the newest record of each, however old it is. */
export const DELIVERED = [topics.twinDeltas];

/** What is sent to devices, and where from. */
interface Mqtt {
  readonly url: string;
  send(delivery: Delivery): Promise<void>;
}

type Common = Omit<Parameters<typeof startMqttBroker>[0], 'listen'>;

async function openBroker({ config }: DoorOptions, common: Common, stack: AsyncDisposableStack): Promise<Mqtt> {
  const { listen } = thresholds(config).mqtt;
  const broker = await startMqttBroker({ ...common, listen });
  stack.defer(() => broker.close());
  return { url: `mqtt://${reachable(listen.host)}:${broker.port}`, send: (delivery) => broker.send(delivery) };
}

/** Becomes a client of the user's broker. */
function joinBroker(options: DoorOptions, url: string, stack: AsyncDisposableStack): Mqtt {
  const { config, connectors, ingress, logger } = options;
  const { version, client, group, tenant } = config.mqtt;
  const taking = connectors.filter((each): each is Connector<MqttTopics> => each.source.kind === 'mqtt');
  // A broker may refuse topics of AWS, and would then be asked again and again.
  const asked = tenant === null ? taking.filter(({ name }) => name !== defender.name) : taking;
  const address = new URL(url);
  const username = address.username === '' ? undefined : decodeURIComponent(address.username);
  const password = address.password === '' ? undefined : decodeURIComponent(address.password);
  address.username = '';
  address.password = '';
  const common = {
    url: address.href,
    protocolVersion: version === '5' ? 5 : 4,
    username,
    password,
    group: group ?? undefined,
    ingress,
    clock: Date.now,
    region: config.region,
    tenant,
    report: logger,
  } as const;
  const [first] = asked.map((connector, index) => {
    const clientId = index === 0 ? client : `${client}-${connector.name}`;
    const subscriber = startMqttSubscriber({ ...common, clientId, connector });
    stack.defer(() => subscriber.close());
    return subscriber;
  });
  if (first === undefined) throw new Error('no connector takes MQTT');
  return { url: address.href, send: (delivery) => first.send(delivery) };
}

/** Devices hear of their desired state by the connector that can tell them. */
async function openDeliveries(
  { log, registry, connectors, config, logger }: DoorOptions,
  mqtt: Mqtt,
  stack: AsyncDisposableStack,
) {
  const connector = connectors.find(({ deliver }) => deliver !== undefined);
  if (connector === undefined) return;
  const deliveries = await startDeliveries({
    log,
    registry,
    connector,
    topics: DELIVERED,
    partitions: config.partitions,
    send: (delivery) => mqtt.send(delivery),
    report: logger,
  });
  stack.defer(() => deliveries.close());
}
