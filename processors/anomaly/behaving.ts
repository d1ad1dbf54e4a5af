import { type Change, drop, fnv1aHex, log, set, type Step } from '#sdk';
import { type Behaviour, CONFIDENCES, type DetectBaselineState, type DetectMeasured, type topics } from '#schemas';
import { type Asked, askedIn, type Kept, profiles, series } from './behaviour-state.ts';
import { type Baseline, EMPTY } from './baseline.ts';
import { explain } from './explain.ts';
import { observe } from './observe.ts';
import { packed, unpacked } from './packing.ts';
import { EMPTY_PROFILE } from './profile.ts';
import { tell, type Told } from './behaviour-telling.ts';

type Outcome = Step<DetectBaselineState, typeof topics.violations | typeof topics.signals>;

/** A younger baseline learns and says nothing: a weekend comes within a week, and a tail needs so many windows. */
export const GROWN_MS = 7 * 24 * 60 * 60_000;
export const WINDOWS_MIN = 300;

/** A device that measures nothing in windows of so long together has stopped. */
const QUIET_MS = 900_000;

/** Windows are measured when log time is a minute past their end, and judged at the tick behind. */
const LAG_MS = 120_000;

/** A baseline of which nothing has come for so long is of a device that is gone. */
const FORGOTTEN_MS = 60 * 24 * 60 * 60_000;

/** The one entry of each collection. */
const OWN = 'own';

/** Judges one window by those before it, and learns it. What comes late is judged once, in the order in which it comes. */
export function measured(before: DetectBaselineState, event: DetectMeasured, kept: Kept): Outcome {
  const { state: known, asked, isForgotten, changes, emits } = meet(before, kept);
  const { device, windowStart, eventTime: at, value, events } = event;
  if (asked === null || at <= known.judgedTo) return { state: known, changes, emits };
  // Who measures something again was silent all the same, if it was for long enough.
  const wasSilent = !isCalm(known) && dueAfter(known, asked, kept) - LAG_MS < at;
  const state = wasSilent ? silenced(known, asked, kept, emits) : known;
  const { confidence, datapointsToAlarm, datapointsToClear } = asked.behaviour;
  const baseline = isForgotten ? EMPTY : baselineIn(kept);
  const [point, logAlarm] = [{ time: at, value }, log(CONFIDENCES[confidence as string] as number)];
  const observed = observe(baseline, point, { logAlarm });
  const isGrown = baseline.count >= WINDOWS_MIN && at - baseline.began >= GROWN_MS;
  const violates = isGrown && log(observed.verdict.probability) <= logAlarm;
  const violating = violates ? state.violating + 1 : 0;
  const conforming = violates || state.finding === null ? 0 : state.conforming + 1;
  const isBegin = state.finding === null && violating >= datapointsToAlarm;
  const isEnd = state.finding !== null && conforming >= datapointsToClear;
  const finding = isBegin ? `${ruleOf(asked)}/${device}/${at}` : state.finding;
  if (isBegin || isEnd) {
    const kind = isBegin ? ('IN_ALARM' as const) : ('ALARM_CLEARED' as const);
    const about = { kind, reason: 'CRITERIA' as const, finding: finding as string, windowStart, at, events, value };
    const seen = { reasons: explain(baseline, point, logAlarm), consecutive: isBegin ? violating : conforming };
    emits.push(...tell(kept, asked, { ...about, ...seen }));
  }
  const after = { violating, conforming: isEnd ? 0 : conforming, finding: isEnd ? null : finding };
  const next = { ...state, ...after, judgedTo: at };
  changes.push(...learned(observed.baseline, baseline));
  return { state: { ...next, dueAt: dueAfter(next, asked, kept) }, changes, emits };
}

/** Meets the profiles in force. */
export function met(before: DetectBaselineState, kept: Kept): Outcome {
  const { state, changes, emits } = meet(before, kept);
  return { state, changes, emits };
}

/** Ends the alarm of a device that has measured nothing for a while, and forgets one that is gone. */
export function quiet(before: DetectBaselineState, kept: Kept): Outcome {
  const { state, asked, changes, emits } = meet(before, kept);
  if (asked === null || (state.dueAt !== null && state.dueAt > kept.meta.logTime)) return { state, changes, emits };
  const dueAt = dueAfter(state, asked, kept);
  if (dueAt > kept.meta.logTime) return { state: { ...state, dueAt }, changes, emits };
  if (isCalm(state)) return { state: { ...state, dueAt: null, measures: '' }, changes: forgotten(kept), emits };
  const calm = silenced(state, asked, kept, emits);
  return { state: { ...calm, dueAt: Math.max(kept.meta.logTime + 1, dueAfter(calm, asked, kept)) }, changes, emits };
}

/** Calm, since nothing was measured for too long; an alarm that was on has ended then. */
function silenced(state: DetectBaselineState, asked: Asked, kept: Kept, emits: Told[]): DetectBaselineState {
  const { finding, judgedTo: windowStart } = state;
  const at = dueAfter(state, asked, kept) - LAG_MS;
  const nothing = { value: null, events: [], reasons: null, consecutive: 0 };
  const about = { kind: 'ALARM_CLEARED' as const, reason: 'NO_DATA' as const, windowStart, at };
  if (finding !== null) emits.push(...tell(kept, asked, { ...about, ...nothing, finding }));
  return { ...state, finding: null, violating: 0, conforming: 0 };
}

interface Met {
  readonly state: DetectBaselineState;
  readonly asked: Asked | null;
  /** True where the baseline is of something else, or not asked any more. */
  readonly isForgotten: boolean;
  readonly changes: Change[];
  readonly emits: Told[];
}

/** A behaviour that is asked in another way ends its alarm; what it measures is known still, unless that is another. */
function meet(before: DetectBaselineState, kept: Kept): Met {
  const asked = askedIn(kept);
  const profilesVersion = kept.versions.securityProfiles;
  const now = { asked: textOf(asked, ALL), measures: textOf(asked, MEASURED) };
  const state = { ...before, ...now, profilesVersion };
  const isForgotten = before.measures !== now.measures;
  const changes = isForgotten ? forgotten(kept) : [];
  if (before.asked === now.asked) return { state, asked, isForgotten, changes, emits: [] };
  const { finding, judgedTo: at } = before;
  const nothing = { value: null, events: [], reasons: null, consecutive: 0 };
  const about = { kind: 'ALARM_INVALIDATED' as const, reason: 'POLICY' as const, windowStart: at, at };
  const emits = finding === null ? [] : tell(kept, asked, { ...about, ...nothing, finding });
  const calm = { ...state, finding: null, violating: 0, conforming: 0 };
  const dueAt = asked === null ? null : Math.max(kept.meta.logTime + 1, dueAfter(calm, asked, kept));
  return { state: { ...calm, dueAt }, asked, isForgotten, changes, emits };
}

function isCalm({ finding, violating }: DetectBaselineState): boolean {
  return finding === null && violating === 0;
}

/** When silence is next to be judged: of an alarm after some windows, of a baseline after two months. */
function dueAfter(state: DetectBaselineState, { behaviour }: Asked, { meta: { heardSince } }: Kept): number {
  if (isCalm(state)) return state.judgedTo + FORGOTTEN_MS;
  const length = (behaviour.durationSeconds ?? 300) * 1_000;
  const longest = Math.ceil(QUIET_MS / length) * length;
  // While nobody listened, silence says nothing of the device.
  return Math.max(state.judgedTo, heardSince) + longest + LAG_MS;
}

function baselineIn(kept: Kept): Baseline {
  const known = kept.series.get(OWN);
  return known === undefined ? EMPTY : unpacked(known, kept.profiles.get(OWN)?.floats ?? EMPTY_PROFILE);
}

function learned(after: Baseline, before: Baseline): readonly Change[] {
  const changes = [set(series, OWN, packed(after))];
  return after.profile === before.profile ? changes : [...changes, set(profiles, OWN, { floats: after.profile })];
}

function forgotten(kept: Kept): Change[] {
  const isProfile = kept.profiles.get(OWN) !== undefined;
  return [
    ...(kept.series.get(OWN) === undefined ? [] : [drop(series, OWN)]),
    ...(isProfile ? [drop(profiles, OWN)] : []),
  ];
}

/** What a behaviour asks; whether it is told or only written down is not part of it. */
const ALL = ({ suppressAlerts: _, ...asked }: Behaviour): object => asked;

/** What it measures, whatever is asked of that. */
const MEASURED = ({ metric, topicOperator, topicFilters, durationSeconds }: Behaviour): object => {
  return { metric, topicOperator, topicFilters, durationSeconds };
};

function textOf(asked: Asked | null, part: (of: Behaviour) => object): string {
  if (asked === null) return '';
  return fnv1aHex(JSON.stringify(Object.entries(part(asked.behaviour)).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function ruleOf({ profile, behaviour }: Asked): string {
  return `detect.${profile.name}.${behaviour.name}`;
}
