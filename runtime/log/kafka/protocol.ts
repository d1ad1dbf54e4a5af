import type { AbortedTransaction } from './transactions.ts';
import { stringBytes, WireReader, WireWriter } from './wire.ts';

/** What kafkajs writes behind its request header: it reads `buf` to know an encoder, and sends `buffer`. */
export interface Payload {
  readonly buf: Buffer;
  readonly buffer: Buffer;
  size(): number;
}

/** A request as kafkajs's `Connection.send` takes it. */
export interface RawRequest {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  expectResponse(): boolean;
  encode(): Payload;
}

/** Every response tells how long the client must wait before its next request, in milliseconds. */
interface Throttled {
  readonly clientSideThrottleTime: number;
}

/** The response to go with a request. Errors of partitions are values in it. */
export interface RawResponse<T extends Throttled> {
  decode(payload: Buffer): T;
  parse(decoded: T): T;
}

/** Offsets of an error or of nothing are -1 in all answers. */
export interface ProduceRequest {
  /** Null outside of transactions. */
  readonly transactionalId: string | null;
  /** How many replicas must have it: all in sync (-1) or the leader alone (1). An idempotent producer needs -1. */
  readonly acks: -1 | 1;
  /** How long the broker may wait for the replicas. */
  readonly timeoutMs: number;
  readonly topics: readonly ProduceTopic[];
}

export interface ProduceTopic {
  readonly topic: string;
  /** One batch for each partition. */
  readonly partitions: readonly { readonly partition: number; readonly batch: Uint8Array }[];
}

export interface ProduceResponse extends Throttled {
  readonly partitions: readonly ProducedPartition[];
}

export interface ProducedPartition {
  readonly topic: string;
  readonly partition: number;
  /** See `kafkaError`; 0 is none. */
  readonly errorCode: number;
  /** Of the batch's first record. */
  readonly baseOffset: number;
  /** Milliseconds since 1970 where the topic stamps records itself, else -1. */
  readonly logAppendTime: number;
  readonly logStartOffset: number;
}

export interface FetchRequest {
  readonly waitMsMax: number;
  /** The broker answers early with at least this. */
  readonly bytesMin: number;
  /** Over all partitions; a first batch that is larger still comes. */
  readonly bytesMax: number;
  readonly topics: readonly FetchTopic[];
  /** Empty reads from leaders alone. */
  readonly rackId: string;
}

export interface FetchTopic {
  readonly topic: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly offset: number;
    readonly bytesMax: number;
    /** Lets the broker refuse stale metadata; -1 when unknown. */
    readonly leaderEpoch: number;
  }[];
}

export interface FetchResponse extends Throttled {
  /** Of the request as a whole. */
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
}

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  /** See `kafkaError`; 0 is none. */
  readonly errorCode: number;
  readonly highWatermark: number;
  /** Offset after the last record of a finished transaction. */
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  /** The node to read from instead, or -1. */
  readonly preferredReadReplica: number;
  /** Whole batches; a view on the response. */
  readonly records: Buffer;
}

/** Produce v7: of Kafka 2.1 and later, with any compression. */
export function produceRequest(request: ProduceRequest): RawRequest {
  return raw(0, 7, 'Produce', () => {
    let size = stringBytes(request.transactionalId) + 2 + 4 + 4;
    for (const { topic, partitions } of request.topics) {
      size += stringBytes(topic) + 4;
      for (const { batch } of partitions) size += 4 + 4 + batch.length;
    }
    const writer = new WireWriter(size).string(request.transactionalId).int16(request.acks).int32(request.timeoutMs);
    writer.int32(request.topics.length);
    for (const { topic, partitions } of request.topics) {
      writer.string(topic).int32(partitions.length);
      for (const { partition, batch } of partitions) writer.int32(partition).blob(batch);
    }
    return writer.finish();
  });
}

export const produceResponse: RawResponse<ProduceResponse> = {
  decode: (payload) => {
    const reader = new WireReader(payload);
    const partitions = reader.array(() => {
      const topic = reader.string();
      return reader.array(() => ({
        topic,
        partition: reader.int32(),
        errorCode: reader.int16(),
        baseOffset: reader.safeInt64(),
        logAppendTime: reader.safeInt64(),
        logStartOffset: reader.safeInt64(),
      }));
    });
    return { partitions: partitions.flat(), clientSideThrottleTime: reader.int32() };
  },
  parse: (decoded) => decoded,
};

const READ_COMMITTED = 1;
const CONSUMER = -1;
const NO_SESSION = 0;
const SESSIONLESS = -1;
const UNKNOWN = -1;

/** Fetch v11 at isolation level read_committed and without a session: of Kafka 2.4 and later. */
export function fetchRequest(request: FetchRequest): RawRequest {
  return raw(1, 11, 'Fetch', () => {
    let size = 4 + 4 + 4 + 4 + 1 + 4 + 4 + 4 + 4 + stringBytes(request.rackId);
    for (const { topic, partitions } of request.topics) size += stringBytes(topic) + 4 + partitions.length * 28;
    const writer = new WireWriter(size).int32(CONSUMER).int32(request.waitMsMax).int32(request.bytesMin);
    writer.int32(request.bytesMax).int8(READ_COMMITTED).int32(NO_SESSION).int32(SESSIONLESS);
    writer.int32(request.topics.length);
    for (const { topic, partitions } of request.topics) {
      writer.string(topic).int32(partitions.length);
      for (const { partition, offset, bytesMax, leaderEpoch } of partitions) {
        writer.int32(partition).int32(leaderEpoch).int64(offset).int64(UNKNOWN).int32(bytesMax);
      }
    }
    return writer.int32(0).string(request.rackId).finish();
  });
}

export const fetchResponse: RawResponse<FetchResponse> = {
  decode: (payload) => {
    const reader = new WireReader(payload);
    const clientSideThrottleTime = reader.int32();
    const errorCode = reader.int16();
    reader.int32();
    const partitions = reader.array(() => {
      const topic = reader.string();
      return reader.array(() => fetchedPartition(topic, reader));
    });
    return { clientSideThrottleTime, errorCode, partitions: partitions.flat() };
  },
  parse: (decoded) => decoded,
};

function fetchedPartition(topic: string, reader: WireReader): FetchedPartition {
  return {
    topic,
    partition: reader.int32(),
    errorCode: reader.int16(),
    highWatermark: reader.safeInt64(),
    lastStableOffset: reader.safeInt64(),
    logStartOffset: reader.safeInt64(),
    aborted: reader.array(() => ({ producerId: reader.int64(), firstOffset: reader.safeInt64() })),
    preferredReadReplica: reader.int32(),
    records: reader.bytes(),
  };
}

function raw(apiKey: number, apiVersion: number, apiName: string, bytes: () => Buffer): RawRequest {
  return {
    apiKey,
    apiVersion,
    apiName,
    expectResponse: () => true,
    encode: () => {
      const buffer = bytes();
      return { buf: buffer, buffer, size: () => buffer.length };
    },
  };
}
