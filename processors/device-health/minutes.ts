/** Minutes of a day as bits, thirty in each of 48 numbers; empty where there are none. */
export type Minutes = readonly number[];

export const DAY_MINUTES = 1_440;

const MINUTES_EACH = 30;
const NONE: Minutes = [];
const ZEROS: Minutes = Array.from({ length: DAY_MINUTES / MINUTES_EACH }, () => 0);

export function has(minutes: Minutes, minute: number): boolean {
  return (((minutes[Math.floor(minute / MINUTES_EACH)] ?? 0) >>> (minute % MINUTES_EACH)) & 1) === 1;
}

/** With one more minute; the very same where it is there. */
export function withMinute(minutes: Minutes, minute: number): Minutes {
  if (has(minutes, minute)) return minutes;
  const next = [...(minutes.length === 0 ? ZEROS : minutes)];
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

/** The minutes that are set, from one to before another, ascending. */
export function minutesIn(minutes: Minutes, from = 0, to = DAY_MINUTES): readonly number[] {
  if (minutes.length === 0) return NONE;
  const found: number[] = [];
  const end = Math.min(to, DAY_MINUTES);
  for (let index = Math.max(0, Math.floor(from / MINUTES_EACH)); index * MINUTES_EACH < end; index++) {
    for (let left = minutes[index] ?? 0, minute = index * MINUTES_EACH; left !== 0; left >>>= 1, minute++) {
      if ((left & 1) === 1 && minute >= from && minute < end) found.push(minute);
    }
  }
  return found;
}

/** The first minute that is set; null where none is. */
export function firstIn(minutes: Minutes): number | null {
  const index = minutes.findIndex((bits) => bits !== 0);
  const bits = minutes[index] ?? 0;
  // The lowest bit that is set stands alone in this.
  return index < 0 ? null : index * MINUTES_EACH + 31 - Math.clz32(bits & -bits);
}

/** The last minute before another that is set; null where none is. */
export function lastIn(minutes: Minutes, before: number): number | null {
  const end = Math.min(before, DAY_MINUTES);
  for (let index = Math.floor((end - 1) / MINUTES_EACH); index >= 0; index--) {
    const room = end - index * MINUTES_EACH;
    const mask = room >= MINUTES_EACH ? -1 : (1 << room) - 1;
    const bits = (minutes[index] ?? 0) & mask;
    if (bits !== 0) return index * MINUTES_EACH + 31 - Math.clz32(bits);
  }
  return null;
}
