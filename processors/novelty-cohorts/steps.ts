import { type Change, drop, set, type Uncaused } from '#sdk';
import type { NoveltyCohortKind, NoveltyCohortMember, NoveltyCohortState, NoveltyFound } from '#schemas';
import type { NoveltyOpen, NoveltySighting } from '#schemas';
import { COHORT_MEMBERS_MAX, isAlone, isUsual, judge, type Judgement, type Known } from './cohort.ts';
import { grownOf, KNOWN_DEVICES, NO_KIND, NO_MEMBER, turned, withDevice } from './cohort.ts';
import { kinds, type Kept, members, open, type Outcome, type Told } from './state.ts';
import { alertOf, calmed, cleared, cohortOf, raised, spreadOf, spreads } from './telling.ts';

const HOUR_MS = 60 * 60_000;

/** A command is of a moment: nothing tells when it is over. */
const COMMAND_MS = HOUR_MS;

/** What is new is usual after a week, of which the device tells; one that is gone itself tells nothing. */
const OPEN_MS = 8 * 24 * HOUR_MS;

/** Members that have to be gone for an alert to be over. */
const OPEN_MEMBERS_MAX = 16;

/** Takes what a device does for the first time, or does no more. */
export function sighted(state: NoveltyCohortState, event: NoveltySighting, kept: Kept): Outcome {
  if (event.phase === 'GONE') return gone(state, event, kept);
  const course = courseOf(event, kept);
  const kind = course.kind;
  if (event.phase === 'GROWN') return course.end(state, { ...kind, grownNow: kind.grownNow + 1 }, []);
  if (event.phase === 'SHOWN') return course.learnt(state, event.members, false);
  const unknown = event.members.filter((member) => !isUsual(course.knownOf(member), event.device, event.eventTime));
  const judgement = judge(kind, event, kept.policies.novelty);
  if (unknown.length === 0 || judgement === null) return course.learnt(state, event.members, false);
  return told(state, event, kept, course, unknown, judgement);
}

/** Ends the alerts that nobody ended. */
export function due(before: NoveltyCohortState, at: number, kept: Kept): Outcome {
  const changes: Change[] = [];
  const emits: Told[] = [];
  let left = 0;
  let dueAt: number | null = null;
  for (const [alert, each] of kept.open.range('', END)) {
    if (each.closesAt > at) {
      left++;
      dueAt = Math.min(dueAt ?? Infinity, each.closesAt);
      continue;
    }
    changes.push(drop(open, alert));
    const { device, kind } = each;
    const of = { tenant: tenantOf(kept), device, kind, eventTime: each.closesAt };
    const isSpread = alert.startsWith('novelty.spread/');
    emits.push(isSpread ? calmed(of, alert, each.members[0] as string) : cleared(of, 'Nothing more was said of it.'));
  }
  return { state: { ...before, open: left, dueAt }, changes, emits };
}

/** Above every key, as those begin with a letter. */
const END = '~';

/** What a step changes of a kind. */
interface Course {
  readonly kind: NoveltyCohortKind;
  readonly knownOf: (member: string) => NoveltyCohortMember;
  /** Takes members over as done by the device, or as found of it. */
  readonly learnt: (state: NoveltyCohortState, some: readonly string[], isFound: boolean) => Outcome;
  readonly end: (state: NoveltyCohortState, kind: NoveltyCohortKind, more: readonly Change[]) => Outcome;
}

function courseOf({ kind: name, device, eventTime }: NoveltySighting, kept: Kept): Course {
  const all = (): readonly Known[] =>
    Array.from(kept.members.range(`${name}/`, `${name}0`), ([subkey, known]): Known => [subkey, known]);
  const { kind, forgotten } = turned(kept.kinds.get(name) ?? NO_KIND, all, eventTime);
  const forgets = new Set(forgotten);
  const knownOf = (member: string) => {
    const subkey = `${name}/${member}`;
    return (forgets.has(subkey) ? undefined : kept.members.get(subkey)) ?? NO_MEMBER;
  };
  const end = (state: NoveltyCohortState, next: NoveltyCohortKind, more: readonly Change[]): Outcome => {
    const dropped = forgotten.map((subkey) => drop(members, subkey));
    return { state, changes: [...dropped, set(kinds, name, next), ...more] };
  };
  const learnt = (state: NoveltyCohortState, some: readonly string[], isFound: boolean): Outcome => {
    let next = kind;
    const changes: Change[] = [];
    for (const member of some) {
      const before = knownOf(member);
      const isNew = before === NO_MEMBER;
      if (isNew && next.members >= COHORT_MEMBERS_MAX) {
        next = { ...next, full: true };
        continue;
      }
      const after = withDevice(before, device, eventTime, isFound);
      const alone = next.alone + Number(isAlone(after)) - Number(isAlone(before));
      next = { ...next, alone, members: next.members + Number(isNew) };
      changes.push(set(members, `${name}/${member}`, after));
    }
    return end(state, next, changes);
  };
  return { kind, knownOf, learnt, end };
}

/** Tells of the first few devices that do what none of their like does, and then once that it spreads. */
function told(
  state: NoveltyCohortState,
  event: NoveltySighting,
  kept: Kept,
  course: Course,
  unknown: readonly string[],
  judgement: Judgement,
): Outcome {
  const others = Math.min(...unknown.map((member) => othersOf(course.knownOf(member), event.device)));
  const found = foundOf(event, kept, course, unknown, judgement, others);
  const outcome = course.learnt(state, unknown, true);
  const changes = [...(outcome.changes ?? [])];
  const [finding, signal] = raised(found) as [Told, Told];
  const emits = [finding];
  let next = state;
  const opened = (alert: string, value: Omit<NoveltyOpen, 'device' | 'kind'>) => {
    const { device, kind } = event;
    changes.push(set(open, alert, { ...value, device, kind }));
    const isNew = kept.open.get(alert) === undefined;
    next = { open: next.open + Number(isNew), dueAt: Math.min(next.dueAt ?? Infinity, value.closesAt) };
  };
  if (others < KNOWN_DEVICES) {
    emits.push(signal);
    const alert = alertOf(event);
    const still = kept.open.get(alert)?.members ?? [];
    const waited = [...new Set([...unknown, ...still])].slice(0, OPEN_MEMBERS_MAX);
    const lasts = event.kind === 'COMMAND' ? COMMAND_MS : OPEN_MS;
    opened(alert, { members: waited, closesAt: kept.meta.logTime + lasts });
  }
  for (const member of unknown) {
    const known = course.knownOf(member);
    if (known.spread || othersOf(known, event.device) < KNOWN_DEVICES) continue;
    emits.push(spreads(found, member));
    const change = changes.findIndex(({ subkey }) => subkey === `${event.kind}/${member}`);
    if (change >= 0) {
      const { subkey, value } = changes[change] as Change;
      changes[change] = set(members, subkey, { ...(value as NoveltyCohortMember), spread: true });
    }
    const alert = spreadOf(event.kind, cohortOf(event), member);
    opened(alert, { members: [member], closesAt: kept.meta.logTime + OPEN_MS });
  }
  return { state: next, changes, emits };
}

/** Other devices that were found with the same. */
function othersOf({ found }: NoveltyCohortMember, device: string): number {
  return found.filter((each) => each !== device).length;
}

function foundOf(
  event: NoveltySighting,
  { versions }: Kept,
  { kind }: Course,
  unknown: readonly string[],
  judgement: Judgement,
  others: number,
): Uncaused<NoveltyFound> {
  const { tenant, device, eventId, eventTime, model, firmware, usual, reports, news } = event;
  const seen = event.seen.filter((_, index) => unknown.includes(event.members[index] as string));
  const about = { tenant, device, eventId, eventTime, model, firmware, kind: event.kind };
  const cohort = { cohortGrown: grownOf(kind), cohortAlone: kind.alone, others };
  const what = { members: unknown, seen, usual, reports, news };
  return { ...about, ...what, ...judgement, ...cohort, policyVersion: versions.novelty };
}

/** What was new is gone, or usual by now. */
function gone(state: NoveltyCohortState, event: NoveltySighting, { open: all }: Kept): Outcome {
  const alert = alertOf(event);
  const known = all.get(alert);
  if (known === undefined) return { state };
  const left = known.members.filter((member) => !event.members.includes(member));
  if (left.length > 0) return { state, changes: [set(open, alert, { ...known, members: left })] };
  const emits = [cleared(event, `${known.members.join(', ')}: gone, or usual by now.`)];
  return { state: { ...state, open: state.open - 1 }, changes: [drop(open, alert)], emits };
}

function tenantOf({ meta: { key } }: Kept): string {
  return key.slice(0, key.indexOf('/'));
}
