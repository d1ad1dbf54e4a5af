import { type Change, drop, emit, type Emission, set, type Step } from '#sdk';
import { type AnomalyState, type Baseline, topics, type WaitingReport } from '#schemas';
import { EMPTY } from './baseline.ts';
import { explain } from './explain.ts';
import { observe } from './observe.ts';
import { baselines, type Kept, waiting } from './state.ts';
import { dueAtOf, type Waiting } from './waiting.ts';

const { anomalies, anomalyScores } = topics;

/** Metrics of a device that have a baseline; values of further ones are counted. */
const SERIES_MAX = 256;

export type Taken = Step<AnomalyState, typeof anomalies | typeof anomalyScores>;

/** Judges the values of the first `count` reports that wait, and teaches them to their baselines. */
export function take(
  state: AnomalyState,
  all: readonly Waiting[],
  count: number,
  { kept, scores }: { readonly kept: Kept; readonly scores: boolean },
): Taken {
  const learned = new Map<string, Baseline>();
  const changes: Change[] = [];
  const emits: Emission<typeof anomalies | typeof anomalyScores>[] = [];
  let { newest, series, unwatched } = state;
  for (const [order, report] of all.slice(0, count)) {
    changes.push(drop(waiting, order));
    newest = report.eventTime;
    for (const metric of Object.keys(report.metrics).sort()) {
      const known = learned.get(metric) ?? kept.baselines.get(metric);
      if (known === undefined && series >= SERIES_MAX) {
        unwatched++;
        continue;
      }
      if (known === undefined) series++;
      const before = known ?? EMPTY;
      const point = { time: report.eventTime, value: report.metrics[metric] as number };
      const { baseline, verdict } = observe(before, point);
      learned.set(metric, baseline);
      if (!scores && !verdict.alarm) continue;
      const about = { ...aboutOf(kept.meta.key, report), metric, value: point.value };
      const { score, probability, statistic, expected } = verdict;
      const judged = { ...about, expected, score, probability, statistic };
      if (scores) emits.push(emit(anomalyScores, judged));
      if (!verdict.alarm) continue;
      const { low, high, measure, limit, count: sampleSize, maturity } = explain(before, point);
      emits.push(emit(anomalies, { ...judged, low, high, measure, limit, sampleSize, maturity }));
    }
  }
  for (const [metric, baseline] of learned) changes.push(set(baselines, metric, baseline));
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
