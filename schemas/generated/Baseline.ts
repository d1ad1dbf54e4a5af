// From avro/Baseline.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What is known of a metric of a device: how it usually is, by what it was. */
export interface Baseline {
  /** Values that were seen. */
  readonly count: number;
  /** Values that what the cohort lent is worth. */
  readonly lent: number;
  /** Time of the first value. */
  readonly began: number;
  /** Time of the newest value. */
  readonly time: number;
  /** Usual time between two values, ms. */
  readonly intervalMs: number;
  /** The newest value. */
  readonly value: number;
  /** The slow level, free of season. */
  readonly level: number;
  /** Values that the cohort's level is worth. */
  readonly levelLent: number;
  /** The newest deviation from level and season. */
  readonly deviation: number;
  /** Mean of the newest eight deviations. */
  readonly recent: number;
  /** Sums of squares and products of `deviation` and `recent`, and of both with the deviation that followed. */
  readonly moments: readonly number[];
  /** Mean absolute error of the level alone, with the season of the day, and with that of the week too. */
  readonly errors: readonly number[];
  /** Mean absolute residual of the forecast. */
  readonly residualScale: number;
  /** Mean absolute deviation. */
  readonly deviationScale: number;
  /** Mean absolute change from value to value. */
  readonly changeScale: number;
  /** Mean absolute size of `shift`. */
  readonly shiftScale: number;
  /** Mean absolute size of `lean`. */
  readonly leanScale: number;
  /** Mean deviation over a window. */
  readonly shift: number;
  /** Mean deviation over a long window. */
  readonly lean: number;
  /** Mean absolute residual over a window. */
  readonly noise: number;
  /** Mean absolute change over a window. */
  readonly change: number;
  /** How unlikely the residuals of a window were. */
  readonly burst: number;
  /** Values in a row that the shift was far out, with its sign. */
  readonly away: number;
  /** Values until the open incident closes; 0 where none is open. */
  readonly open: number;
  /** How unlikely the alarm of the incident was. */
  readonly peak: number;
  /** Sum of the values of the day that lasts. */
  readonly daySum: number;
  /** Their number. */
  readonly dayCount: number;
  /** Mean of the day before. */
  readonly dayMean: number;
  /** Slow mean of the days. */
  readonly dayLevel: number;
  /** How steps from day to day differ. */
  readonly daySpread: number;
  /** Days that were seen. */
  readonly days: number;
  /** What is known of the tail of each statistic. */
  readonly tails: readonly number[];
  /** The greatest that was seen, of values, of values with their sign turned, and of residuals likewise. */
  readonly records: readonly number[];
  /** Values that they were chosen from. */
  readonly recorded: number;
  /** Share of values that came to be among them, over a window. */
  readonly entries: number;
  /** What the series is off its level, by quarter of an hour of the day. */
  readonly day: readonly number[];
  /** What it is off beyond that, by hour of the week. */
  readonly week: readonly number[];
  /** Scale of residuals by hour of the day, relative to that of all. */
  readonly spread: readonly number[];
}

export const Baseline: Schema<Baseline> = schema({
  "type": "record",
  "name": "Baseline",
  "namespace": "fleetstream",
  "doc": "What is known of a metric of a device: how it usually is, by what it was.",
  "fields": [
    {
      "name": "count",
      "type": "long",
      "doc": "Values that were seen.",
      "dataClass": "telemetry"
    },
    {
      "name": "lent",
      "type": "double",
      "doc": "Values that what the cohort lent is worth.",
      "dataClass": "telemetry"
    },
    {
      "name": "began",
      "type": "long",
      "doc": "Time of the first value.",
      "dataClass": "telemetry"
    },
    {
      "name": "time",
      "type": "long",
      "doc": "Time of the newest value.",
      "dataClass": "telemetry"
    },
    {
      "name": "intervalMs",
      "type": "double",
      "doc": "Usual time between two values, ms.",
      "dataClass": "telemetry"
    },
    {
      "name": "value",
      "type": "double",
      "doc": "The newest value.",
      "dataClass": "telemetry"
    },
    {
      "name": "level",
      "type": "double",
      "doc": "The slow level, free of season.",
      "dataClass": "telemetry"
    },
    {
      "name": "levelLent",
      "type": "double",
      "doc": "Values that the cohort's level is worth.",
      "dataClass": "telemetry"
    },
    {
      "name": "deviation",
      "type": "double",
      "doc": "The newest deviation from level and season.",
      "dataClass": "telemetry"
    },
    {
      "name": "recent",
      "type": "double",
      "doc": "Mean of the newest eight deviations.",
      "dataClass": "telemetry"
    },
    {
      "name": "moments",
      "type": {
        "type": "array",
        "items": "double"
      },
      "doc": "Sums of squares and products of `deviation` and `recent`, and of both with the deviation that followed.",
      "dataClass": "telemetry"
    },
    {
      "name": "errors",
      "type": {
        "type": "array",
        "items": "double"
      },
      "doc": "Mean absolute error of the level alone, with the season of the day, and with that of the week too.",
      "dataClass": "telemetry"
    },
    {
      "name": "residualScale",
      "type": "double",
      "doc": "Mean absolute residual of the forecast.",
      "dataClass": "telemetry"
    },
    {
      "name": "deviationScale",
      "type": "double",
      "doc": "Mean absolute deviation.",
      "dataClass": "telemetry"
    },
    {
      "name": "changeScale",
      "type": "double",
      "doc": "Mean absolute change from value to value.",
      "dataClass": "telemetry"
    },
    {
      "name": "shiftScale",
      "type": "double",
      "doc": "Mean absolute size of `shift`.",
      "dataClass": "telemetry"
    },
    {
      "name": "leanScale",
      "type": "double",
      "doc": "Mean absolute size of `lean`.",
      "dataClass": "telemetry"
    },
    {
      "name": "shift",
      "type": "double",
      "doc": "Mean deviation over a window.",
      "dataClass": "telemetry"
    },
    {
      "name": "lean",
      "type": "double",
      "doc": "Mean deviation over a long window.",
      "dataClass": "telemetry"
    },
    {
      "name": "noise",
      "type": "double",
      "doc": "Mean absolute residual over a window.",
      "dataClass": "telemetry"
    },
    {
      "name": "change",
      "type": "double",
      "doc": "Mean absolute change over a window.",
      "dataClass": "telemetry"
    },
    {
      "name": "burst",
      "type": "double",
      "doc": "How unlikely the residuals of a window were.",
      "dataClass": "telemetry"
    },
    {
      "name": "away",
      "type": "long",
      "doc": "Values in a row that the shift was far out, with its sign.",
      "dataClass": "telemetry"
    },
    {
      "name": "open",
      "type": "long",
      "doc": "Values until the open incident closes; 0 where none is open.",
      "dataClass": "telemetry"
    },
    {
      "name": "peak",
      "type": "double",
      "doc": "How unlikely the alarm of the incident was.",
      "dataClass": "telemetry"
    },
    {
      "name": "daySum",
      "type": "double",
      "doc": "Sum of the values of the day that lasts.",
      "dataClass": "telemetry"
    },
    {
      "name": "dayCount",
      "type": "long",
      "doc": "Their number.",
      "dataClass": "telemetry"
    },
    {
      "name": "dayMean",
      "type": "double",
      "doc": "Mean of the day before.",
      "dataClass": "telemetry"
    },
    {
      "name": "dayLevel",
      "type": "double",
      "doc": "Slow mean of the days.",
      "dataClass": "telemetry"
    },
    {
      "name": "daySpread",
      "type": "double",
      "doc": "How steps from day to day differ.",
      "dataClass": "telemetry"
    },
    {
      "name": "days",
      "type": "long",
      "doc": "Days that were seen.",
      "dataClass": "telemetry"
    },
    {
      "name": "tails",
      "type": {
        "type": "array",
        "items": "double"
      },
      "doc": "What is known of the tail of each statistic.",
      "dataClass": "telemetry"
    },
    {
      "name": "records",
      "type": {
        "type": "array",
        "items": "double"
      },
      "doc": "The greatest that was seen, of values, of values with their sign turned, and of residuals likewise.",
      "dataClass": "telemetry",
      "default": []
    },
    {
      "name": "recorded",
      "type": "long",
      "doc": "Values that they were chosen from.",
      "dataClass": "telemetry",
      "default": 0
    },
    {
      "name": "entries",
      "type": "double",
      "doc": "Share of values that came to be among them, over a window.",
      "dataClass": "telemetry",
      "default": 0
    },
    {
      "name": "day",
      "type": {
        "type": "array",
        "items": "float"
      },
      "doc": "What the series is off its level, by quarter of an hour of the day.",
      "dataClass": "telemetry"
    },
    {
      "name": "week",
      "type": {
        "type": "array",
        "items": "float"
      },
      "doc": "What it is off beyond that, by hour of the week.",
      "dataClass": "telemetry"
    },
    {
      "name": "spread",
      "type": {
        "type": "array",
        "items": "float"
      },
      "doc": "Scale of residuals by hour of the day, relative to that of all.",
      "dataClass": "telemetry"
    }
  ]
});
