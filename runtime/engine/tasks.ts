import { EVENTS_TOPIC } from '#sdk';
import type { GroupMember, Position, Progress } from '../log/log.ts';
import type { Fold } from './fold.ts';

/** One partition, and the processors that fold it together. */
export interface Task {
  readonly partition: number;
  readonly folds: readonly Fold[];
  /** Event time of an event that was folded lately, in ms; kept only for an observer. */
  eventTime: number | null;
}

/** Where to read on, each time beginning with another partition: a fetch is bounded, and none may starve behind the first. */
export function positionsOf(tasks: readonly Task[], turn: number): Position[] {
  const first = turn % Math.max(1, tasks.length);
  return [...tasks.slice(first), ...tasks.slice(0, first)].flatMap(({ partition, folds }) => {
    const alive = folds.filter(({ failure }) => failure === null);
    if (alive.length === 0) return [];
    return [{ topic: EVENTS_TOPIC, partition, offset: Math.min(...alive.map(({ nextOffset }) => nextOffset)) }];
  });
}

/** What the group shows is where its slowest processor stands; each knows its own place by its changelog. */
export function progressOf(tasks: Iterable<Task>, member: GroupMember | undefined): Progress | undefined {
  if (member === undefined) return undefined;
  const positions = Array.from(tasks, ({ partition, folds }) => ({
    topic: EVENTS_TOPIC,
    partition,
    offset: Math.min(...folds.map(({ committedOffset }) => committedOffset)),
  }));
  return { member, positions };
}

/** Bytes of outputs that wait for a commit. */
export function outputBytesOf(tasks: Iterable<Task>): number {
  let bytes = 0;
  for (const { folds } of tasks) for (const fold of folds) bytes += fold.outputBytes;
  return bytes;
}
