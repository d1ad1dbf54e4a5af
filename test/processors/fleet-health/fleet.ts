import type { HealthCell } from '#schemas';
import type { Chance } from '../../simulation/chance.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** The first day of a period of 28 days. */
export const FIRST = 28 * 740;

/** A device of a fleet that is made up. */
export interface Member {
  readonly lot: string;
  readonly firmware?: string;
  readonly site: string;
  /** Crashes a day. */
  readonly rate: number;
}

/** The cells of each of so many days of a fleet whose devices crash by chance, each once in 28 days. */
export function lived(chance: Chance, members: readonly Member[], days: number): readonly HealthCell[] {
  const cells = new Map<string, HealthCell>();
  let crashed = new Set<Member>();
  let before = new Set<Member>();
  for (let day = FIRST; day < FIRST + days; day++) {
    if (day % 28 === 0) [before, crashed] = [crashed, new Set()];
    for (const member of members) {
      const isAtRisk = !crashed.has(member);
      const crashes = isAtRisk && chance.hit(1 - Math.exp(-member.rate));
      if (crashes) crashed.add(member);
      const key = `${day} ${member.lot} ${member.firmware ?? ''} ${member.site}`;
      const cell = cells.get(key) ?? cellOf({ day, ...named(member) });
      const atRiskMs = cell.atRiskMs + (crashes ? DAY / 2 : isAtRisk ? DAY : 0);
      const firstCrashes = cell.firstCrashes + (crashes ? 1 : 0);
      const again = before.has(member);
      const atRiskAgainMs = cell.atRiskAgainMs + (again ? atRiskMs - cell.atRiskMs : 0);
      const firstCrashesAgain = cell.firstCrashesAgain + (again && crashes ? 1 : 0);
      cells.set(key, { ...cell, atRiskMs, firstCrashes, atRiskAgainMs, firstCrashesAgain });
    }
  }
  return [...cells.values()];
}

/** Devices of every lot at every site. */
export function members(
  { lots, sites, each }: { readonly lots: number; readonly sites: number; readonly each: number },
  rateOf: (lot: string, site: string) => number,
): readonly Member[] {
  return Array.from({ length: lots * sites * each }, (_, i) => {
    const [lot, site] = [`L${i % lots}`, `S${Math.floor(i / lots) % sites}`];
    return { lot, site, rate: rateOf(lot, site) };
  });
}

/** A cell with nothing in it but what is said. */
export function cellOf(said: Partial<HealthCell>): HealthCell {
  const is = { model: 'm', hardware: 'r1', firmware: '1.0', lot: null, site: null, technology: 'WIFI' };
  const times = { expectedMs: 0, operatingMs: 0, unknownMs: 0, connectedMs: 0, atRiskMs: 0, atRiskAgainMs: 0 };
  const counts = {
    hours: 0,
    crashFreeHours: 0,
    crashes: 0,
    reboots: 0,
    rebootsExpected: 0,
    firstCrashes: 0,
    firstCrashesAgain: 0,
  };
  return { day: FIRST, overflow: false, changed: false, revision: 0, ...is, ...times, ...counts, ...said };
}

/** A standard normal draw (Box and Muller). */
export function normal(chance: Chance): number {
  return Math.sqrt(-2 * Math.log(1 - chance.unit())) * Math.cos(2 * Math.PI * chance.unit());
}

function named({ lot, firmware = '1.0', site }: Member) {
  return { lot, firmware, site };
}
