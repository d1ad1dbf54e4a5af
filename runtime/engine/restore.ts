import type { AnyProcessor } from '#sdk';
import { Committed } from '#sdk';
import { type GroupMember, type Log, LogError } from '../log/log.ts';
import type { PartitionStore } from '../state/store.ts';
import { changelogTopic, type FoldPosition } from './fold.ts';
import { COMMIT_KEY, schemaIdsIn, storeEntry } from './entries.ts';
import type { EngineObserver } from './observer.ts';
import type { Types } from './types.ts';

const FETCH_BYTES_MAX = 4 * 1024 * 1024;
/** What is below the end is there already, so an empty answer is rare. */
const FETCH_MS_MAX = 100;

/** Known schemas, and how an unknown id becomes known. */
export interface Learning {
  readonly types: Types;
  readonly learn: (id: number) => Promise<void>;
}

/** What is restored, and for whom. */
export interface RestoredPlace {
  readonly processor: AnyProcessor;
  readonly partition: number;
  readonly store: PartitionStore;
  /** What the processor reads, and its identity. */
  readonly topic: string;
  readonly topicId: string;
  readonly owner?: GroupMember | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly observer?: EngineObserver | undefined;
}

/** Identity of what a local copy is derived from: a changelog that was made again is another one. */
export async function sourceOf(log: Log, processor: Pick<AnyProcessor, 'name'>): Promise<string> {
  return `${log.id}/${await log.topicId(changelogTopic(processor))}`;
}

/** Brings the local store up to the end of the changelog, from its checkpoint or from nothing, and says where the fold stands. */
export async function restore(log: Log, learning: Learning, place: RestoredPlace): Promise<FoldPosition | null> {
  const { processor, partition, store, owner, signal, observer } = place;
  const topic = changelogTopic(processor);
  // Whoever folded this partition before may have a commit in flight.
  const end = await log.settledEnd(topic, partition, owner);
  // Asked behind the end, so that the end is never that of a changelog made again, which would be taken for no state.
  const logId = await sourceOf(log, processor);
  const trusted = store.checkpoint?.logId === logId && store.checkpoint.changelogOffset <= end;
  if (!trusted) await store.clear();
  let offset = trusted ? (store.checkpoint?.changelogOffset ?? 0) : 0;
  // An answer may be empty before the end, as a throttled broker's is, and a state that lacks the rest would be wrong.
  while (offset < end) {
    signal?.throwIfAborted();
    observer?.restores(processor.name, partition, end - offset);
    const positions = [{ topic, partition, offset }];
    const [part] = await log.fetch({ positions, bytesMax: FETCH_BYTES_MAX, waitMsMax: FETCH_MS_MAX });
    if (part === undefined) continue;
    const entries = part.records.map(storeEntry);
    await store.write(entries, { logId, changelogOffset: part.next, schemaIds: schemaIdsIn(entries) });
    offset = part.next;
  }
  observer?.restores(processor.name, partition, 0);
  // State may have been written under any earlier version of its schema.
  for (const id of store.checkpoint?.schemaIds ?? []) if (learning.types.isUnasked(id)) await learning.learn(id);
  const committed = store.get(COMMIT_KEY);
  if (committed === undefined) return null;
  const position = learning.types.decode(Committed, committed);
  refuseForeign(place, position);
  return position;
}

/** Offsets of a topic that was made again say nothing of what was folded. */
function refuseForeign({ processor: { name }, partition, topic, topicId: now }: RestoredPlace, { topicId }: Committed) {
  if (topicId === null || topicId === now) return;
  const found = `${name} has folded partition ${partition} of another ${topic} than the one that is there now`;
  throw new LogError(
    'topic_recreated',
    `${found}; restore the topic, or delete ${changelogTopic({ name })} to fold the new one from its beginning`,
  );
}
