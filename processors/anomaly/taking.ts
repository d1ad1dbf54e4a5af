import { type Change, drop, emit, type Emission, log, type Step } from '#sdk';
import { type AnomalyState, topics, type WaitingReport } from '#schemas';
import { draft, EMPTY } from './baseline.ts';
import { explain } from './explain.ts';
import { ALARM_PROBABILITY, LOG_ALARM, NO_ALERT } from './incident.ts';
import { baselineOf, keep, type Learned } from './knowing.ts';
import { observe } from './observe.ts';
import { packed, unpacked } from './packing.ts';
import { handedOn, isPeer } from './peers.ts';
import { cleared, raised } from './signal.ts';
import { type Kept, waiting } from './state.ts';
import { dueAtOf, type Waiting } from './waiting.ts';

const { anomalies, anomalyScores, signals } = topics;

/** The baselines of the value that is judged: before it, and with it. */
const BEFORE = draft();
const AFTER = draft();

/** Metrics of a device that have a baseline; values of further ones are counted. */
const SERIES_MAX = 256;

type Output =
  | typeof topics.anomalyThresholds
  | typeof anomalies
  | typeof anomalyScores
  | typeof signals
  | typeof topics.anomalyPeers;

export type Taken = Step<AnomalyState, Output>;

/** Judges the values of the first `count` reports that wait, and teaches them to their baselines. */
export function take(
  state: AnomalyState,
  all: readonly Waiting[],
  count: number,
  { kept, scores }: { readonly kept: Kept; readonly scores: boolean },
): Taken {
  const learned = new Map<string, Learned>();
  const changes: Change[] = [];
  const emits: Emission<Output>[] = [];
  const { alertProbability, valuesMin } = kept.policies.anomaly;
  const logAlert = log(alertProbability);
  let { newest, series, unwatched } = state;
  for (const [order, report] of all.slice(0, count)) {
    changes.push(drop(waiting, order));
    newest = report.eventTime;
    for (const metric of Object.keys(report.metrics).sort()) {
      const newer = learned.get(metric);
      const known = newer ? unpacked(newer.baseline, newer.profile, BEFORE) : baselineOf(kept, metric, BEFORE);
      if (known === undefined && series >= SERIES_MAX) {
        unwatched++;
        continue;
      }
      if (known === undefined) series++;
      const before = known ?? EMPTY;
      const point = { time: report.eventTime, value: report.metrics[metric] as number };
      const threshold = kept.thresholds.get(metric)?.probability ?? ALARM_PROBABILITY;
      const logAlarm = threshold === ALARM_PROBABILITY ? LOG_ALARM : log(threshold);
      const limits = { logAlarm, logAlert: before.count < valuesMin ? NO_ALERT : logAlert };
      const { baseline, verdict } = observe(before, point, limits, AFTER);
      learned.set(metric, { baseline: packed(baseline), profile: baseline.profile });
      const isOver = before.open > 0 && baseline.open === 0;
      const isTold = isPeer(state, baseline);
      if (!scores && !verdict.alarm && !isOver && !isTold) continue;
      const about = { ...aboutOf(kept.meta.key, report), metric, value: point.value };
      if (isTold) emits.push(...handedOn(state, about, baseline, threshold));
      const { score, probability, statistic, expected } = verdict;
      const judged = { ...about, expected, score, probability, statistic };
      if (scores) emits.push(emit(anomalyScores, judged));
      if (isOver) emits.push(emit(signals, cleared(about)));
      if (!verdict.alarm) continue;
      const { low, high, measure, limit, count: sampleSize, maturity } = explain(before, point, logAlarm);
      const found = { ...judged, low, high, measure, limit, sampleSize, maturity, threshold, lent: before.lent };
      emits.push(emit(anomalies, found));
      const isAlert = probability <= alertProbability && sampleSize >= valuesMin;
      if (isAlert) emits.push(emit(signals, raised(found, kept.versions.anomaly)));
    }
  }
  for (const [metric, each] of learned) keep(kept, metric, each, changes);
  const left = all.slice(count);
  const next = { ...state, newest, series, unwatched, waiting: left.length, dueAt: dueAtOf(left) };
  return { state: next, changes, emits };
}

function aboutOf(key: string, { eventId, eventTime, receivedAt, offset }: WaitingReport) {
  const slash = key.indexOf('/');
  return {
    tenant: key.slice(0, slash),
    device: key.slice(slash + 1),
    eventId,
    eventTime,
    receivedAt,
    eventOffset: offset,
  };
}
