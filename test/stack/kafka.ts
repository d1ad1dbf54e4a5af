import { randomBytes } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { listeners, type Listener, type Place, type Prepared, type Security } from './broker.ts';
import { makeCertificates } from './certificates.ts';
import { findHouse, type House } from './house.ts';
import { kafkaInContainer } from './kafka-container.ts';
import { kafkaByMaven } from './kafka-maven.ts';
import { freePorts } from './ports.ts';

/** A broker that a test may stop, kill and start again; data and ports stay. Its own addresses are of the asked security. */
export interface KafkaNode extends Listener, Omit<Prepared, 'place'> {
  /** The same broker for each security. */
  readonly listeners: Readonly<Record<Security, Listener>>;
  /** `host:port` at which plaintext clients find the broker itself, whatever it is advertised as. */
  readonly direct: string;
}

export interface KafkaOptions {
  /** Default: plaintext. */
  readonly security?: Security;
  /** Lines of `server.properties`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The port of a proxy of this host that plaintext clients are told in place of the broker's own. */
  readonly advertised?: number;
  /** Default: containers where a Docker engine answers. */
  readonly house?: House;
}

/** Starts one broker of Kafka that is a whole cluster. Throws StackAbsent where the machine has nothing to run it. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaNode> {
  const { security = 'plaintext', settings = {}, advertised, house = await findHouse() } = options;
  const prepare = house === 'containers' ? kafkaInContainer : kafkaByMaven;
  const broker = await prepare({
    settings,
    clusterId: clusterId(),
    place: (house) => newPlace(house, advertised),
    ready: (place) => answers(`${place.host}:${place.ports.internal}`),
  });
  try {
    await broker.start();
  } catch (error) {
    await broker.close();
    throw error;
  }
  const { place, ...node } = broker;
  const all = listeners(place);
  return { ...node, ...all[security], listeners: all, direct: `${place.host}:${place.ports.plaintext}` };
}

export async function newPlace(
  house: Pick<Place, 'host' | 'bind' | 'data'>,
  advertised: number | undefined,
): Promise<Place> {
  const [internal = 0, controller = 0, plaintext = 0, tls = 0, mutual = 0, scram = 0] = await freePorts(6);
  return {
    ...house,
    ports: { internal, controller, plaintext, tls, 'mutual-tls': mutual, scram },
    advertised: advertised ?? plaintext,
    certificates: makeCertificates(house.host),
  };
}

/** 16 bytes in URL-safe base 64, as Kafka has them. */
export function clusterId(): string {
  const bytes = randomBytes(16);
  // An id that begins with a dash is an option to Kafka's tools.
  bytes[0] = 0;
  return bytes.toString('base64url');
}

/** Whether a controller is elected, and the broker serves. */
export async function answers(address: string, node = 1): Promise<boolean> {
  const client = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  const admin = client.admin();
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    return brokers.some(({ nodeId }) => nodeId === node);
  } finally {
    await admin.disconnect();
  }
}
