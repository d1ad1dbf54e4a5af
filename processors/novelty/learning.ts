import type { NoveltyMember, NoveltySet } from '#schemas';

/** Reports count for between one and two such periods. */
export const PERIOD_MS = 45 * 24 * 60 * 60_000;

/** Members of one kind that a device has. One that does more is not judged: no set of this size tells what is usual. */
export const MEMBERS_MAX = 32;

/** Of a report that holds something strange, so many members are kept: they have to be gone before it is over. */
const STRANGE_MAX = 8;

/** What was told as new is learnt from when it has been so for a week; before it does not make the next one likelier. */
export const SETTLED_MS = 7 * 24 * 60 * 60_000;

/** Reports after which a device has a past, which then tells of its cohort. */
export const GROWN_REPORTS = 1_000;

export const NOTHING: NoveltySet = { period: 0, since: 0, now: 0, before: 0, full: false, grown: false, members: [] };

/** What one report holds, less what the policy knows. */
export interface Report {
  readonly time: number;
  /** Each once. */
  readonly members: readonly string[];
  /** Of these the ones that are told elsewhere: they are learnt and not judged. */
  readonly attached: ReadonlySet<string>;
}

/** What a report brought. */
export interface Lesson {
  readonly set: NoveltySet;
  /** Seen for the first time, and to be judged. */
  readonly fresh: readonly string[];
  /** Seen for the first time in this period, and not to be judged. */
  readonly shown: readonly string[];
  /** Were new, and are gone or usual. */
  readonly gone: readonly string[];
  readonly usual: readonly string[];
  /** Reports before this one, and those of them that hold what no other does. */
  readonly reports: number;
  readonly news: number;
  readonly probability: number;
  readonly strange: boolean;
  /** True once a period, when the device has a past. */
  readonly grows: boolean;
}

/**
 * Judges one report by those before it, and learns it. If the reports of a device are exchangeable (in any order as
 * likely), each is as likely as the others to be the one that holds what no other holds. So of n + 1 reports of which
 * u + 1 are such, the newest is one of them with a probability of (u + 1) / (n + 1) at most: the p-value of a conformal
 * test (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005), near Good's and Turing's estimate of
 * the unseen, u / n (Good, Biometrika 40, 1953). It needs no form of distribution.
 */
export function learn(before: NoveltySet, report: Report, alpha: number): Lesson {
  const turned = turn(before, report.time);
  const { time, attached } = report;
  const known = new Map(turned.members.map((each) => [each.member, each]));
  const seen = new Set(report.members);
  const settled = turned.members.filter(({ watched, firstAt }) => watched && firstAt + SETTLED_MS <= time);
  const gone = turned.members.filter(({ member, watched }) => watched && !seen.has(member));
  const over = new Set([...settled, ...gone]);
  const members = turned.members.map((each) => {
    const watched = each.watched && !over.has(each);
    return seen.has(each.member) ? { ...each, lastAt: time, again: true, watched } : { ...each, watched };
  });
  // What is known is told anew once a period and firmware, as the cohort forgets too, and is another.
  const begunAt = Math.max(turned.since, turned.period * PERIOD_MS);
  const reports = turned.now + turned.before;
  const news = newsOf(turned, members, time);
  const probability = (news + 1) / (reports + 1);
  const unknown = [...seen].filter((member) => !known.has(member)).sort();
  const fresh = unknown.filter((member) => !attached.has(member));
  const strange = fresh.length > 0 && probability <= alpha;
  // While something strange is there, what comes beside it is part of it.
  const isHeld = members.some((each) => each.watched && each.strange);
  const room = MEMBERS_MAX - members.length;
  const kept = isHeld || turned.full ? [] : strange ? [...fresh.slice(0, STRANGE_MAX), ...attached] : unknown;
  const added = kept.slice(0, room).map((member): NoveltyMember => {
    const judged = !attached.has(member);
    const isStrange = strange && judged;
    return { member, firstAt: time, lastAt: time, again: false, strange: isStrange, watched: judged };
  });
  const full = turned.full || (!isHeld && !strange && unknown.length > room);
  const now = turned.now + 1;
  const isGrown = !full && reports + 1 >= GROWN_REPORTS;
  const set = { ...turned, now, full, grown: turned.grown || isGrown, members: [...members, ...added].sort(byMember) };
  const isJudged = !isHeld && !full;
  return {
    set,
    fresh: isJudged ? fresh : [],
    shown: [
      ...[...seen].filter((member) => (known.get(member)?.lastAt ?? time) < begunAt),
      ...(isJudged ? unknown.filter((member) => attached.has(member)) : []),
    ],
    gone: [...over].map(({ member }) => member).sort(),
    usual: turned.members.filter(({ again }) => again).map(({ member }) => member),
    reports,
    news,
    probability,
    strange,
    grows: isGrown && !turned.grown,
  };
}

/** An operator calls what is strange as it should be: it is usual from now on, and counts as what was new. */
export function accept(set: NoveltySet): { readonly set: NoveltySet; readonly gone: readonly string[] } {
  const gone = set.members.filter(({ watched }) => watched).map(({ member }) => member);
  const members = set.members.map((each) => ({ ...each, strange: false, watched: false }));
  return { set: { ...set, members }, gone };
}

/** A new firmware may bring what is new: what is known stays so, but the reports before say nothing of it. */
export function renew(set: NoveltySet, time: number): { readonly set: NoveltySet; readonly gone: readonly string[] } {
  const gone = set.members.filter(({ watched }) => watched).map(({ member }) => member);
  const members = set.members.map((each) => ({ ...each, watched: false }));
  return { set: { ...set, since: time, now: 0, before: 0, full: false, grown: false, members }, gone };
}

/** Reports that hold a member which no other holds. Those of one report have one time. */
function newsOf({ since }: NoveltySet, members: readonly NoveltyMember[], time: number): number {
  const isLearnt = ({ strange, firstAt }: NoveltyMember) =>
    firstAt >= since && !(strange && firstAt + SETTLED_MS > time);
  const alone = members.filter((each) => !each.again && isLearnt(each));
  return new Set(alone.map(({ firstAt }) => firstAt)).size;
}

/** Begins a new period where the time lies in one, and forgets what was in neither this one nor the one before. */
function turn(set: NoveltySet, time: number): NoveltySet {
  const period = Math.floor(time / PERIOD_MS);
  if (period <= set.period) return set;
  const before = period === set.period + 1 ? set.now : 0;
  const members = set.members.filter(({ lastAt }) => lastAt >= (period - 1) * PERIOD_MS);
  return { ...set, period, now: 0, before, full: false, grown: false, members };
}

function byMember(a: NoveltyMember, b: NoveltyMember): number {
  return a.member < b.member ? -1 : 1;
}
