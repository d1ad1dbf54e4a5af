import type { Baseline as BaselineRecord, SeriesBaseline } from '#schemas';
import { type Baseline, draft, type Draft, EMPTY } from './baseline.ts';
import { begun, type Profile, profileOf } from './profile.ts';

const MOMENTS_AT = 35;
const ERRORS_AT = MOMENTS_AT + EMPTY.moments.length;
const RECORDS_AT = ERRORS_AT + EMPTY.errors.length;
const GROWTH_AT = RECORDS_AT + EMPTY.records.length;
const NUMBERS = GROWTH_AT + 4;

/** Of its kind and length, so that a copy is a list of doubles that grows no more. */
const BLANK: number[] = [];
while (BLANK.length < NUMBERS) BLANK.push(0.5);

/**
 * A baseline as it is kept: two lists of numbers, since a record of forty members costs several times as much to write,
 * to read and to hold. This order is the contract; a new member goes behind the others.
 */
export function packed(baseline: Baseline): SeriesBaseline {
  const numbers = BLANK.slice();
  numbers[0] = baseline.count;
  numbers[1] = baseline.lent;
  numbers[2] = baseline.began;
  numbers[3] = baseline.time;
  numbers[4] = baseline.intervalMs;
  numbers[5] = baseline.value;
  numbers[6] = baseline.level;
  numbers[7] = baseline.levelLent;
  numbers[8] = baseline.deviation;
  numbers[9] = baseline.recent;
  numbers[10] = baseline.residualScale;
  numbers[11] = baseline.deviationScale;
  numbers[12] = baseline.changeScale;
  numbers[13] = baseline.shiftScale;
  numbers[14] = baseline.leanScale;
  numbers[15] = baseline.shift;
  numbers[16] = baseline.lean;
  numbers[17] = baseline.noise;
  numbers[18] = baseline.change;
  numbers[19] = baseline.burst;
  numbers[20] = baseline.away;
  numbers[21] = baseline.open;
  numbers[22] = baseline.peak;
  numbers[23] = baseline.daySum;
  numbers[24] = baseline.dayCount;
  numbers[25] = baseline.dayMean;
  numbers[26] = baseline.dayLevel;
  numbers[27] = baseline.daySpread;
  numbers[28] = baseline.days;
  numbers[29] = baseline.recorded;
  numbers[30] = baseline.entries;
  numbers[31] = baseline.quarter;
  numbers[32] = baseline.inDay;
  numbers[33] = baseline.inWeek;
  numbers[34] = baseline.inHour;
  copied(baseline.moments, numbers, MOMENTS_AT);
  copied(baseline.errors, numbers, ERRORS_AT);
  copied(baseline.records, numbers, RECORDS_AT);
  numbers[GROWTH_AT] = baseline.judged;
  numbers[GROWTH_AT + 1] = baseline.grown;
  numbers[GROWTH_AT + 2] = baseline.growth;
  numbers[GROWTH_AT + 3] = baseline.growthScale;
  return { numbers, tails: baseline.tails };
}

/** Writes the baseline that was kept, beside its profile, into a draft. */
export function unpacked({ numbers, tails }: SeriesBaseline, profile: Profile, into: Draft = draft()): Baseline {
  into.count = numbers[0] as number;
  into.lent = numbers[1] as number;
  into.began = numbers[2] as number;
  into.time = numbers[3] as number;
  into.intervalMs = numbers[4] as number;
  into.value = numbers[5] as number;
  into.level = numbers[6] as number;
  into.levelLent = numbers[7] as number;
  into.deviation = numbers[8] as number;
  into.recent = numbers[9] as number;
  into.residualScale = numbers[10] as number;
  into.deviationScale = numbers[11] as number;
  into.changeScale = numbers[12] as number;
  into.shiftScale = numbers[13] as number;
  into.leanScale = numbers[14] as number;
  into.shift = numbers[15] as number;
  into.lean = numbers[16] as number;
  into.noise = numbers[17] as number;
  into.change = numbers[18] as number;
  into.burst = numbers[19] as number;
  into.away = numbers[20] as number;
  into.open = numbers[21] as number;
  into.peak = numbers[22] as number;
  into.daySum = numbers[23] as number;
  into.dayCount = numbers[24] as number;
  into.dayMean = numbers[25] as number;
  into.dayLevel = numbers[26] as number;
  into.daySpread = numbers[27] as number;
  into.days = numbers[28] as number;
  into.recorded = numbers[29] as number;
  into.entries = numbers[30] as number;
  into.quarter = numbers[31] as number;
  into.inDay = numbers[32] as number;
  into.inWeek = numbers[33] as number;
  into.inHour = numbers[34] as number;
  into.moments = numbers.slice(MOMENTS_AT, ERRORS_AT);
  into.errors = numbers.slice(ERRORS_AT, RECORDS_AT);
  into.records = numbers.slice(RECORDS_AT, GROWTH_AT);
  // A baseline of the second version of the processor knows nothing of growth.
  const isNew = numbers.length > GROWTH_AT;
  into.judged = isNew ? (numbers[GROWTH_AT] as number) : into.value;
  into.grown = isNew ? (numbers[GROWTH_AT + 1] as number) : 0;
  into.growth = isNew ? (numbers[GROWTH_AT + 2] as number) : 0;
  into.growthScale = isNew ? (numbers[GROWTH_AT + 3] as number) : 0;
  into.tails = tailsOf(tails);
  into.profile = profile;
  return into;
}

/** A baseline that was kept as a record of all its members, as the first version of the processor did. */
export function ofRecord({ day, week, spread, ...members }: BaselineRecord): Baseline {
  const tails = tailsOf(members.tails.map(Math.fround));
  const records = members.records.length > 0 ? members.records : EMPTY.records;
  const growth = { judged: members.value, grown: 0, growth: 0, growthScale: 0 };
  return { ...members, ...growth, tails, records, ...begun(profileOf([...day, ...week, ...spread]), 0) };
}

/** A baseline of the second version of the processor comes without a table of rows of equal values. */
function tailsOf(tails: readonly number[]): readonly number[] {
  return tails.length < EMPTY.tails.length ? [...tails, ...EMPTY.tails.slice(tails.length)] : tails;
}

function copied(from: readonly number[], into: number[], at: number): void {
  for (let index = 0; index < from.length; index++) into[at + index] = from[index] as number;
}
