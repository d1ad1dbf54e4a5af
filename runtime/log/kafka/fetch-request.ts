import { flexibleRequest, flexibleResponse, type FlexibleReader } from './flexible.ts';
import type { AbortedTransaction } from './transactions.ts';

/** Where to read on in a partition, and of which topic by that name. */
export interface FetchPlace {
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  /** Lets the broker refuse stale metadata. */
  readonly leaderEpoch: number;
}

/** What to read, and how long to wait for it. */
export interface FetchOptions {
  readonly places: readonly FetchPlace[];
  readonly waitMsMax: number;
  /** Over all partitions; a first batch that is larger still comes. */
  readonly bytesMax: number;
}

/** The answer for one partition. */
export interface FetchedPlace {
  readonly topicId: string;
  readonly partition: number;
  /** See `kafkaError`; 0 is none. */
  readonly errorCode: number;
  readonly logStartOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Whole batches; a view on the answer. */
  readonly records: Buffer;
}

/** The answer of a broker. */
export interface FetchAnswer {
  /** Of the request as a whole. */
  readonly errorCode: number;
  readonly places: readonly FetchedPlace[];
  readonly clientSideThrottleTime: number;
}

const FETCH = 1;
/** Room for a request of this kind at first. */
const REQUEST_BYTES = 1024;
const CONSUMER = -1;
const READ_COMMITTED = 1;
const NO_SESSION = 0;
const SESSIONLESS = -1;
const UNKNOWN = -1;
const EMPTY = Buffer.alloc(0);

/** Fetch v13 (Kafka 3.1 and later), the first that names topics by id: of a topic made again under its name nothing is read. */
export function fetchCall({ places, waitMsMax, bytesMax }: FetchOptions) {
  const topics = Map.groupBy(places, ({ topicId }) => topicId);
  const request = flexibleRequest(FETCH, 13, 'Fetch', REQUEST_BYTES, (to) => {
    to.int32(CONSUMER).int32(waitMsMax).int32(1).int32(bytesMax).int8(READ_COMMITTED);
    to.int32(NO_SESSION).int32(SESSIONLESS);
    to.array([...topics], ([topicId, own]) => {
      to.uuid(topicId);
      to.array(own, ({ partition, offset, leaderEpoch }) => {
        to.int32(partition).int32(leaderEpoch).int64(offset).int32(UNKNOWN).int64(UNKNOWN).int32(bytesMax).tags();
      });
      to.tags();
    });
    to.array([], () => {}).string('');
  });
  return { request, response: fetchResponse, requestTimeout: waitMsMax + ANSWER_MS_MAX };
}

/** Beyond its own wait, a broker answers by then. */
const ANSWER_MS_MAX = 15_000;

const fetchResponse = flexibleResponse((from): FetchAnswer => {
  const clientSideThrottleTime = from.int32();
  const errorCode = from.int16();
  from.int32();
  const places = from.array(() => {
    const topicId = from.uuid();
    const partitions = from.array(() => placeOf(topicId, from));
    from.tags();
    return partitions;
  });
  return { clientSideThrottleTime, errorCode, places: places.flat() };
});

function placeOf(topicId: string, from: FlexibleReader): FetchedPlace {
  const partition = from.int32();
  const errorCode = from.int16();
  // The high watermark and the last stable offset: the records end where they must.
  from.int64();
  from.int64();
  const logStartOffset = from.offset();
  const aborted = from.array(() => {
    const producerId = from.int64();
    const firstOffset = from.offset();
    from.tags();
    return { producerId, firstOffset };
  });
  from.int32();
  const records = from.bytes() ?? EMPTY;
  from.tags();
  return { topicId, partition, errorCode, logStartOffset, aborted, records };
}
