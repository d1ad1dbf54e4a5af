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

/** Adds up growth, which a window does report by report. */
interface Sum {
  packetsSent: number | null;
  packetsLost: number | null;
  bytesUp: number | null;
  bytesDown: number | null;
  resets: number;
  rollovers: number;
  repetitions: number;
}

/**
 * Adds up how far counters grew over reports in the order of their time. `before` are the last `MEMORY` reports before
 * them, or those of them that are enough. A counter that fell from its highest quarter into its lowest ran over, unless
 * another one fell too far to have run over: then the device began anew, and all that its counters say is growth.
 */
export function growth(before: readonly Counters[], reports: readonly Counters[]): Growth {
  if (reports.length === 0) return NOTHING;
  const all = before.length === 0 ? reports : [...before, ...reports];
  const sum = { ...NOTHING };
  for (let i = before.length; i < all.length; i++) {
    const first = Math.max(0, i - MEMORY);
    if (isRepeated(all, i, first)) {
      sum.repetitions++;
      continue;
    }
    // What was repeated tells an old count, so the newest that was not is where it grew from.
    let from = i - 1;
    while (from >= first && isRepeated(all, from, first)) from--;
    if (from >= first) add(sum, all[from] as Counters, all[i] as Counters);
  }
  return sum;
}

function add(sum: Sum, from: Counters, report: Counters): void {
  const hasFallen = FIELDS.some((field) => fell(from, report, field));
  const isReset =
    hasFallen && FIELDS.some((field) => fell(from, report, field) && rollover(from, report, field) === null);
  for (const field of FIELDS) {
    const [previous, current] = [from[field], report[field]];
    if (previous === null || current === null) continue;
    const grown = isReset ? current : ((hasFallen ? rollover(from, report, field) : null) ?? current - previous);
    sum[field] = (sum[field] ?? 0) + grown;
  }
  if (isReset) sum.resets++;
  else if (hasFallen) sum.rollovers++;
}

/** Whether a report says what one of those shortly before it said, of which none is before `first`. */
function isRepeated(all: readonly Counters[], i: number, first: number): boolean {
  const report = all[i] as Counters;
  for (let k = i - 1; k >= first && k >= i - REPEATED_WITHIN; k--) if (same(all[k] as Counters, report)) return true;
  return false;
}

/**
 * Whether these reports, newest first, are all that the growth of later ones is told from: the newest of them is where
 * that begins, unless it repeats another one.
 */
export function isEnough(before: readonly Counters[]): boolean {
  if (before.length <= REPEATED_WITHIN) return false;
  if (before.length === MEMORY) return true;
  const newest = before[0] as Counters;
  for (let i = 1; i <= REPEATED_WITHIN; i++) if (same(newest, before[i] as Counters)) return false;
  return true;
}

/** Whether any report says what another one near it says, also should one between them be missing. */
export function hasRepetition(reports: readonly Counters[]): boolean {
  for (let i = 1; i < reports.length; i++) {
    for (let k = Math.max(0, i - REPEATED_WITHIN - 1); k < i; k++) {
      if (same(reports[k] as Counters, reports[i] as Counters)) return true;
    }
  }
  return false;
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
