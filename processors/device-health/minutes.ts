/** Minutes of a day as bits, thirty in each of 48 numbers; empty where there are none. */
export type Minutes = readonly number[];

export const DAY_MINUTES = 1_440;

const MINUTES_EACH = 30;
const NONE: Minutes = [];

export function has(minutes: Minutes, minute: number): boolean {
  return (((minutes[Math.floor(minute / MINUTES_EACH)] ?? 0) >>> (minute % MINUTES_EACH)) & 1) === 1;
}

/** With one more minute; the very same where it is there. */
export function withMinute(minutes: Minutes, minute: number): Minutes {
  if (has(minutes, minute)) return minutes;
  const next = minutes.length === 0 ? zeros() : [...minutes];
  const index = Math.floor(minute / MINUTES_EACH);
  next[index] = (next[index] as number) | (1 << (minute % MINUTES_EACH));
  return next;
}

/** The minutes of either. */
export function union(one: Minutes, other: Minutes): Minutes {
  if (one.length === 0) return other;
  if (other.length === 0) return one;
  return one.map((bits, index) => bits | (other[index] as number));
}

/** The minutes that are set, ascending. */
export function minutesIn(minutes: Minutes): readonly number[] {
  if (minutes.length === 0) return NONE;
  const found: number[] = [];
  for (const [index, bits] of minutes.entries()) {
    for (let left = bits, minute = index * MINUTES_EACH; left !== 0; left >>>= 1, minute++) {
      if ((left & 1) === 1) found.push(minute);
    }
  }
  return found;
}

function zeros(): number[] {
  return Array.from({ length: DAY_MINUTES / MINUTES_EACH }, () => 0);
}
