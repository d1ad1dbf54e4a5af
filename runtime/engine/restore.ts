import type { AnyProcessor } from '#sdk';
import { Committed, EVENTS_TOPIC } from '#sdk';
import { schemaIdOf } from '../avro.ts';
import { type Log, LogError } from '../log/log.ts';
import type { PartitionStore } from '../state/store.ts';
import { changelogTopic, type FoldPosition } from './fold.ts';
import { COMMIT_KEY, framedIn, storeEntry } from './entries.ts';
import type { EngineOptions } from './options.ts';
import type { Types } from './types.ts';

const FETCH_BYTES_MAX = 4 * 1024 * 1024;

/** What a restore stands on. */
interface RestoreOptions extends Pick<EngineOptions, 'log' | 'member' | 'observer'> {
  readonly types: Types;
  /** How an unknown schema id becomes known. */
  readonly learn: (id: number) => Promise<void>;
}

/** Brings the local store up to the end of the changelog, from its checkpoint or from nothing, and says where the fold stands. */
export async function restore(
  options: RestoreOptions,
  processor: AnyProcessor,
  partition: number,
  store: PartitionStore,
): Promise<FoldPosition | null> {
  try {
    return await catchUp(options, processor, partition, store);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'state_corrupt') throw error;
    // The store trusts itself no more, so this time everything comes from the changelog.
    return await catchUp(options, processor, partition, store);
  }
}

async function catchUp(
  options: RestoreOptions,
  processor: AnyProcessor,
  partition: number,
  store: PartitionStore,
): Promise<FoldPosition | null> {
  const { log, member, observer } = options;
  const topic = changelogTopic(processor);
  // Whoever folded this partition before may have a commit in flight.
  const end = await log.settledEnd(topic, partition, member);
  const trusted = store.checkpoint?.logId === log.id && store.checkpoint.changelogOffset <= end;
  if (!trusted) await store.clear();
  let offset = trusted ? (store.checkpoint?.changelogOffset ?? 0) : 0;
  while (offset < end) {
    observer?.restores(processor.name, partition, end - offset);
    const fetched = await log.fetch({
      positions: [{ topic, partition, offset }],
      bytesMax: FETCH_BYTES_MAX,
      waitMsMax: 0,
    });
    const part = fetched[0];
    if (part === undefined || part.next <= offset) break;
    await store.write(part.records.map(storeEntry), { logId: log.id, changelogOffset: part.next });
    offset = part.next;
  }
  observer?.restores(processor.name, partition, 0);
  await learnIds(options, store);
  const committed = store.get(COMMIT_KEY);
  if (committed === undefined) return null;
  const position = options.types.decode(Committed, committed);
  await refuseForeign(log, processor, partition, position);
  return position;
}

/** Offsets of a topic that was made again say nothing of what was folded. */
async function refuseForeign(log: Log, { name }: AnyProcessor, partition: number, { topicId }: Committed) {
  if (topicId === null || topicId === (await log.topicId(EVENTS_TOPIC))) return;
  const found = `${name} has folded partition ${partition} of another ${EVENTS_TOPIC} than the one that is there now`;
  throw new LogError(
    'topic_recreated',
    `${found}; restore the topic, or delete ${changelogTopic({ name })} to fold the new one from its beginning`,
  );
}

/** State may have been written under any earlier version of its schema. */
async function learnIds({ types, learn }: RestoreOptions, store: PartitionStore): Promise<void> {
  for (const [key, value] of store.range(new Uint8Array(), new Uint8Array([255]))) {
    const id = schemaIdOf(framedIn(key, value));
    if (id !== null && types.isUnasked(id)) await learn(id);
  }
}
