import { createRequire } from 'node:module';
import type { GroupDescriptions, KafkaConfig, SASLOptions } from 'kafkajs';
import { FlexiblePayload } from './flexible.ts';

/**
 * The one door to the inside of kafkajs, pinned to 2.2.4: its clusters, brokers and connections, which its public
 * clients do not show. Only what is named here is used of it.
 */

/** A request and the reader of its answer, as kafkajs's connections send them. */
export interface WireCall<T> {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    encode(): unknown;
  };
  readonly response: { decode(bytes: Buffer): unknown; parse(decoded: never): T | Promise<T> };
  /** At least this long, in ms, beside the cluster's own time-out. */
  readonly requestTimeout?: number;
}

/** A broker of the cluster. */
export interface Broker {
  readonly connectionPool: { send<T>(call: WireCall<T>): Promise<T> };
  initProducerId(options: { transactionalId?: string; transactionTimeout: number }): Promise<ProducerIdentity>;
  addPartitionsToTxn(options: Transactional & { topics: readonly TopicPartitions[] }): Promise<unknown>;
  addOffsetsToTxn(options: Transactional & { groupId: string }): Promise<unknown>;
  endTxn(options: Transactional & { transactionResult: boolean }): Promise<unknown>;
  listOffsets(options: {
    replicaId: -1;
    isolationLevel: 0 | 1;
    topics: readonly { topic: string; partitions: readonly { partition: number; timestamp: number }[] }[];
  }): Promise<{ responses: readonly { partitions: readonly { partition: number; offset: string }[] }[] }>;
  joinGroup(options: {
    groupId: string;
    memberId: string;
    sessionTimeout: number;
    rebalanceTimeout: number;
    groupProtocols: readonly { name: string; metadata: Buffer }[];
  }): Promise<JoinedGroup>;
  syncGroup(options: {
    groupId: string;
    generationId: number;
    memberId: string;
    groupAssignment: readonly { memberId: string; memberAssignment: Buffer }[];
  }): Promise<{ memberAssignment: Buffer }>;
  heartbeat(options: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>;
  describeGroups(options: { groupIds: readonly string[] }): Promise<GroupDescriptions>;
  leaveGroup(options: { groupId: string; memberId: string }): Promise<unknown>;
}

interface Transactional {
  readonly transactionalId: string;
  readonly producerId: string;
  readonly producerEpoch: number;
}

interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface ProducerIdentity {
  readonly producerId: string;
  readonly producerEpoch: number;
}

interface JoinedGroup {
  readonly generationId: number;
  readonly leaderId: string;
  readonly memberId: string;
  readonly members: readonly { memberId: string; memberMetadata: Buffer }[];
}

/** Connections to every broker of a cluster: two each, one of them for fetches. */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  getNodeIds(): readonly string[];
  findBroker(options: { nodeId: number | string }): Promise<Broker>;
  readonly brokerPool: { findConnectedBroker(): Promise<Broker> };
}

export type CoordinatorType = 0 | 1;
export const OF_GROUP: CoordinatorType = 0;
export const OF_TRANSACTION: CoordinatorType = 1;

/** How the cluster is reached. */
export interface Reach {
  /** As in `kafka-1.example:9092`. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: KafkaConfig['ssl'];
  readonly sasl?: SASLOptions | undefined;
  /** A request that takes longer fails, and may be sent again. */
  readonly requestMsMax: number;
  /** What kafkajs would log. */
  readonly trace?: (text: string, detail: Readonly<Record<string, unknown>>) => void;
}

const CONNECT_MS_MAX = 5_000;

const load = createRequire(import.meta.url);
const ClusterOfKafkajs = load('kafkajs/src/cluster') as new (options: Record<string, unknown>) => Cluster;
const socketFactoryOf = load('kafkajs/src/network/socketFactory') as () => unknown;
const { createLogger, LEVELS } = load('kafkajs/src/loggers') as {
  createLogger(this: void, options: { level: number; logCreator: () => (entry: LogEntry) => void }): unknown;
  readonly LEVELS: { readonly ERROR: number };
};

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests: (this: RequestQueue) => void;
}

// With nothing pending it would set a timer of a negative time after each answer, of which Node warns.
const { prototype: queue } = load('kafkajs/src/network/requestQueue') as { readonly prototype: RequestQueue };
const schedule = queue.scheduleCheckPendingRequests;
queue.scheduleCheckPendingRequests = function scheduleWhenPending(this: RequestQueue) {
  if (this.pending.length > 0) schedule.call(this);
};

interface Connection {
  readonly socket?: { destroy(error: Error): void } | undefined;
  send: (this: Connection, call: unknown) => Promise<unknown>;
}

// A connection that is dead without having ended would swallow every request to come; the next one gets a new one.
const { prototype: connection } = load('kafkajs/src/network/connection') as { readonly prototype: Connection };
const { send } = connection;
connection.send = async function sendOrLeave(this: Connection, call: unknown) {
  try {
    return await send.call(this, call);
  } catch (error) {
    if ((error as Error).name === 'KafkaJSRequestTimeoutError') this.socket?.destroy(error as Error);
    throw error;
  }
};

interface Encoder {
  readonly buffer: Buffer;
  writeEncoder: (this: Encoder, payload: unknown) => unknown;
}

// It would copy a request behind one header, and both behind another, each time into as many zeros.
const { prototype: encoder } = load('kafkajs/src/protocol/encoder') as { readonly prototype: Encoder };
const { writeEncoder } = encoder;
encoder.writeEncoder = function writeOrPrecede(this: Encoder, payload: unknown) {
  return payload instanceof FlexiblePayload ? payload.behind(this.buffer) : writeEncoder.call(this, payload);
};

interface LogEntry {
  readonly log: { readonly message: string };
}

/** Connections of their own, so that one that waits for records holds up no other. */
export function openCluster({ brokers, clientId, ssl, sasl, requestMsMax, trace }: Reach): Cluster {
  const logCreator = () => (entry: LogEntry) => trace?.(entry.log.message, { ...entry.log });
  return new ClusterOfKafkajs({
    logger: createLogger({ level: LEVELS.ERROR, logCreator }),
    socketFactory: socketFactoryOf(),
    brokers,
    clientId,
    ssl,
    // kafkajs hangs its authenticator on the object that it is given.
    sasl: sasl === undefined ? undefined : { ...sasl },
    connectionTimeout: CONNECT_MS_MAX,
    authenticationTimeout: CONNECT_MS_MAX,
    requestTimeout: requestMsMax,
    enforceRequestTimeout: true,
    metadataMaxAge: Number.MAX_SAFE_INTEGER,
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
    isolationLevel: 1,
    // Whoever asks tries again, with its own back-off.
    retry: { retries: 1, initialRetryTime: 50, maxRetryTime: 200 },
  });
}
