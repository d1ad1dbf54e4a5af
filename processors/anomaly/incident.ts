import { log } from '#sdk';
import { type Baseline, STATISTICS } from './baseline.ts';

/** One incident alarms once, however many of its points are unlikely. */
export interface Incident {
  readonly score: number;
  readonly alarm: boolean;
  readonly open: number;
  readonly peak: number;
}

/** The score from which on a point is an alarm, for every series. */
export const ALARM_SCORE = 0.5;

/** A point whose probability is that or less is an alarm, unless its incident has alarmed before. */
export const ALARM_PROBABILITY = 0.0015;
export const LOG_ALARM = log(ALARM_PROBABILITY);

/** The number of statistics, as a logarithm: one of them alone must be that much less likely to make an alarm. */
export const LOG_STATISTICS = log(STATISTICS.length);
/** The same for the threshold that no verdict has moved. */
export const LOG_ALONE = LOG_ALARM - LOG_STATISTICS;

/** An alarm opens an incident for so many points, and each unlikely point keeps it open for so many more. */
const OPEN_POINTS = 80;
const HELD_POINTS = 30;

/** Within an incident alarms anew what is so many times as unlikely on a logarithmic scale. */
const WORSE = 2;

/** From the logarithms of these probabilities on a point is an alarm, and an alarm an alert. */
export interface Limits {
  readonly logAlarm: number;
  /** Without it no alarm is an alert. */
  readonly logAlert?: number;
}

/** Where no alarm is an alert. */
export const NO_ALERT = -Infinity;

/** The score of a point, from the logarithm of its probability. */
export function incident(
  { open, peak }: Baseline,
  logProbability: number,
  { logAlarm, logAlert = NO_ALERT }: Limits,
): Incident {
  const strength = -logProbability;
  const score = strength / (strength - logAlarm);
  const unlikely = score >= ALARM_SCORE;
  // What grows to an alert is told again, whatever it began as.
  const isNowAlert = strength >= -logAlert && peak < -logAlert;
  if (unlikely && (open === 0 || strength > peak * WORSE || isNowAlert)) {
    return { score, alarm: true, open: OPEN_POINTS, peak: strength };
  }
  if (open === 0) return { score, alarm: false, open, peak };
  const left = Math.max(unlikely ? HELD_POINTS : 0, open - 1);
  return { score: Math.min(score, ALARM_SCORE) / 2, alarm: false, open: left, peak };
}
