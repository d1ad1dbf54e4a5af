import { type Log, LogError } from '../log/log.ts';
import { readPartition } from '../log/read-partition.ts';

/** The compacted topic that remembers how far a receiver was told of each partition. */
export const WEBHOOK_TOPIC = 'fleet.webhook';

/** How far was told, persisted. A newer one on the same log fences an older one. */
export interface Places {
  /** The next offset of each partition, as an earlier life left it. */
  readonly left: ReadonlyMap<number, number>;
  /** Resolves when they are durable. Rejects with `fenced` once another has taken over. */
  save(places: ReadonlyMap<number, number>): Promise<void>;
}

/** Takes over from an earlier life. Where there was none, what comes from now on is told. */
export async function openPlaces(log: Log, topic: string, partitions: number, now: () => number): Promise<Places> {
  await log.ensureTopics([{ name: WEBHOOK_TOPIC, partitions: 1, cleanup: 'compact' }]);
  // Fencing comes first: what is read afterwards cannot change any more.
  const transactor = await log.transactor(WEBHOOK_TOPIC);
  const topicId = await log.topicId(topic);
  const written = await writtenIn(log);
  const left = new Map<number, number>();
  const saved = new Map<number, number>();
  for (let partition = 0; partition < partitions; partition++) {
    const known = written.get(partition);
    // Of a topic that was made again everything is new.
    const next =
      known === undefined ? await log.endOffset(topic, partition) : known.topicId === topicId ? known.next : 0;
    left.set(partition, next);
    if (known?.topicId === topicId) saved.set(partition, next);
  }
  const save = async (places: ReadonlyMap<number, number>) => {
    const changed = [...places].filter(([partition, next]) => saved.get(partition) !== next);
    if (changed.length === 0) return;
    const timestamp = now();
    await transactor.commit(
      changed.map(([partition, next]) => {
        const value = Buffer.from(JSON.stringify({ format: 1, topicId, next } satisfies Written));
        return { topic: WEBHOOK_TOPIC, partition: 0, key: Buffer.from(String(partition)), value, timestamp };
      }),
    );
    for (const [partition, next] of changed) saved.set(partition, next);
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

async function writtenIn(log: Log): Promise<Map<number, Written>> {
  const written = new Map<number, Written>();
  const end = await log.endOffset(WEBHOOK_TOPIC, 0);
  for await (const records of readPartition(log, { topic: WEBHOOK_TOPIC, partition: 0, offset: 0 }, end)) {
    for (const { key, value, offset } of records) {
      if (key === null || value === null) continue;
      const each = JSON.parse(Buffer.from(value).toString()) as Written;
      if (each.format !== 1) {
        const what = `${WEBHOOK_TOPIC} holds a record of an unknown format at offset ${offset}`;
        throw new LogError('record_corrupt', `${what}; run the version that wrote it`);
      }
      written.set(Number(Buffer.from(key).toString()), each);
    }
  }
  return written;
}
