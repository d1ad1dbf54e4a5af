import { emit, set } from '#sdk';
import { type AnomalyState, topics, type VerdictGiven } from '#schemas';
import { ALARM_PROBABILITY } from './incident.ts';
import { alertOf } from './signal.ts';
import { baselineOf } from './knowing.ts';
import { type Kept, thresholds } from './state.ts';
import type { Taken } from './taking.ts';

/** A false alarm makes the next one of the metric need to be that much less likely. */
const FALSE_FACTOR = 4;
/** A true one gives half of that back, up to the threshold that every metric begins with. */
const TRUE_FACTOR = 2;
/** However often it was false, what is that unlikely is told of. */
const PROBABILITY_MIN = 1e-9;

/** Moves how unlikely a metric must be to be told of, and says so. A verdict about something else moves nothing. */
export function judged(state: AnomalyState, event: VerdictGiven, kept: Kept): Taken {
  const { meta, thresholds: moved } = kept;
  const { finding, verdict, actor, tenant, device, eventId, eventTime, receivedAt } = event;
  const before = alertOf(device, '');
  const metric = finding.slice(before.length);
  const isOurs = finding.startsWith(before) && baselineOf(kept, metric) !== undefined;
  if (!isOurs || verdict === 'UNKNOWN' || meta.key !== `${tenant}/${device}`) return { state };
  const known = moved.get(metric) ?? { probability: ALARM_PROBABILITY, truePositives: 0, falsePositives: 0 };
  const isTrue = verdict === 'TRUE_POSITIVE';
  const probability = isTrue
    ? Math.min(ALARM_PROBABILITY, known.probability * TRUE_FACTOR)
    : Math.max(PROBABILITY_MIN, known.probability / FALSE_FACTOR);
  const truePositives = known.truePositives + (isTrue ? 1 : 0);
  const falsePositives = known.falsePositives + (isTrue ? 0 : 1);
  const about = { tenant, device, eventId, eventTime, receivedAt, metric, verdict, actor };
  const told = { ...about, before: known.probability, after: probability, truePositives, falsePositives };
  return {
    state,
    changes: [set(thresholds, metric, { probability, truePositives, falsePositives })],
    emits: [emit(topics.anomalyThresholds, told)],
  };
}
