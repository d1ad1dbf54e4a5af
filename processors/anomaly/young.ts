import { type Change, drop, emit, type Emission, fnv1aHex, log, set, type Step, type Uncaused } from '#sdk';
import { type AnomalyCohortState, type AnomalyFound, type AnomalyMember, type AnomalyPeer, topics } from '#schemas';
import type { Baseline } from './baseline.ts';
import { priorOf, start } from './cohort.ts';
import { type Kept, members, priors, young } from './cohort-state.ts';
import { explain } from './explain.ts';
import { NO_ALERT } from './incident.ts';
import { observe } from './observe.ts';
import { packed, unpacked } from './packing.ts';
import { cleared, raised } from './signal.ts';

type Output = typeof topics.anomalies | typeof topics.signals;
type Outcome = Step<AnomalyCohortState, Output>;

/** Grown series that make a prior: those of the least hashes, so that it does not depend on who came first. */
export const MEMBERS_MAX = 16;

/** Young series of one cohort that are judged; values of further ones are counted. */
const YOUNG_MAX = 10_000;

/** The one entry of its collection. */
const PRIOR = 'prior';

/** A young series of which nothing has come for so long is not young any more, or gone. */
const SILENT_MS = 60 * 24 * 60 * 60_000;

/** Above every name of a device. */
const LAST = '\u{10ffff}';

/** Above every subkey of members, which are digits. */
const END = 'g';

/** Takes what a series tells: the baseline of a grown one, or a value of a young one. */
export function told(state: AnomalyCohortState, event: AnomalyPeer, kept: Kept): Outcome {
  return event.phase === 'MEMBER' ? joined(state, event, kept) : judged(state, event, kept);
}

/** Makes the prior anew with one more member, or a newer baseline of one. */
function joined(state: AnomalyCohortState, event: AnomalyPeer, kept: Kept): Outcome {
  const { device, numbers, tails, floats } = event;
  const subkey = fnv1aHex(device);
  const all = new Map<string, AnomalyMember>(kept.members.range('', END));
  all.set(subkey, { numbers, tails, floats });
  const ordered = [...all].sort(([a], [b]) => (a < b ? -1 : 1));
  const chosen = ordered.slice(0, MEMBERS_MAX);
  const changes: Change[] = ordered
    .slice(MEMBERS_MAX)
    .flatMap(([gone]) => (kept.members.get(gone) === undefined ? [] : [drop(members, gone)]));
  const isChosen = chosen.some(([each]) => each === subkey);
  if (!isChosen) return { state };
  changes.push(set(members, subkey, { numbers, tails, floats }));
  const left = forgotten(state, event, kept);
  changes.push(...(left.changes ?? []));
  const prior = priorOf(chosen.map(([, member]) => baselineIn(member)));
  if (prior !== null) {
    const { baseline, levelSpread, worth } = prior;
    changes.push(set(priors, PRIOR, { ...packed(baseline), floats: baseline.profile, levelSpread, worth }));
  }
  return { ...left, state: { ...left.state, members: chosen.length }, changes };
}

/** Lets go of young series that are silent, or have another firmware by now. */
function forgotten(
  before: AnomalyCohortState,
  { tenant, metric, eventId, eventTime }: AnomalyPeer,
  kept: Kept,
): Outcome {
  const silent = [...kept.young.range('', LAST)].filter(([, { newest }]) => newest + SILENT_MS < eventTime);
  const about = { tenant, metric, eventId, eventTime };
  const open = silent.filter(([, { alerting }]) => alerting);
  return {
    state: { ...before, young: before.young - silent.length },
    changes: silent.map(([device]) => drop(young, device)),
    emits: open.map(([device, each]) => emit(topics.signals, cleared({ ...about, device, value: valueOf(each) }))),
  };
}

/** Judges a value of a young series. Its baseline begins with the prior at the first value behind which there is one. */
function judged(before: AnomalyCohortState, event: AnomalyPeer, kept: Kept): Outcome {
  const { device, eventTime: time, value, threshold, phase } = event;
  const known = kept.young.get(device);
  const prior = kept.priors.get(PRIOR);
  const isLast = phase === 'LAST';
  if (known === undefined && (prior === undefined || isLast || before.young >= YOUNG_MAX))
    return { state: { ...before, unjudged: before.unjudged + 1 } };
  const baseline =
    known === undefined && prior !== undefined
      ? start({ ...prior, baseline: baselineIn(prior) })
      : baselineIn(known as AnomalyMember);
  const logAlarm = log(threshold);
  const point = { time, value };
  const { alertProbability } = kept.policies.anomaly;
  const logAlert = mayAlert(baseline.count, baseline.lent, kept) ? log(alertProbability) : NO_ALERT;
  const { baseline: after, verdict } = observe(baseline, point, { logAlarm, logAlert });
  const emits: Emission<Output>[] = [];
  let alerting = known?.alerting ?? false;
  if (verdict.alarm) {
    const found = foundOf(event, explain(baseline, point, logAlarm), baseline.lent);
    emits.push(emit(topics.anomalies, found));
    if (isAlert(found, kept)) {
      alerting = true;
      emits.push(emit(topics.signals, raised(found, kept.versions.anomaly)));
    }
  }
  // Whether the series by itself finds it over is not asked: it may not have found it at all.
  const isOver = alerting && (after.open === 0 || isLast);
  if (isOver) emits.push(emit(topics.signals, cleared(event)));
  const isNew = known === undefined;
  const state = { ...before, young: before.young + Number(isNew) - Number(isLast) };
  if (isLast) return { state, changes: [drop(young, device)], emits };
  const next = { ...packed(after), floats: after.profile, newest: time, alerting: alerting && !isOver };
  return { state, changes: [set(young, device, next)], emits };
}

/** A young baseline alerts where its cohort has lent it enough; an older one has its own say. */
function mayAlert(count: number, lent: number, { policies }: Kept): boolean {
  const { valuesMin, lentMin } = policies.anomaly;
  return count < valuesMin && lent >= lentMin;
}

function isAlert({ probability, sampleSize, lent }: Uncaused<AnomalyFound>, kept: Kept): boolean {
  return probability <= kept.policies.anomaly.alertProbability && mayAlert(sampleSize, lent, kept);
}

function foundOf(event: AnomalyPeer, reasons: ReturnType<typeof explain>, lent: number): Uncaused<AnomalyFound> {
  const { tenant, device, metric, value, threshold, eventId, eventTime, receivedAt, eventOffset } = event;
  const { expected, score, probability, statistic, low, high, measure, limit, count, maturity } = reasons;
  const about = { tenant, device, metric, value, eventId, eventTime, receivedAt, eventOffset };
  const judgement = { expected, score, probability, statistic, low, high, measure, limit };
  return { ...about, ...judgement, sampleSize: count, maturity, threshold, lent };
}

function valueOf(kept: AnomalyMember): number {
  return baselineIn(kept).value;
}

function baselineIn({ numbers, tails, floats }: AnomalyMember): Baseline {
  return unpacked({ numbers, tails }, floats);
}
