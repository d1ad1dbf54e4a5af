/** An event of a device as it arrives, newest arrival last. */
export interface Arrival {
  readonly device: string;
  readonly epoch: number;
  readonly sequence: number;
  /** In milliseconds. */
  readonly eventTime: number;
}

/** What is known about an hour after all arrivals. */
export interface HourKnown {
  events: number;
  missing: number;
}

const HOUR = 3_600_000;

/**
 * Events and missing numbers by hour. A run of numbers is missed in the hour of the event behind it, and a number that
 * comes later is missed no more.
 */
export function knownByHour(arrivals: readonly Arrival[]): ReadonlyMap<number, HourKnown> {
  const hours = new Map<number, HourKnown>();
  const hourOf = (time: number) => {
    const start = time - (time % HOUR);
    const known = hours.get(start) ?? { events: 0, missing: 0 };
    hours.set(start, known);
    return known;
  };
  const streams = Map.groupBy(arrivals, ({ device, epoch }) => `${device}/${epoch}`);
  for (const stream of streams.values()) {
    const seen = new Map<number, Arrival>();
    const missedAt = new Map<number, number>();
    for (const arrival of stream) {
      if (seen.has(arrival.sequence)) continue;
      const before = [...seen.keys()].filter((sequence) => sequence < arrival.sequence);
      const after = [...seen.keys()].filter((sequence) => sequence > arrival.sequence);
      // Between the numbers that are known already, what is skipped is missed since this one came.
      const [from, to] =
        after.length === 0 && before.length > 0
          ? [Math.max(...before) + 1, arrival.sequence]
          : after.length > 0 && before.length === 0
            ? [arrival.sequence + 1, Math.min(...after)]
            : [0, 0];
      for (let sequence = from; sequence < to; sequence++) missedAt.set(sequence, arrival.eventTime);
      seen.set(arrival.sequence, arrival);
      missedAt.delete(arrival.sequence);
    }
    for (const { eventTime } of seen.values()) hourOf(eventTime).events++;
    for (const time of missedAt.values()) hourOf(time).missing++;
  }
  return hours;
}

/** A measurement, with when it happened and when the log knew. */
export interface Reading {
  readonly device: string;
  readonly eventTime: number;
  readonly logTime: number;
  readonly sequence: number | null;
  readonly eventId: string;
  readonly metrics: Readonly<Record<string, number>>;
}

/** The newest value of each metric of each device at `at`, of what was known at `known`, as `device metric`. */
export function metricsThen(readings: readonly Reading[], at: number, known: number): ReadonlyMap<string, number> {
  const newest = new Map<string, number>();
  const then = readings.filter(({ eventTime, logTime }) => eventTime <= at && logTime <= known);
  for (const { device, metrics } of then.toSorted(byStamp)) {
    for (const [metric, value] of Object.entries(metrics)) newest.set(`${device} ${metric}`, value);
  }
  return newest;
}

function byStamp(a: Reading, b: Reading): number {
  if (a.eventTime !== b.eventTime) return a.eventTime - b.eventTime;
  const [x, y] = [a.sequence ?? -1, b.sequence ?? -1];
  return x === y ? (a.eventId < b.eventId ? -1 : 1) : x - y;
}
