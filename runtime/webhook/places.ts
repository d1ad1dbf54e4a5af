import { type Log, LogError, type Position } from '../log/log.ts';
import { readPartition } from '../log/read-partition.ts';

/** The compacted topic that remembers how far a receiver was told of each partition. */
export const WEBHOOK_TOPIC = 'fleet.webhook';

/** How far was told, persisted. A newer one on the same log fences an older one. */
export interface Places {
  /** The next offset of each partition, as an earlier life left it. */
  readonly left: readonly Position[];
  /** Resolves when they are durable. Rejects with `fenced` once another has taken over. */
  save(places: readonly Position[]): Promise<void>;
}

/** What is told, and what of it was put in again. */
export interface Told {
  readonly topic: string;
  readonly again: string;
  /** Of each. */
  readonly partitions: number;
}

/** Takes over from an earlier life. Where there was none, what comes from now on is told, and all that was put in again. */
export async function openPlaces(log: Log, { topic, again, partitions }: Told, now: () => number): Promise<Places> {
  await log.ensureTopics([{ name: WEBHOOK_TOPIC, partitions: 1, cleanup: 'compact' }]);
  // Fencing comes first: what is read afterwards cannot change any more.
  const transactor = await log.transactor(WEBHOOK_TOPIC);
  const written = await writtenIn(log);
  const left: Position[] = [];
  const saved = new Map<string, number>();
  const topicIds = new Map<string, string>();
  const keyOf = (place: Position) => (place.topic === topic ? '' : `${place.topic}/`) + place.partition;
  for (const name of [topic, again]) {
    const topicId = await log.topicId(name);
    topicIds.set(name, topicId);
    for (let partition = 0; partition < partitions; partition++) {
      const key = keyOf({ topic: name, partition, offset: 0 });
      const known = written.get(key);
      // Of a topic that was made again everything is new.
      const isNew = known === undefined && name === topic;
      const offset = isNew ? await log.endOffset(name, partition) : known?.topicId === topicId ? known.next : 0;
      left.push({ topic: name, partition, offset });
      if (known?.topicId === topicId) saved.set(key, offset);
    }
  }
  const save = async (places: readonly Position[]) => {
    const changed = places.filter((place) => saved.get(keyOf(place)) !== place.offset);
    if (changed.length === 0) return;
    const timestamp = now();
    await transactor.commit(
      changed.map((place) => {
        const topicId = topicIds.get(place.topic) as string;
        const value = Buffer.from(JSON.stringify({ format: 1, topicId, next: place.offset } satisfies Written));
        return { topic: WEBHOOK_TOPIC, partition: 0, key: Buffer.from(keyOf(place)), value, timestamp };
      }),
    );
    for (const place of changed) saved.set(keyOf(place), place.offset);
  };
  // Whatever happens from here on, this is where it goes on.
  await save(left);
  return { left, save };
}

/** Compact JSON: a person may read the topic. */
interface Written {
  readonly format: 1;
  /** Identity of the topic that is told of. */
  readonly topicId: string;
  readonly next: number;
}

async function writtenIn(log: Log): Promise<Map<string, Written>> {
  const written = new Map<string, Written>();
  const end = await log.endOffset(WEBHOOK_TOPIC, 0);
  for await (const records of readPartition(log, { topic: WEBHOOK_TOPIC, partition: 0, offset: 0 }, end)) {
    for (const { key, value, offset } of records) {
      if (key === null || value === null) continue;
      const each = JSON.parse(Buffer.from(value).toString()) as Written;
      if (each.format !== 1) {
        const what = `${WEBHOOK_TOPIC} holds a record of an unknown format at offset ${offset}`;
        throw new LogError('record_corrupt', `${what}; run the version that wrote it`);
      }
      written.set(Buffer.from(key).toString(), each);
    }
  }
  return written;
}
