import type { AnyProcessor } from '#sdk';
import type { GroupMember, Position, Progress } from '../log/log.ts';
import { Fold, FOLD_START } from './fold.ts';
import { CHANGED_BYTES_MAX, COMMIT_BYTES_MAX, type EngineOptions } from './options.ts';
import type { Reader } from './reader.ts';
import { type Learning, restore } from './restore.ts';
import { inputTopicOf, stageInput, upstreamsOf } from './stages.ts';

/** One partition, and the processors that fold it together. */
export interface Task {
  readonly partition: number;
  readonly folds: readonly Fold[];
  /** Event time of an event that was folded lately, in ms; kept only for an observer. */
  eventTime: number | null;
}

/** Partitions opened side by side: each waits for the log more than it works. */
const OPENED_AT_ONCE = 8;

/** What the folds of a share are opened with. */
export interface Opening {
  readonly options: EngineOptions;
  readonly learning: Learning;
  /** Identities of the topics that are read, by their names. */
  readonly topicIds: ReadonlyMap<string, string>;
  readonly reader: Reader;
  readonly patient: <T>(work: () => Promise<T>) => Promise<T>;
  /** Whether the share follows directly on the one before: then nobody else can have had what both hold. */
  readonly isNext: boolean;
}

/** Whether a member has come from one share to another with none between. */
export function isNextShare(before: GroupMember | undefined, now: GroupMember | undefined): boolean {
  if (before === undefined || now === undefined) return false;
  return before.member === now.member && before.generation + 1 === now.generation;
}

/** Opens the folds of every partition of a share. Those of the tasks before go on where nobody has folded since. */
export async function openTasks(opening: Opening, before: ReadonlyMap<number, Task>): Promise<Task[]> {
  const { partitions, assigned = Array.from({ length: partitions }, (_, i) => i) } = opening.options;
  const tasks: Task[] = [];
  for (let from = 0; from < assigned.length; from += OPENED_AT_ONCE) {
    const some = assigned.slice(from, from + OPENED_AT_ONCE);
    // Where one fails, the others end before: the next engine must not meet them at the same local copies.
    const opened = await Promise.allSettled(some.map((each) => openTask(opening, each, before.get(each))));
    for (const outcome of opened) {
      if (outcome.status === 'rejected') throw outcome.reason;
      tasks.push(outcome.value);
    }
  }
  return tasks;
}

async function openTask(opening: Opening, partition: number, before: Task | undefined): Promise<Task> {
  const folds: Fold[] = [];
  for (const processor of opening.options.processors) {
    const known = before?.folds.find((fold) => fold.processor === processor);
    const open = () => openFold(opening, processor, partition, known);
    // A store that was damaged trusts itself no more, so the second time everything comes from the changelog.
    const again = (error: unknown) => {
      if ((error as { readonly code?: unknown }).code !== 'state_corrupt') throw error;
      return open();
    };
    folds.push(await open().catch(again));
  }
  return { partition, folds, eventTime: null };
}

async function openFold(
  { options, learning, topicIds, reader, patient, isNext }: Opening,
  processor: AnyProcessor,
  partition: number,
  known: Fold | undefined,
): Promise<Fold> {
  const { log, member: owner, signal, observer, partitions, all = options.processors } = options;
  const store = options.store.open(processor.name, partition);
  if (isNext && known?.goesOn() === true) return known;
  const topic = inputTopicOf(processor);
  const topicId = topicIds.get(topic) as string;
  const restored = { processor, partition, store, topic, topicId, owner, signal, observer };
  const found = await patient(() => restore(log, learning, restored));
  if (known?.goesOn(found ?? FOLD_START) === true) return known;
  const isFirst = stageInput(processor) === null;
  const isInside = isFirst && found === null && (await patient(() => log.startOffset(topic, partition))) > 0;
  const fold = new Fold(
    processor,
    { topic, topicId, partition, partitions, isInside },
    {
      types: learning.types,
      store,
      at: found ?? FOLD_START,
      upstreams: upstreamsOf(processor, all),
      readPolicy: (bytes) => reader.policy(bytes),
      waitingBytesMax: options.waitingBytesMax,
    },
  );
  await fold.recall(learning.learn, () => {
    signal?.throwIfAborted();
    return options.clock.yield();
  });
  return fold;
}

/** Where to read on, each time beginning with another partition: a fetch is bounded, and none may starve behind the first. */
export function positionsOf(tasks: readonly Task[], turn: number, offsetOf: (fold: Fold) => number): Position[] {
  const first = turn % Math.max(1, tasks.length);
  return [...tasks.slice(first), ...tasks.slice(0, first)].flatMap(({ partition, folds }) => {
    const alive = folds.filter(({ failure }) => failure === null);
    return offsetsOf(partition, alive, offsetOf);
  });
}

/** What the group shows is where its slowest processor stands; each knows its own place by its changelog. */
export function progressOf(tasks: Iterable<Task>, member: GroupMember | undefined): Progress | undefined {
  if (member === undefined) return undefined;
  const positions = Array.from(tasks, ({ partition, folds }) =>
    offsetsOf(partition, folds, ({ committedOffset }) => committedOffset),
  );
  return { member, positions: positions.flat() };
}

/** The smallest offset of these folds in each topic that they read. */
function offsetsOf(partition: number, folds: readonly Fold[], offsetOf: (fold: Fold) => number): Position[] {
  const offsets = new Map<string, number>();
  for (const fold of folds) {
    offsets.set(fold.topic, Math.min(offsetOf(fold), offsets.get(fold.topic) ?? Infinity));
  }
  return Array.from(offsets, ([topic, offset]) => ({ topic, partition, offset }));
}

/** True when so much waits for a commit that a log would not take much more at once. */
export function isCommitFull(tasks: Iterable<Task>): boolean {
  let [outputs, changes] = [0, 0];
  for (const { folds } of tasks) {
    for (const fold of folds) {
      outputs += fold.outputBytes;
      changes += fold.changedBytes;
    }
  }
  return outputs >= COMMIT_BYTES_MAX || changes >= CHANGED_BYTES_MAX;
}
