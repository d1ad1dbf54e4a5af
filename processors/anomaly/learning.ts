import type { Baseline, Draft } from './baseline.ts';
import { isCounter } from './counter.ts';
import type { Days } from './drift.ts';
import { bounded, type Forecast, forecast } from './forecast.ts';
import type { Incident } from './incident.ts';
import { recorded } from './records.ts';
import { moved } from './profile.ts';
import { DAY_MS, dayRate, hourRate, weekRate } from './season.ts';
import { learnt, type Means, type Surprise } from './statistics.ts';

/** Scales remember so many points, and weigh recent ones more than a plain mean while there are fewer. */
const SCALE_POINTS = 2000;
const FORGETTING = 2;

/** Predictors' errors and the weights of the forecast remember so many. */
const ERROR_POINTS = 1000;

const RECENT_POINTS = 8;
const INTERVAL_POINTS = 100;

/** The level follows within a day, and no faster than within so many points. */
const LEVEL_POINTS = 100;

/** Rare outliers count in full in a scale, or it would shrink to nothing where most values are the same. */
const SCALE_OUTLIER = 30;

/** A level and a season move by no more for one point, so that an anomaly does not become usual by its size. */
const LEVEL_OUTLIER = 5;
const WEIGHT_OUTLIER = 6;

/** Before that many points nothing is an outlier. */
const OUTLIER_POINTS_MIN = 10;

/** So many points in a row off by so many scales are a change of regime, to which the level jumps. */
const REGIME_POINTS = 40;
const REGIME_SCALES = 3;

/** Writes what is learnt from a point into the next baseline, which is not the one before. */
export function learning(
  next: Draft,
  baseline: Baseline,
  time: number,
  f: Forecast,
  means: Means,
  surprise: Surprise,
  { open, peak }: Incident,
  days: Days,
): void {
  const points = baseline.count + baseline.lent;
  const young = points < OUTLIER_POINTS_MIN;
  const deviationScale = baseline.deviationScale + f.floor;
  const move = young ? f.deviation : bounded(f.deviation, LEVEL_OUTLIER * deviationScale);
  const away = awayAfter(baseline.away, means.shift / deviationScale);
  const jump = Math.abs(away) >= REGIME_POINTS ? means.shift : 0;
  const scaleRate = 1 / Math.min(Math.max(1, points / FORGETTING), SCALE_POINTS);
  const scaled = scaling(young ? Infinity : SCALE_OUTLIER, f.floor, scaleRate);
  const lists = recorded(baseline, surprise.compared);
  next.count = baseline.count + 1;
  next.lent = baseline.lent;
  next.began = baseline.began;
  next.time = Math.max(time, baseline.time);
  next.intervalMs = intervalAfter(baseline, f.elapsedMs);
  next.level = baseline.level + move * levelRateOf(baseline, f.elapsedMs) + jump;
  next.levelLent = baseline.levelLent;
  next.deviation = f.deviation - jump;
  next.recent = baseline.recent + (f.deviation - baseline.recent) / Math.min(points, RECENT_POINTS) - jump;
  next.moments = momentsAfter(baseline, f, deviationScale);
  next.errors = errorsAfter(baseline, f);
  next.residualScale = scaled(baseline.residualScale, Math.abs(f.residual));
  next.deviationScale = scaled(baseline.deviationScale, Math.abs(f.deviation));
  next.changeScale = scaled(baseline.changeScale, means.step);
  next.shiftScale = baseline.shiftScale + (Math.abs(means.shift) - baseline.shiftScale) * scaleRate;
  next.leanScale = baseline.leanScale + (Math.abs(means.lean) - baseline.leanScale) * scaleRate;
  next.shift = jump === 0 ? means.shift : 0;
  next.lean = jump === 0 ? means.lean : 0;
  next.noise = means.noise;
  next.change = means.change;
  next.burst = surprise.burst;
  next.away = jump === 0 ? away : 0;
  next.open = open;
  next.peak = peak;
  next.daySum = days.daySum;
  next.dayCount = days.dayCount;
  next.dayMean = days.dayMean;
  next.dayLevel = days.dayLevel;
  next.daySpread = days.daySpread;
  next.days = days.days;
  next.tails = learnt(baseline, surprise.values, means);
  next.records = lists.records;
  next.recorded = lists.recorded;
  next.entries = lists.entries;
  learnHours(next, baseline, time, f);
}

function learnHours(next: Draft, baseline: Baseline, time: number, f: Forecast): void {
  next.profile = f.present.profile;
  next.quarter = f.present.quarter;
  next.inDay = dayAfter(baseline, time, f);
  next.inWeek = weekAfter(baseline, time, f);
  next.inHour = hourAfter(baseline, time, f);
}

/** Moves a scale towards the size of one point, which counts for no more than so many scales. */
function scaling(outlier: number, floor: number, rate: number): (scale: number, to: number) => number {
  return (scale, to) => scale + (Math.min(to, outlier * (scale + floor)) - scale) * rate;
}

/** The first point: it makes the level, together with the cohort's and free of the cohort's season. */
export function begin(baseline: Baseline, time: number, value: number): Baseline {
  // Of a counter the first value tells nothing of what it grows by.
  const judged = isCounter(baseline) ? baseline.level : value;
  const { deviation } = forecast(baseline, time, judged);
  const move = deviation / (baseline.levelLent + 1);
  const level = baseline.level + move;
  return { ...baseline, count: 1, began: time, time, value, judged, level, deviation: deviation - move };
}

/** A cohort's season is believed like that of a day for so many points lent. */
const LENT_POINTS_DAY = 100;

const RELATIVE_MAX = 8;

function levelRateOf({ count, levelLent, intervalMs }: Baseline, elapsedMs: number): number {
  const within = Math.max(DAY_MS, LEVEL_POINTS * intervalMs);
  return Math.max(1 / (count + levelLent), elapsedMs / (within + elapsedMs));
}

function errorsAfter(baseline: Baseline, f: Forecast): readonly number[] {
  const { count, lent, errors } = baseline;
  const rate = errorRate(baseline);
  const bare = errors[0] as number;
  const most = count + lent < OUTLIER_POINTS_MIN ? Infinity : SCALE_OUTLIER * (bare + f.floor);
  const after = (error: number, by: number) => error + (Math.min(Math.abs(by), most) - error) * rate;
  return [after(bare, f.bare), after(errors[1] as number, f.daily), after(errors[2] as number, f.weekly)];
}

function errorRate({ count, lent }: Baseline): number {
  return 1 / Math.min(count + lent, ERROR_POINTS);
}

/** How long the seasons were learnt, in days. */
function ageOf({ began, lent }: Baseline, time: number): number {
  return Math.max(0, time - began) / DAY_MS + lent / LENT_POINTS_DAY;
}

function dayAfter(baseline: Baseline, time: number, f: Forecast): number {
  const off = bounded(f.daily, LEVEL_OUTLIER * ((baseline.errors[1] as number) + f.floor));
  return moved(f.present.inDay, off * dayRate(ageOf(baseline, time), f.elapsedMs));
}

function weekAfter(baseline: Baseline, time: number, f: Forecast): number {
  const off = bounded(f.weekly, LEVEL_OUTLIER * ((baseline.errors[2] as number) + f.floor));
  return moved(f.present.inWeek, off * weekRate(ageOf(baseline, time), f.elapsedMs));
}

function hourAfter(baseline: Baseline, time: number, f: Forecast): number {
  const relative = Math.min(Math.abs(f.residual) / (baseline.residualScale + f.floor), RELATIVE_MAX);
  const off = relative - f.present.inHour;
  return moved(f.present.inHour, off * hourRate(ageOf(baseline, time), f.elapsedMs));
}

function intervalAfter({ intervalMs, count }: Baseline, elapsedMs: number): number {
  const usual = count < SETTLED_COUNT ? elapsedMs : Math.min(elapsedMs, 4 * intervalMs);
  return intervalMs + (usual - intervalMs) / Math.min(count, INTERVAL_POINTS);
}

const SETTLED_COUNT = 5;

function awayAfter(away: number, scales: number): number {
  if (Math.abs(scales) <= REGIME_SCALES) return 0;
  const sign = scales > 0 ? 1 : -1;
  return Math.sign(away) === -sign ? sign : away + sign;
}

/** In scales, so that no square depends on the unit of the series. */
function momentsAfter(baseline: Baseline, f: Forecast, scale: number): readonly number[] {
  const { moments } = baseline;
  const keep = 1 - errorRate(baseline);
  const x = bounded(f.newest / scale, WEIGHT_OUTLIER);
  const y = bounded(f.mean / scale, WEIGHT_OUTLIER);
  const next = bounded(f.deviation / scale, WEIGHT_OUTLIER);
  return [
    keep * (moments[0] as number) + x * x,
    keep * (moments[1] as number) + x * y,
    keep * (moments[2] as number) + y * y,
    keep * (moments[3] as number) + x * next,
    keep * (moments[4] as number) + y * next,
  ];
}
