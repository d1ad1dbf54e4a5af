import { type Forgettable, LogError } from '../log.ts';
import type { Brokers } from './brokers.ts';
import { kafkaError } from './errors.ts';
import { flexibleRequest, flexibleResponse } from './flexible.ts';
import { listedOffset, READ_UNCOMMITTED } from './offsets.ts';
import { Again } from './retry.ts';

const DELETE_RECORDS = 21;
/** Room for a request of this kind at first. */
const REQUEST_BYTES = 512;
const TIMEOUT_MS = 10_000;

/** A partition that is to begin at an offset. */
interface Beginning {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Moves the start of a partition on; asks once. Gives the start. Rejects as `Forgetful` says, or with `Again`. */
export async function deleteRecords(
  brokers: Brokers,
  topic: string,
  partition: number,
  { below, before }: Forgettable,
): Promise<number> {
  const edge = { topic, partition, isolationLevel: READ_UNCOMMITTED };
  const young = await listedOffset(brokers, { ...edge, at: before });
  const offset = young === NONE ? below : Math.min(below, young);
  const { node } = await brokers.leaderOf(topic, partition);
  const answer = await brokers.send(node, deleteRecordsCall({ topic, partition, offset }));
  const error = kafkaError(answer.errorCode);
  if (error.code === 0) return answer.start;
  if (error.isStaleMetadata) await brokers.moved([topic]);
  // A leader that is new may not know yet how far its replicas are.
  if (error.isRetriable || error.name === 'OFFSET_OUT_OF_RANGE') throw new Again(error.name);
  if (error.name === 'TOPIC_AUTHORIZATION_FAILED') {
    const next = 'allow it to, or leave retention.between out';
    throw new LogError('log_denied', `the cluster does not let this user delete records of ${topic}; ${next}`);
  }
  throw new LogError('log_refused', `the cluster deletes no records of ${topic}/${partition}: ${error.name}`);
}

/** No record is that young. */
const NONE = -1;

/** DeleteRecords v2 (Kafka 2.4 and later). kafkajs has it too, behind a client that knows leaders only of topics it was asked of. */
function deleteRecordsCall({ topic, partition, offset }: Beginning) {
  const request = flexibleRequest(DELETE_RECORDS, 2, 'DeleteRecords', REQUEST_BYTES, (to) => {
    to.array([topic], (name) =>
      to
        .string(name)
        .array([partition], (number) => to.int32(number).int64(offset).tags())
        .tags(),
    );
    to.int32(TIMEOUT_MS);
  });
  return { request, response: deleteRecordsResponse };
}

const deleteRecordsResponse = flexibleResponse((from) => {
  from.int32();
  const topics = from.array(() => {
    from.string();
    const partitions = from.array(() => {
      from.int32();
      // Minus one beside an error.
      const start = from.offset();
      const errorCode = from.int16();
      from.tags();
      return { start, errorCode };
    });
    from.tags();
    return partitions;
  });
  const [answer] = topics.flat();
  if (answer === undefined) throw new RangeError('the answer tells of no partition');
  return answer;
});
