import { crc32c } from '@node-rs/crc32';
import type { Bytes } from '../../lmdb/environment.ts';
import { LogError, type TopicSpec } from '../log.ts';
import type { BatchBuilder } from './batch.ts';

/** A partition, as the log knows it in memory. */
export interface Partition {
  readonly topic: Topic;
  readonly number: number;
  /** First offset in the log. */
  start: number;
  /** Offset after the last durable record. */
  end: number;
  /** Offset that the next record gets. */
  next: number;
  /** Where records that wait for the next flush gather. */
  builder: BatchBuilder | null;
  /** Stored bytes, and those of them that compaction has been over. */
  bytes: number;
  cleaned: Cleaned;
  /** True when the last batch cannot be read, so that the end is unknown. */
  damaged: boolean;
  readonly waiting: Set<() => void>;
}

/** How far compaction has got. */
export interface Cleaned {
  readonly end: number;
  readonly bytes: number;
}

/** A topic of this log. */
export interface Topic {
  readonly id: number;
  readonly spec: TopicSpec;
  readonly partitions: readonly Partition[];
}

/** What the log says of itself on disk. */
export interface Catalog {
  readonly format: 1;
  readonly id: string;
  readonly topics: readonly (TopicSpec & { readonly id: number })[];
}

const CATALOG_KEY = Buffer.from('catalog');
const TOPICS_MAX = 65_535;
const PARTITIONS_MAX = 65_535;

export function writeCatalog(meta: Bytes, catalog: Catalog): void {
  writeSealed(meta, CATALOG_KEY, catalog);
}

/** Throws `record_corrupt` when the catalog is not what was written. */
export function readCatalog(meta: Bytes, folder: string): Catalog {
  const catalog = readSealed(meta, CATALOG_KEY) as Catalog | null;
  if (catalog?.format === 1) return catalog;
  const detail = `the list of topics in ${folder} is damaged; restore the folder from a backup, or move it away to begin an empty log`;
  throw new LogError('record_corrupt', detail);
}

export function writeCleaned(meta: Bytes, { topic, number }: Partition, cleaned: Cleaned): void {
  writeSealed(meta, cleanedKey(topic.id, number), cleaned);
}

/** Damage here costs one more compaction. */
export function readCleaned(meta: Bytes, topicId: number, partition: number): Cleaned {
  return (readSealed(meta, cleanedKey(topicId, partition)) as Cleaned | null) ?? { end: 0, bytes: 0 };
}

/** The catalog with what it lacks of these topics, or itself. Throws `partitions_changed`. */
export function withTopics(catalog: Catalog, specs: readonly TopicSpec[]): Catalog {
  const topics = new Map(catalog.topics.map((topic) => [topic.name, topic]));
  let changed = false;
  for (const { name, partitions, cleanup } of specs) {
    const known = topics.get(name);
    if (known === undefined && (topics.size >= TOPICS_MAX || partitions > PARTITIONS_MAX || partitions < 1)) {
      throw new LogError(
        'log_refused',
        `${name} needs 1 to ${PARTITIONS_MAX} partitions, in at most ${TOPICS_MAX} topics`,
      );
    }
    if (known !== undefined && known.partitions !== partitions) {
      const detail = `${name} has ${known.partitions} partitions, not ${partitions}; keep the count, since keys would move`;
      throw new LogError('partitions_changed', detail);
    }
    if (known !== undefined && known.cleanup === cleanup) continue;
    topics.set(name, { id: known?.id ?? topics.size + 1, name, partitions, cleanup });
    changed = true;
  }
  return changed ? { ...catalog, topics: [...topics.values()] } : catalog;
}

/** A topic without records. */
export function emptyTopic({ id, ...spec }: Catalog['topics'][number]): Topic {
  const partitions: Partition[] = [];
  const topic: Topic = { id, spec, partitions };
  for (let number = 0; number < spec.partitions; number++) {
    partitions.push({
      topic,
      number,
      start: 0,
      end: 0,
      next: 0,
      builder: null,
      bytes: 0,
      cleaned: { end: 0, bytes: 0 },
      damaged: false,
      waiting: new Set(),
    });
  }
  return topic;
}

function cleanedKey(topicId: number, partition: number): Buffer {
  return Buffer.from(`cleaned/${topicId}/${partition}`);
}

function writeSealed(meta: Bytes, key: Buffer, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  const sealed = Buffer.allocUnsafeSlow(4 + body.length);
  sealed.writeUInt32BE(crc32c(body, crc32c(key)), 0);
  body.copy(sealed, 4);
  void meta.put(key, sealed);
}

function readSealed(meta: Bytes, key: Buffer): unknown {
  const sealed = meta.getBinary(key);
  if (sealed === undefined || sealed.length < 4) return null;
  const body = sealed.subarray(4);
  return sealed.readUInt32BE(0) === crc32c(body, crc32c(key)) ? JSON.parse(body.toString()) : null;
}
