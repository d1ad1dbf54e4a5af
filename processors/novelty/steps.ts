import { drop, type Envelope, set, type Step } from '#sdk';
import type { DeviceDescribed, NoveltyState, NoveltyWaiting, topics } from '#schemas';
import type { Sight } from './members.ts';
import { type Kept, waiting } from './state.ts';
import { take } from './taking.ts';

export type Outcome = Step<NoveltyState, typeof topics.noveltySightings>;

/** How long, in log time, what was seen waits for what happened before it. Reports are minutes apart. */
export const WAIT_MS = 60_000;

/** Of a device wait so many; where there are more, the older half is taken at once. */
export const WAITING_MAX = 1_000;

type Row = readonly [order: string, row: NoveltyWaiting];

/** Lets what an event shows wait. */
export function sighted<E extends Envelope>(sightOf: (event: E) => Sight) {
  return (state: NoveltyState, event: E, kept: Kept): Outcome => {
    const sight = sightOf(event);
    if (sight.kinds.length === 0) return { state };
    return wait(state, event, { ...sight, described: false, model: null, firmware: null }, kept);
  };
}

/** Lets what a device says that it is wait with the rest, as what came before it was another firmware's. */
export function described(state: NoveltyState, event: DeviceDescribed, kept: Kept): Outcome {
  const { model, firmware } = event;
  return wait(state, event, { kinds: [], seen: [], described: true, model, firmware }, kept);
}

/** Takes what has waited long enough, and what happened before it. */
export function due(state: NoveltyState, at: number, kept: Kept): Outcome {
  const all = allOf(kept);
  const count = 1 + all.findLastIndex(([, { heardAt }]) => heardAt + WAIT_MS <= at);
  return taken(state, all, count, kept);
}

function wait(
  before: NoveltyState,
  event: Envelope,
  what: Pick<NoveltyWaiting, 'kinds' | 'seen' | 'described' | 'model' | 'firmware'>,
  kept: Kept,
): Outcome {
  const { logTime: heardAt } = kept.meta;
  const { eventId, eventTime, receivedAt } = event;
  const isFull = before.waiting >= WAITING_MAX;
  const room: Outcome = isFull ? taken(before, allOf(kept), WAITING_MAX >> 1, kept) : { state: before };
  const { state, changes = [] } = room;
  if (state.newest !== null && eventTime < state.newest) {
    return { ...room, state: { ...state, late: state.late + 1 } };
  }
  const row = { eventId, eventTime, receivedAt, heardAt, ...what };
  const next = { ...state, waiting: state.waiting + 1, dueAt: state.dueAt ?? heardAt + WAIT_MS };
  return { ...room, state: next, changes: [...changes, set(waiting, orderOf(event), row)] };
}

function taken(state: NoveltyState, all: readonly Row[], count: number, kept: Kept): Outcome {
  const first = all.slice(0, count);
  const left = all.slice(count);
  const outcome = take(
    state,
    first.map(([, row]) => row),
    kept,
  );
  const dueAt = left.length === 0 ? null : Math.min(...left.map(([, { heardAt }]) => heardAt)) + WAIT_MS;
  return {
    ...outcome,
    state: { ...outcome.state, waiting: left.length, dueAt },
    changes: [...first.map(([order]) => drop(waiting, order)), ...(outcome.changes ?? [])],
  };
}

function allOf(kept: Kept): readonly Row[] {
  return [...kept.waiting.range('', END)];
}

/** Digits of the largest safe integer. */
const DIGITS = 16;

/** Above every order, as they begin with a digit. */
const END = ':';

/** What happened at one time goes by its id, whatever order it comes in. */
function orderOf({ eventTime, eventId }: Envelope): string {
  return `${String(Math.max(0, eventTime)).padStart(DIGITS, '0')}/${eventId}`;
}
