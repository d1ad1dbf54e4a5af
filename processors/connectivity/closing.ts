import type { ConnectivityMinute, ConnectivityState, SequenceSpan } from '#schemas';
import { withGap } from './interval.ts';
import { uplinksOf } from './measures.ts';
import { HOUR_MS, isSameRun, lastOf, MINUTE_MS, type Minutes } from './minutes.ts';

/** Runs of counters and uplinks that are kept of what was closed. */
const STREAMS_MAX = 16;
const UPLINKS_MAX = 64;

/**
 * Takes an hour that nothing can change any more into what is kept for good, minute by minute. Hours are closed in
 * their order, so what is learnt here is the same in whatever order events came.
 */
export function closed(
  before: ConnectivityState,
  hour: number,
  minutes: Minutes,
): { readonly state: ConnectivityState; readonly last: ConnectivityMinute } {
  let last = minutes.closed;
  let { closedGaps, uplinks } = before;
  for (let time = hour; time < hour + HOUR_MS; time += MINUTE_MS) {
    const minute = minutes.at(time);
    if (minute === undefined) continue;
    const { seenFirst, seenLast, links } = minute;
    if (last.seenLast !== null && seenFirst !== null) closedGaps = withGap(closedGaps, seenFirst - last.seenLast);
    const streams = minute.streams.reduce(replaced, last.streams).slice(-STREAMS_MAX);
    last = { ...last, seenLast: seenLast ?? last.seenLast, streams, links: lastOf([...last.links, ...links]) };
    const heard = uplinksOf(links).map(({ best, marginDb, heardBy }) => {
      const gateways = new Set(heardBy.flatMap(({ gateway }) => gateway ?? [])).size;
      return { marginDb, spreadingFactor: best.spreadingFactor, gateways, gateway: best.gateway };
    });
    uplinks = [...uplinks, ...heard].slice(-UPLINKS_MAX);
  }
  return { state: { ...before, closedGaps, uplinks }, last };
}

/** The newest gaps between signs, in their order and not in that in which they came. */
export function gapsOf({ closedGaps, oldest, newest }: ConnectivityState, minutes: Minutes): readonly number[] {
  let gaps = closedGaps;
  let last = minutes.closed.seenLast;
  for (let time = oldest ?? 0; time <= (newest ?? -1); time += MINUTE_MS) {
    const { seenFirst = null, seenLast = null } = minutes.at(time) ?? {};
    if (last !== null && seenFirst !== null) gaps = withGap(gaps, seenFirst - last);
    last = seenLast ?? last;
  }
  return gaps;
}

/** The newest numbers of each run, last those that came last: what later ones are told from. */
function replaced(streams: readonly SequenceSpan[], span: SequenceSpan): readonly SequenceSpan[] {
  return [...streams.filter((each) => !isSameRun(each, span)), span];
}
