import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { FORMAT_ACCOUNT, listeners, serverProperties, type Listener, type Place, type Security } from './broker.ts';
import { makeCertificates } from './certificates.ts';
import { logFile } from './logs.ts';
import { kafkaProgram } from './maven.ts';
import { freePorts } from './ports.ts';
import { service } from './service.ts';

/** A broker that a test may stop, kill and start again; data and ports stay. Its own addresses are of the asked security. */
export interface KafkaNode extends Listener {
  /** What runs it, for the output. */
  readonly how: string;
  /** The same broker for each security. */
  readonly listeners: Readonly<Record<Security, Listener>>;
  /** `host:port` at which plaintext clients find the broker itself, whatever it is advertised as. */
  readonly direct: string;
  stop(): Promise<void>;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its data; its log stays until the end of the run. */
  close(): Promise<void>;
}

export interface KafkaOptions {
  /** Default: plaintext. */
  readonly security?: Security;
  /** Lines of `server.properties`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The port of a proxy of this host that plaintext clients are told in place of the broker's own. */
  readonly advertised?: number;
}

/** Starts one broker of Kafka that is a whole cluster. Throws StackAbsent where the machine has nothing to run it. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaNode> {
  return mavenKafka(options);
}

async function mavenKafka({ security = 'plaintext', settings, advertised }: KafkaOptions): Promise<KafkaNode> {
  const { java, arguments: args, how } = await kafkaProgram();
  const folder = mkdtempSync(join(tmpdir(), 'fleetstream-kafka-'));
  const place = await newPlace('127.0.0.1', '127.0.0.1', join(folder, 'data'), advertised);
  const properties = join(folder, 'server.properties');
  writeFileSync(properties, serverProperties(place, settings));
  const heap = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const log4j = `-Dlog4j2.configurationFile=${join(import.meta.dirname, 'log4j2.properties')}`;
  const run = [...heap, log4j, ...args];

  const format = ['format', '--standalone', '-t', clusterId(), '-c', properties, ...FORMAT_ACCOUNT];
  const { status, stdout, stderr } = spawnSync(java, [...run, 'kafka.tools.StorageTool', ...format], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`kafka_unformatted: StorageTool ended with ${status}: ${stdout}${stderr}`);

  const command = { program: java, arguments: [...run, 'kafka.Kafka', properties], log: logFile('kafka') };
  const broker = service('Kafka', command, () => answers(`127.0.0.1:${place.ports.internal}`));
  const close = async () => {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  await broker.start();
  const all = listeners(place);
  return { ...broker, ...all[security], how, listeners: all, direct: `127.0.0.1:${place.ports.plaintext}`, close };
}

async function newPlace(host: string, bind: string, data: string, advertised?: number): Promise<Place> {
  const [internal = 0, controller = 0, plaintext = 0, tls = 0, mutual = 0, scram = 0] = await freePorts(6);
  return {
    host,
    bind,
    data,
    ports: { internal, controller, plaintext, tls, 'mutual-tls': mutual, scram },
    advertised: advertised ?? plaintext,
    certificates: makeCertificates(host),
  };
}

/** Kafka's ids are 16 bytes in URL-safe base 64. */
function clusterId(): string {
  return randomBytes(16).toString('base64url');
}

/** Whether a controller is elected, and the broker serves. */
async function answers(address: string): Promise<boolean> {
  const client = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  const admin = client.admin();
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    return brokers.length > 0;
  } finally {
    await admin.disconnect();
  }
}
