import { DAY_SLOTS, daySlot, HOUR_SLOTS, hourSlot, quarterOf, timeOf, WEEK_SLOTS, weekSlot } from './season.ts';

/**
 * The profile of a series: what it is off its level by quarter of an hour of the day, what beyond that by hour of the
 * week, and the scale of its residuals by hour of the day. It is bytes of single floats, little-endian: a value moves
 * three of 288 numbers, so a profile is written only when a quarter of an hour is over, and is read and kept as it is.
 */
export type Profile = Uint8Array;

/** The slots of the quarter of an hour of the newest value, which run ahead of the profile. */
export interface Present {
  readonly profile: Profile;
  /** Number of the quarter of an hour. */
  readonly quarter: number;
  readonly inDay: number;
  readonly inWeek: number;
  readonly inHour: number;
}

const FLOAT_BYTES = 4;
const WEEK_AT = DAY_SLOTS;
const HOUR_AT = DAY_SLOTS + WEEK_SLOTS;
const SLOTS = HOUR_AT + HOUR_SLOTS;

/** Bytes of a profile. */
export const PROFILE_BYTES = FLOAT_BYTES * SLOTS;

/** No season, and the same scale at every hour. */
export const EMPTY_PROFILE: Profile = profileOf(Array.from({ length: SLOTS }, (_, slot) => (slot < HOUR_AT ? 0 : 1)));

/** A profile of these numbers, each as the nearest single float. */
export function profileOf(numbers: readonly number[]): Profile {
  const profile = new Uint8Array(PROFILE_BYTES);
  for (let slot = 0; slot < SLOTS; slot++) write(profile, slot, numbers[slot] as number);
  return profile;
}

/** The numbers of a profile, with those of the present quarter in their places. */
export function numbersOf(present: Present): number[] {
  const profile = settled(present);
  return Array.from({ length: SLOTS }, (_, slot) => read(profile, slot));
}

/** The slots of a time, once those of the quarter before it are in their places. */
export function presentAt(present: Present, time: number): Present {
  const quarter = quarterOf(time);
  return quarter === present.quarter ? present : begun(settled(present), quarter);
}

/** The slots of a quarter of an hour, as its profile has them. */
export function begun(profile: Profile, quarter: number): Present {
  const time = timeOf(quarter);
  return {
    profile,
    quarter,
    inDay: read(profile, daySlot(time)),
    inWeek: read(profile, WEEK_AT + weekSlot(time)),
    inHour: read(profile, HOUR_AT + hourSlot(time)),
  };
}

/** A slot moved; slots are single floats, so that a state read back is the state that was written. */
export function moved(slot: number, by: number): number {
  return by === 0 ? slot : Math.fround(slot + by);
}

function settled({ profile, quarter, inDay, inWeek, inHour }: Present): Profile {
  const time = timeOf(quarter);
  const [day, week, hour] = [daySlot(time), WEEK_AT + weekSlot(time), HOUR_AT + hourSlot(time)];
  const isSame = read(profile, day) === inDay && read(profile, week) === inWeek && read(profile, hour) === inHour;
  if (isSame) return profile;
  const next = new Uint8Array(profile);
  write(next, day, inDay);
  write(next, week, inWeek);
  write(next, hour, inHour);
  return next;
}

function read(profile: Profile, slot: number): number {
  return new DataView(profile.buffer, profile.byteOffset, PROFILE_BYTES).getFloat32(FLOAT_BYTES * slot, true);
}

function write(profile: Profile, slot: number, value: number): void {
  new DataView(profile.buffer, profile.byteOffset, PROFILE_BYTES).setFloat32(FLOAT_BYTES * slot, value, true);
}
