import type { Baseline } from './baseline.ts';
import type { Days } from './drift.ts';
import { bounded, type Forecast } from './forecast.ts';
import type { Incident } from './incident.ts';
import { DAY_MS, dayRate, hourRate, moved, weekRate } from './season.ts';
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

/** What is learnt from a point, as a baseline that knows it. */
export function learning(
  baseline: Baseline,
  time: number,
  value: number,
  f: Forecast,
  means: Means,
  surprise: Surprise,
  { open, peak }: Incident,
  days: Days,
): Baseline {
  const { lent, began, level, day, week, spread } = baseline;
  const points = baseline.count + lent;
  const young = points < OUTLIER_POINTS_MIN;
  const deviationScale = baseline.deviationScale + f.floor;
  const move = young ? f.deviation : bounded(f.deviation, LEVEL_OUTLIER * deviationScale);
  const levelRate = Math.max(1 / (baseline.count + baseline.levelLent), levelRateOf(baseline, f.elapsedMs));

  const away = awayAfter(baseline.away, means.shift / deviationScale);
  const jump = Math.abs(away) >= REGIME_POINTS ? means.shift : 0;
  const age = (time - began) / DAY_MS + lent / LENT_POINTS_DAY;
  const errorRate = 1 / Math.min(points, ERROR_POINTS);
  const scaleRate = 1 / Math.min(Math.max(1, points / FORGETTING), SCALE_POINTS);
  const scaled = (scale: number, to: number) =>
    scale + ((young ? to : Math.min(to, SCALE_OUTLIER * (scale + f.floor))) - scale) * scaleRate;
  const [bareError, dailyError, weeklyError] = baseline.errors as readonly [number, number, number];
  const erred = (error: number, by: number) => {
    const size = Math.abs(by);
    return error + ((young ? size : Math.min(size, SCALE_OUTLIER * (bareError + f.floor))) - error) * errorRate;
  };
  const daily = bounded(f.daily, LEVEL_OUTLIER * (dailyError + f.floor));
  const weekly = bounded(f.weekly, LEVEL_OUTLIER * (weeklyError + f.floor));
  const relative = Math.min(Math.abs(f.residual) / (baseline.residualScale + f.floor), RELATIVE_MAX);
  return {
    count: baseline.count + 1,
    lent,
    began,
    time: Math.max(time, baseline.time),
    intervalMs: intervalAfter(baseline, f.elapsedMs),
    value,
    level: level + move * levelRate + jump,
    levelLent: baseline.levelLent,
    deviation: f.deviation - jump,
    recent: baseline.recent + (f.deviation - baseline.recent) / Math.min(points, RECENT_POINTS) - jump,
    moments: momentsAfter(baseline.moments, f, deviationScale, 1 - errorRate),
    errors: [erred(bareError, f.bare), erred(dailyError, f.daily), erred(weeklyError, f.weekly)],
    residualScale: scaled(baseline.residualScale, Math.abs(f.residual)),
    deviationScale: scaled(baseline.deviationScale, Math.abs(f.deviation)),
    changeScale: scaled(baseline.changeScale, means.step),
    shiftScale: baseline.shiftScale + (Math.abs(means.shift) - baseline.shiftScale) * scaleRate,
    leanScale: baseline.leanScale + (Math.abs(means.lean) - baseline.leanScale) * scaleRate,
    shift: jump === 0 ? means.shift : 0,
    lean: jump === 0 ? means.lean : 0,
    noise: means.noise,
    change: means.change,
    burst: surprise.burst,
    away: jump === 0 ? away : 0,
    open,
    peak,
    daySum: days.daySum,
    dayCount: days.dayCount,
    dayMean: days.dayMean,
    dayLevel: days.dayLevel,
    dayStep: days.dayStep,
    days: days.days,
    tails: learnt(baseline, surprise.values),
    day: moved(day, f.day, daily * dayRate(age, f.elapsedMs)),
    week: moved(week, f.week, weekly * weekRate(age, f.elapsedMs)),
    spread: moved(spread, f.hour, (relative - (spread[f.hour] as number)) * hourRate(age, f.elapsedMs)),
  };
}

/** The first point: it makes the level, together with the cohort's. */
export function begin(baseline: Baseline, time: number, value: number): Baseline {
  const { level, levelLent } = baseline;
  const own = level + (value - level) / (levelLent + 1);
  return { ...baseline, count: 1, began: time, time, value, level: own };
}

/** A cohort's season is believed like that of a day for so many points lent. */
const LENT_POINTS_DAY = 100;

const RELATIVE_MAX = 8;

function levelRateOf({ intervalMs }: Baseline, elapsedMs: number): number {
  return elapsedMs / (Math.max(DAY_MS, LEVEL_POINTS * intervalMs) + elapsedMs);
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
function momentsAfter(moments: readonly number[], f: Forecast, scale: number, keep: number): readonly number[] {
  const [newest, both, mean, newestNext, meanNext] = moments as readonly [number, number, number, number, number];
  const x = bounded(f.newest / scale, WEIGHT_OUTLIER);
  const y = bounded(f.mean / scale, WEIGHT_OUTLIER);
  const next = bounded(f.deviation / scale, WEIGHT_OUTLIER);
  return [
    keep * newest + x * x,
    keep * both + x * y,
    keep * mean + y * y,
    keep * newestNext + x * next,
    keep * meanNext + y * next,
  ];
}
