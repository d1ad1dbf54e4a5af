import type { ConnectivityState, RecentMinute, RecentRun } from '#schemas';
import { GAPS_MAX, withGap } from './interval.ts';
import { uplinksOf } from './measures.ts';
import { HOUR_MS, isSameRun, lastOf } from './minute.ts';
import type { Minutes } from './minutes.ts';

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
): { readonly state: ConnectivityState; readonly last: RecentMinute } {
  let last = minutes.closed;
  let { closedGaps, uplinks } = before;
  for (const minute of minutes.within(hour, hour + HOUR_MS)) {
    const { seenFirst, seenLast, links } = minute;
    if (last.seenLast !== null && seenFirst !== null) closedGaps = withGap(closedGaps, seenFirst - last.seenLast);
    const streams = minute.streams.reduce(replaced, last.streams).slice(-STREAMS_MAX);
    const sign = seenLast ?? last.seenLast;
    last = { ...last, seenFirst: sign, seenLast: sign, streams, links: lastOf([...last.links, ...links]) };
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
  const signs: (readonly [first: number, last: number])[] = [];
  minutes.back((newest ?? 0) + 1, oldest, ({ seenFirst, seenLast }) => {
    if (seenFirst !== null && seenLast !== null) signs.push([seenFirst, seenLast]);
    return signs.length > GAPS_MAX;
  });
  const isEnough = signs.length > GAPS_MAX;
  let gaps = isEnough ? [] : closedGaps;
  let last = isEnough ? null : minutes.closed.seenLast;
  for (const [seenFirst, seenLast] of signs.toReversed()) {
    if (last !== null) gaps = withGap(gaps, seenFirst - last);
    last = seenLast;
  }
  return gaps;
}

/** The newest numbers of each run, last those that came last: what later ones are told from. */
function replaced(streams: readonly RecentRun[], span: RecentRun): readonly RecentRun[] {
  return [...streams.filter((each) => !isSameRun(each, span)), span];
}
