/** Counters of a link report, each since it began; null where the report has none. */
export interface Counters {
  readonly packetsSent: number | null;
  readonly packetsLost: number | null;
  readonly bytesUp: number | null;
  readonly bytesDown: number | null;
}

/** By how much counters grew, and what happened to them. Null where no two reports had the counter. */
export interface Growth extends Counters {
  readonly resets: number;
  readonly rollovers: number;
  readonly repetitions: number;
}

/** A report repeats an earlier one if its counters are those of one of so many before it. */
export const REPEATED_WITHIN = 4;

/** Reports that growth is told from: so many that some may be repetitions, and these be recognised. */
export const MEMORY = 2 * REPEATED_WITHIN;

const FIELDS = ['packetsSent', 'packetsLost', 'bytesUp', 'bytesDown'] as const;
type Field = (typeof FIELDS)[number];

/** Sizes of counters: 16 and 32 bits. */
const SIZES = [65_536, 4_294_967_296];

const NOTHING: Growth = {
  packetsSent: null,
  packetsLost: null,
  bytesUp: null,
  bytesDown: null,
  resets: 0,
  rollovers: 0,
  repetitions: 0,
};

export function hasCounters(counters: Counters): boolean {
  const { packetsSent, packetsLost, bytesUp, bytesDown } = counters;
  return packetsSent !== null || packetsLost !== null || bytesUp !== null || bytesDown !== null;
}

/**
 * Adds up how far counters grew over reports in the order of their time. `before` are the last `MEMORY` reports before
 * them. A counter that fell from its highest quarter into its lowest ran over, unless another one fell too far to have
 * run over: then the device began anew, and all that its counters say is growth.
 */
export function growth(before: readonly Counters[], reports: readonly Counters[]): Growth {
  const all = [...before, ...reports];
  return reports.reduce<Growth>((sum, report, i) => {
    const end = before.length + i;
    return added(sum, report, all.slice(Math.max(0, end - MEMORY), end));
  }, NOTHING);
}

function added(total: Growth, report: Counters, memory: readonly Counters[]): Growth {
  if (isRepeated(report, memory)) return { ...total, repetitions: total.repetitions + 1 };
  // What was repeated tells an old count, so the newest that was not is where it grew from.
  const from = memory.findLast((other, i) => !isRepeated(other, memory.slice(0, i)));
  if (from === undefined) return total;
  const isReset = FIELDS.some((field) => fell(from, report, field) && rollover(from, report, field) === null);
  const grown = (field: Field) => {
    const [previous, current] = [from[field], report[field]];
    if (previous === null || current === null) return total[field];
    if (isReset) return (total[field] ?? 0) + current;
    return (total[field] ?? 0) + (rollover(from, report, field) ?? current - previous);
  };
  const hasRolled = !isReset && FIELDS.some((field) => rollover(from, report, field) !== null);
  return {
    packetsSent: grown('packetsSent'),
    packetsLost: grown('packetsLost'),
    bytesUp: grown('bytesUp'),
    bytesDown: grown('bytesDown'),
    resets: total.resets + (isReset ? 1 : 0),
    rollovers: total.rollovers + (hasRolled ? 1 : 0),
    repetitions: total.repetitions,
  };
}

function isRepeated(report: Counters, before: readonly Counters[]): boolean {
  return before.slice(-REPEATED_WITHIN).some((other) => same(other, report));
}

function same(a: Counters, b: Counters): boolean {
  if (a.packetsSent !== b.packetsSent || a.packetsLost !== b.packetsLost) return false;
  return a.bytesUp === b.bytesUp && a.bytesDown === b.bytesDown;
}

function fell(from: Counters, to: Counters, field: Field): boolean {
  return (to[field] ?? Infinity) < (from[field] ?? -Infinity);
}

/** Growth of a counter that ran over; null where it did not. */
function rollover(from: Counters, to: Counters, field: Field): number | null {
  const [previous, current] = [from[field], to[field]];
  if (previous === null || current === null || current >= previous) return null;
  const size = SIZES.find((each) => previous < each && previous >= each * 0.75 && current < each * 0.25);
  return size === undefined ? null : current + size - previous;
}
