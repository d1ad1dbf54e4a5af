import type { Baseline } from './baseline.ts';

/** One incident alarms once, however many of its points are unlikely. */
export interface Incident {
  readonly score: number;
  readonly alarm: boolean;
  readonly open: number;
  readonly peak: number;
}

/** The score from which on a point is an alarm, for every series. */
export const ALARM_SCORE = 0.5;

/** An alarm opens an incident for so many points, and each unlikely point keeps it open for so many more. */
const OPEN_POINTS = 80;
const HELD_POINTS = 30;

/** Within an incident, what is about three times less likely than its alarm alarms anew (a natural logarithm). */
const WORSE = 1.15;

/** The score of a point, from the logarithms of its probability and of that from which on it alarms. */
export function incident({ open, peak }: Baseline, logProbability: number, logAlarm: number): Incident {
  const strength = -logProbability;
  const score = strength / (strength - logAlarm);
  const unlikely = score >= ALARM_SCORE;
  if (unlikely && (open === 0 || strength > peak + WORSE)) {
    return { score, alarm: true, open: OPEN_POINTS, peak: strength };
  }
  if (open === 0) return { score, alarm: false, open, peak };
  const left = Math.max(unlikely ? HELD_POINTS : 0, open - 1);
  return { score: Math.min(score, ALARM_SCORE) / 2, alarm: false, open: left, peak };
}
