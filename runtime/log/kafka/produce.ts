import { LogError } from '../log.ts';
import type { Brokers } from './brokers.ts';
import { kafkaError } from './errors.ts';
import { produceCall, type ProducedPlace, type SealedBatch } from './produce-request.ts';
import { Again, passing } from './retry.ts';

/** A batch is closed with so many bytes; a single larger record goes alone. */
export const BATCH_BYTES_MAX = 512 * 1024;
/** Bytes of one request, over all partitions. */
export const REQUEST_BYTES_MAX = 8 * 1024 * 1024;
/** How long the brokers may take to have a record on all replicas in sync. */
export const ACK_MS_MAX = 10_000;

/** What became of a batch, by `topic/partition`: where it stands, or why it does not. */
export type Outcomes = ReadonlyMap<string, ProducedPlace | Error>;

/**
 * Sends batches to the leaders of their partitions, each once. A leader that is not one any more is looked up again. An
 * outcome is an `Again` where the same batch may be taken later.
 */
export async function produce(
  brokers: Brokers,
  transactionalId: string | null,
  batches: readonly SealedBatch[],
): Promise<Outcomes> {
  const outcomes = new Map<string, ProducedPlace | Error>();
  const byNode = new Map<number, SealedBatch[]>();
  for (const batch of batches) {
    try {
      const { node } = await brokers.leaderOf(batch.topic, batch.partition);
      if (node < 0) throw new Again('LEADER_NOT_AVAILABLE');
      const same = byNode.get(node);
      if (same === undefined) byNode.set(node, [batch]);
      else same.push(batch);
    } catch (error) {
      outcomes.set(placeOf(batch), passing(error));
    }
  }
  await Promise.all(
    Array.from(byNode, async ([node, own]) => {
      try {
        const { places } = await brokers.send(
          node,
          produceCall({ transactionalId, timeoutMs: ACK_MS_MAX, batches: own }),
        );
        for (const place of places) outcomes.set(placeOf(place), outcomeOf(place));
      } catch (error) {
        for (const batch of own) outcomes.set(placeOf(batch), passing(error));
      }
    }),
  );
  const stale = batches.filter((batch) => outcomes.get(placeOf(batch)) instanceof Again);
  // Where nobody can say, the next attempt meets the same and asks again.
  if (stale.length > 0) await brokers.moved(stale.map(({ topic }) => topic)).catch(() => undefined);
  return outcomes;
}

/** The name of a partition among others. */
export function placeOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}/${partition}`;
}

/** Sequence numbers go round within 31 bits (KIP-98). */
export function nextSequence(sequence: number, count: number): number {
  return (sequence + count) % 2 ** 31;
}

function outcomeOf(place: ProducedPlace): ProducedPlace | Error {
  const error = kafkaError(place.errorCode);
  if (error.code === 0) return place;
  return error.isRetriable ? new Again(error.name) : refused(place, error.name);
}

/** What a broker will not take, now or later; `cause` names the protocol's error. */
function refused({ topic, partition }: ProducedPlace, name: string): LogError {
  const cause = new Error(name);
  if (name === 'TOPIC_AUTHORIZATION_FAILED') {
    return new LogError('log_denied', `the cluster does not let this user write ${topic}; allow it to`, { cause });
  }
  if (name === 'MESSAGE_TOO_LARGE' || name === 'RECORD_LIST_TOO_LARGE') {
    const next = 'send smaller records, or raise max.message.bytes of the topic';
    return new LogError('log_refused', `a batch is larger than ${topic} takes (${name}); ${next}`, { cause });
  }
  return new LogError('log_refused', `the broker refused a batch of ${topic}/${partition}: ${name}`, { cause });
}
