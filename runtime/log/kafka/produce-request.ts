import { flexibleRequest, flexibleResponse } from './flexible.ts';

/** Batches for the partitions that one broker leads. */
export interface ProduceOptions {
  /** Null outside of transactions. */
  readonly transactionalId: string | null;
  /** How long the broker may wait for the replicas in sync. */
  readonly timeoutMs: number;
  /** One batch for each partition. */
  readonly batches: readonly SealedBatch[];
}

/** One batch of a partition, ready to be sent. */
export interface SealedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Uint8Array;
}

/** The answer for one partition. */
export interface ProducedPlace {
  readonly topic: string;
  readonly partition: number;
  /** See `kafkaError`; 0 is none. */
  readonly errorCode: number;
  /** Of the batch's first record. */
  readonly baseOffset: number;
}

/** The answer of a broker. */
export interface ProduceAnswer {
  readonly places: readonly ProducedPlace[];
  readonly clientSideThrottleTime: number;
}

const PRODUCE = 0;
const ALL_IN_SYNC = -1;
/** For names and numbers around the batches. */
const BYTES_AROUND = 64 * 1024;

/** Produce v9 (Kafka 2.4 and later), acknowledged by all replicas in sync. */
export function produceCall({ transactionalId, timeoutMs, batches }: ProduceOptions) {
  const topics = Map.groupBy(batches, ({ topic }) => topic);
  let bytes = BYTES_AROUND;
  for (const batch of batches) bytes += batch.bytes.length;
  const request = flexibleRequest(PRODUCE, 9, 'Produce', bytes, (to) => {
    to.string(transactionalId).int16(ALL_IN_SYNC).int32(timeoutMs);
    to.array([...topics], ([topic, own]) => {
      to.string(topic);
      to.array(own, (batch) => to.int32(batch.partition).bytes(batch.bytes).tags());
      to.tags();
    });
  });
  return { request, response: produceResponse, requestTimeout: timeoutMs };
}

const produceResponse = flexibleResponse((from): ProduceAnswer => {
  const places = from.array(() => {
    const topic = from.string() ?? '';
    const partitions = from.array(() => {
      const partition = from.int32();
      const errorCode = from.int16();
      const baseOffset = from.offset();
      // The time and start of the log, and the text of an error, whose code says enough.
      from.int64();
      from.int64();
      from.array(() => {
        from.int32();
        from.string();
        from.tags();
      });
      from.string();
      from.tags();
      return { topic, partition, errorCode, baseOffset };
    });
    from.tags();
    return partitions;
  });
  return { places: places.flat(), clientSideThrottleTime: from.int32() };
});
