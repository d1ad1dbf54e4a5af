import { emit } from '#sdk';
import { type Behaviour, topics } from '#schemas';
import { isTarget, lengthOf, type Rule } from './course.ts';
import { worstOf } from './criteria.ts';
import { datapointOf } from './datapoint.ts';
import type { Period } from './period.ts';
import { BUCKET_MS, startOf } from './time.ts';

/** Whether a behaviour is judged by a later stage, which compares what it measures with other devices or with the past. */
export function isMeasured({ statistic, confidence }: Behaviour): boolean {
  return statistic !== null || confidence !== null;
}

/**
 * What a rule that a later stage judges measured in each window that has been closed since `after`. It is measured
 * once: all devices are compared at one time, and a past is learned in its order, so what comes later changes nothing.
 */
export function measuresOf(rule: Rule, periods: readonly Period[], after: number) {
  const { profile, behaviour, tenant, device } = rule;
  const length = lengthOf(behaviour);
  const [first] = periods;
  if (first === undefined) return [];
  const count = length / BUCKET_MS;
  const start = Math.max(startOf(after, length), first.start);
  const topic = behaviour.confidence === null ? topics.detectMeasures : topics.detectSeries;
  const measures = [];
  for (let at = (start - first.start) / BUCKET_MS; at + count <= periods.length; at += count) {
    const window = periods.slice(at, at + count);
    const [{ start: windowStart }, last] = [window[0] as Period, window.at(-1) as Period];
    if (!isTarget(profile.targets, device, last.after)) continue;
    const datapoint = datapointOf(behaviour, window, rule);
    if (datapoint?.kind !== 'numbers') continue;
    const { value, events } = worstOf(behaviour, datapoint.measured);
    const about = { tenant, device, profile: profile.name, behaviour: behaviour.name };
    const measured = { windowStart, eventTime: windowStart + length, value, events: events.slice(0, EVENTS_MAX) };
    measures.push(emit(topic, { ...about, ...measured }));
  }
  return measures;
}

/** Ids of events that show a measure. */
const EVENTS_MAX = 4;
