import type { NoveltyCohortKind, NoveltyCohortMember, NoveltySighting } from '#schemas';

/** What a device does is usual of its cohort where so many others do it, none of whom was found with it in the last week. */
export const KNOWN_DEVICES = 2;

/** Devices that are named of each member. */
const NAMED_MAX = 3;

/** Members of one kind that a cohort keeps. */
export const COHORT_MEMBERS_MAX = 2_000;

/** As of a device: what was found is usual after a week. */
const SETTLED_MS = 7 * 24 * 60 * 60_000;

/** A device with fewer reports is judged by its cohort. */
const GROWN_REPORTS = 1_000;

const PERIOD_MS = 45 * 24 * 60 * 60_000;

export const NO_KIND: NoveltyCohortKind = {
  period: 0,
  grownNow: 0,
  grownBefore: 0,
  alone: 0,
  members: 0,
  full: false,
};

export const NO_MEMBER: NoveltyCohortMember = { period: 0, devices: [], found: [], foundAt: null, spread: false };

/** A member as the cohort knows it. */
export type Known = readonly [member: string, known: NoveltyCohortMember];

/** Begins a new period, in which what was told in neither this one nor the one before is forgotten. */
export function turned(kind: NoveltyCohortKind, all: () => readonly Known[], time: number) {
  const period = periodOf(time);
  if (period <= kind.period) return { kind, forgotten: [] };
  const isKept = ([, known]: Known) => known.period >= period - 1;
  const left = all();
  const kept = left.filter(isKept);
  const grownBefore = period === kind.period + 1 ? kind.grownNow : 0;
  const alone = kept.filter(([, known]) => isAlone(known)).length;
  const next: NoveltyCohortKind = { period, grownNow: 0, grownBefore, alone, members: kept.length, full: false };
  return { kind: next, forgotten: left.filter((each) => !isKept(each)).map(([member]) => member) };
}

export function periodOf(time: number): number {
  return Math.floor(time / PERIOD_MS);
}

/** Devices of the cohort that have a past. */
export function grownOf({ grownNow, grownBefore }: NoveltyCohortKind): number {
  return Math.max(grownNow, grownBefore);
}

/** One device alone does it, and that was not found: found ones say nothing of what is usual. */
export function isAlone({ devices, found }: NoveltyCohortMember): boolean {
  return devices.length === 1 && found.length === 0;
}

/** Whether other devices of the cohort do the same, so that it is usual. */
export function isUsual(known: NoveltyCohortMember, device: string, time: number): boolean {
  const { devices, found, foundAt } = known;
  const isSettled = foundAt !== null && foundAt + SETTLED_MS <= time;
  const others = [...devices, ...(isSettled ? found : [])].filter((each) => each !== device);
  return others.length >= KNOWN_DEVICES;
}

export interface Judgement {
  readonly basis: 'DEVICE' | 'COHORT';
  readonly probability: number;
  readonly threshold: number;
}

/**
 * Whether what is not usual of the cohort is to be told. A device with a past is judged by it. A young one is judged by
 * the grown ones: if devices of a cohort are exchangeable, it does something that no other does with a probability of
 * (alone + 1) / (grown + 1) at most, where each member that one device has alone counts as a device.
 */
export function judge(
  kind: NoveltyCohortKind,
  { strange, reports, probability }: Pick<NoveltySighting, 'strange' | 'reports' | 'probability'>,
  policy: { readonly reportProbability: number; readonly deviceProbability: number },
): Judgement | null {
  if (strange) return { basis: 'DEVICE', probability, threshold: policy.reportProbability };
  if (reports >= GROWN_REPORTS || kind.full) return null;
  const ofCohort = (kind.alone + 1) / (grownOf(kind) + 1);
  if (ofCohort > policy.deviceProbability) return null;
  return { basis: 'COHORT', probability: ofCohort, threshold: policy.deviceProbability };
}

/** A member with one more device that does it, or was found with it. */
export function withDevice(
  known: NoveltyCohortMember,
  device: string,
  time: number,
  isFound: boolean,
): NoveltyCohortMember {
  const period = Math.max(known.period, periodOf(time));
  const isThere = known.devices.includes(device) || known.found.includes(device);
  const add = (to: readonly string[]) => (isThere || to.length >= NAMED_MAX ? to : [...to, device]);
  if (!isFound) return { ...known, period, devices: add(known.devices) };
  return { ...known, period, found: add(known.found), foundAt: known.foundAt ?? time };
}
