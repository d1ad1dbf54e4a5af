import { type Change, drop, emit, type Emission, type Envelope, set, type Step } from '#sdk';
import {
  type Behaviour,
  type DetectBucket,
  type DetectState,
  type DetectStatus,
  type SecurityProfile,
  topics,
  type VerdictGiven,
} from '#schemas';
import { EMPTY } from './bucket.ts';
import { type Beside, type Course, type Deaf, isCalm, isNamed, isTarget, lengthOf, type Rule, walk } from './course.ts';
import { hashOf } from './hash.ts';
import { isMeasured, measuresOf } from './measuring.ts';
import { pastOf, type Period, type Standing, type StoredBucket } from './period.ts';
import { buckets, type Kept, statuses } from './state.ts';
import { invalidated, tell, type Told } from './telling.ts';
import { BUCKET_MS, CLOSE_MS, closedAt, END, HOUR_MS, REVISED_MS, startOf, subkeyOf } from './time.ts';

const { detectMeasures, detectSeries, signals, violations } = topics;

type Measures = typeof detectMeasures | typeof detectSeries;

export type Outcome = Step<DetectState, typeof violations | typeof signals | Measures>;

/** What lies further back, after time stood still, is not judged. */
const JUDGED_MS_MAX = 48 * HOUR_MS;

/** Takes what happened into its five minutes, which are judged when they are over, or anew at the next tick. */
export function happened(
  state: DetectState,
  { eventTime }: Envelope,
  kept: Kept,
  taken: (bucket: DetectBucket) => DetectBucket,
): Outcome {
  const { logTime } = kept.meta;
  const start = startOf(eventTime, BUCKET_MS);
  const isIdle = state.dueAt === null;
  // What may still come within the lateness, before this, is to find its place.
  const early = startOf(start - REVISED_MS - HOUR_MS, HOUR_MS);
  const keptFrom = isIdle ? Math.max(state.keptFrom, early) : state.keptFrom;
  if (start < keptFrom) return { state };
  const due = Math.max(start + BUCKET_MS + CLOSE_MS, logTime + 1);
  const dueAt = Math.min(state.dueAt ?? due, due);
  const bucket = taken(kept.buckets.get(subkeyOf(start)) ?? EMPTY);
  const late = state.late || start < state.closedTo;
  return { state: { ...state, late, keptFrom, dueAt }, changes: [set(buckets, subkeyOf(start), bucket)] };
}

/** Writes a verdict down beside the finding that it is about. */
export function judgedBy(state: DetectState, event: VerdictGiven, kept: Kept): Outcome {
  const { tenant, device, finding, verdict, actor, comment, eventTime, eventId } = event;
  const [rule = '', ...rest] = finding.split('/');
  if (!rule.startsWith('detect.') || rest[0] !== device) return { state };
  const [, profile = '', ...behaviour] = rule.split('.');
  // Who judges an alert by its key means the finding that is on.
  const status = rest.length === 1 ? kept.statuses.get(`${profile}/${behaviour.join('.')}`) : undefined;
  const meant = (status === undefined ? null : findingOf(status)) ?? finding;
  const about = { tenant, device, finding: meant, profile, behaviour: behaviour.join('.'), metric: '', criteria: '' };
  const judged = { kind: 'JUDGED', reason: 'VERDICT', revision: 1, verdict, actor, comment } as const;
  const nothing = { value: null, members: [], silentAt: null, consecutive: 0, suppressed: false };
  const when = { windowStart: eventTime, eventTime, events: [eventId], policyVersion: kept.versions.securityProfiles };
  return { state, emits: [emit(violations, { ...about, ...judged, ...nothing, ...when })] };
}

/** Judges every window that is over at log time, tells what is new, and lets go what nothing can revise any more. */
export function due(before: DetectState, kept: Kept): Outcome {
  const { logTime } = kept.meta;
  const rules = rulesOf(kept);
  const { state, known, changes, emits } = meet(before, kept, rules);
  const to = closedAt(logTime);
  const finalTo = logTime - REVISED_MS;
  // An idle device keeps nothing, so that there is nothing to go back to.
  const back = before.dueAt === null ? startOf(finalTo, HOUR_MS) : startOf(to - JUDGED_MS_MAX, HOUR_MS);
  const from = Math.max(state.keptFrom, back);
  const stored = Array.from(kept.buckets.range('', END), ([subkey, bucket]): StoredBucket => [Number(subkey), bucket]);
  const past = pastOf(standingOf(state), stored, from, to);
  const deaf = deafOf(state, kept);
  let isOn = false;
  for (const rule of rules) {
    if (isMeasured(rule.behaviour)) {
      emits.push(...measuresOf(rule, past.periods, Math.max(state.closedTo, from)));
      isOn ||= watches(rule, past.periods.at(-1));
      continue;
    }
    const status = known.get(subkeyOfRule(rule));
    // Most rules are calm and stay so: then only the newest window is looked at.
    if (status === undefined && !state.late && staysCalm(rule, state, past.periods, { finalTo, deaf })) {
      isOn ||= watches(rule, past.periods.at(-1));
      continue;
    }
    const course = status ?? calmSince(Math.max(state.since, state.finalTo), rule);
    const { final, now, wasCalm, transitions } = walk(rule, course, past.periods, { finalTo, deaf });
    const { emits: news, told } = tell(
      rule,
      status?.told ?? [],
      transitions,
      now.finding,
      kept.versions.securityProfiles,
    );
    emits.push(...news);
    const left = told.filter(({ at }) => at > final.judgedTo);
    if (!isCalm(final) || !wasCalm || left.length > 0)
      changes.push(set(statuses, subkeyOfRule(rule), statusOf(rule, final, left)));
    else if (status !== undefined) changes.push(drop(statuses, subkeyOfRule(rule)));
    isOn ||= !isCalm(now) || watches(rule, past.periods.at(-1));
  }
  const keptFrom = Math.max(from, startOf(finalTo, HOUR_MS));
  for (const [start] of stored) if (start < keptFrom) changes.push(drop(buckets, subkeyOf(start)));
  const standing =
    keptFrom === from ? past.before : past.periods.find(({ start }) => start === keptFrom - BUCKET_MS)?.after;
  const isLeft = stored.some(([start]) => start >= keptFrom);
  // Without a rule there is nothing to judge, and in two hours nothing to keep.
  const next = rules.length === 0 ? keptFrom + REVISED_MS + HOUR_MS + CLOSE_MS : to + BUCKET_MS + CLOSE_MS;
  const dueAt = isOn || isLeft ? Math.max(next, logTime + 1) : null;
  return {
    state: { ...state, ...standing, ...deaf, late: false, keptFrom, closedTo: to, finalTo, dueAt },
    changes,
    emits,
  };
}

/** Whether a rule of which nothing is remembered is calm after the windows that have been closed since. */
function staysCalm(rule: Rule, { since, closedTo }: DetectState, periods: readonly Period[], beside: Beside): boolean {
  const { now, transitions } = walk(rule, calmSince(Math.max(since, closedTo), rule), periods, beside);
  return isCalm(now) && transitions.length === 0;
}

/** The newest time whose silence is not that of the device. */
function deafOf({ deafFrom, deafTo, closedTo }: DetectState, { meta: { heardSince } }: Kept): Deaf {
  return heardSince > deafTo ? { deafFrom: closedTo, deafTo: heardSince } : { deafFrom, deafTo };
}

interface Met {
  readonly state: DetectState;
  /** Of behaviours that are still the same. */
  readonly known: ReadonlyMap<string, DetectStatus>;
  readonly changes: Change[];
  readonly emits: (Told | Emission<Measures>)[];
}

/** Meets the profiles in force: an alarm of a behaviour that is not asked any more is invalidated. */
function meet(before: DetectState, kept: Kept, rules: readonly Rule[]): Met {
  const version = kept.versions.securityProfiles;
  const known = new Map(kept.statuses.range('', END_OF_TEXTS));
  if (before.profilesVersion === version) return { state: before, known, changes: [], emits: [] };
  const asked = new Map(rules.map((rule) => [subkeyOfRule(rule), fingerprintOf(rule)]));
  const gone = [...known].filter(([subkey, { fingerprint }]) => asked.get(subkey) !== fingerprint);
  const changes = gone.map(([subkey]) => drop(statuses, subkey));
  const emits = gone.flatMap(([, status]) => {
    const finding = findingOf(status);
    return finding === null ? [] : invalidated(ruleOf(status, kept), finding, before.closedTo, version);
  });
  for (const [subkey] of gone) known.delete(subkey);
  const since = before.profilesVersion === null ? 0 : before.closedTo;
  return { state: { ...before, profilesVersion: version, since }, known, changes, emits };
}

/** The finding of the alarm that is on now. */
function findingOf({ told, finding }: DetectStatus): string | null {
  const last = told.at(-1);
  if (last === undefined) return finding;
  return last.kind === 'IN_ALARM' ? last.finding : null;
}

/** The rules of all profiles that may be for the device, whatever it is. */
function rulesOf(kept: Kept): readonly Rule[] {
  const { tenant, device } = namesIn(kept);
  const isFor = ({ targets }: SecurityProfile) =>
    targets.length === 0 || targets.some((target) => isNamed(target, device));
  return kept.policies.securityProfiles.profiles.filter(isFor).flatMap((profile) =>
    profile.behaviours.map((behaviour) => {
      return { profile, behaviour, name: `detect.${profile.name}.${behaviour.name}`, tenant, device };
    }),
  );
}

/** A rule that is not asked any more, as far as its status tells. */
function ruleOf({ profile: name, behaviour, metric, suppressed, severity }: DetectStatus, kept: Kept): Rule {
  const gone = { ...NO_BEHAVIOUR, name: behaviour, metric, suppressAlerts: suppressed };
  const profile = { name, description: '', severity, targets: [], behaviours: [] };
  return { profile, behaviour: gone, name: `detect.${name}.${behaviour}`, ...namesIn(kept) };
}

function statusOf(rule: Rule, final: Course, told: DetectStatus['told']): DetectStatus {
  const { profile, behaviour } = rule;
  const { name, severity } = profile;
  const { metric, suppressAlerts: suppressed } = behaviour;
  const about = { profile: name, behaviour: behaviour.name, metric, suppressed, severity };
  return { ...about, fingerprint: fingerprintOf(rule), ...final, told };
}

function calmSince(time: number, { behaviour }: Rule): Course {
  return { judgedTo: startOf(time, lengthOf(behaviour)), finding: null, violating: 0, conforming: 0, quietMs: 0 };
}

/** A disconnected device is judged however silent it is. */
function watches({ behaviour, profile, device }: Rule, last: Period | undefined): boolean {
  if (last === undefined || last.after.disconnectedAt === null) return false;
  return behaviour.metric === 'aws:disconnect-duration' && isTarget(profile.targets, device, last.after);
}

const fingerprints = new WeakMap<Behaviour, string>();

/** What a behaviour asks; whether it is told or only written down is not part of it. */
function fingerprintOf({ behaviour }: Rule): string {
  const known = fingerprints.get(behaviour);
  if (known !== undefined) return known;
  const { suppressAlerts: _, ...asked } = behaviour;
  const hash = hashOf(JSON.stringify(Object.entries(asked).sort(([a], [b]) => (a < b ? -1 : 1))));
  fingerprints.set(behaviour, hash);
  return hash;
}

function standingOf(state: DetectState): Standing {
  const {
    profilesVersion: _,
    dueAt: _due,
    since: _since,
    closedTo: _closed,
    finalTo: _final,
    deafFrom: _deafFrom,
    deafTo: _deafTo,
    late: _late,
    keptFrom: _from,
    ...standing
  } = state;
  return standing;
}

function namesIn({ meta: { key } }: Kept): { readonly tenant: string; readonly device: string } {
  const slash = key.indexOf('/');
  return { tenant: key.slice(0, slash), device: key.slice(slash + 1) };
}

function subkeyOfRule({ profile, behaviour }: Rule): string {
  return `${profile.name}/${behaviour.name}`;
}

/** Above every name of a profile. */
const END_OF_TEXTS = '~';

const NO_BEHAVIOUR: Behaviour = {
  name: '',
  metric: '',
  topicOperator: null,
  topicFilters: [],
  operator: '',
  threshold: null,
  cidrs: [],
  ports: [],
  numbers: [],
  strings: [],
  durationSeconds: null,
  datapointsToAlarm: 1,
  datapointsToClear: 1,
  statistic: null,
  confidence: null,
  suppressAlerts: false,
};
