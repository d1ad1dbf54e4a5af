// Random profiles over random days of devices, late, twice and over restarts, against one plain pass that knows all.
import { describe, expect, test } from 'vitest';
import { securityProfiles, topics } from '#schemas';
import { simulate, type Simulation } from '#runtime/simulate.ts';
import { detect } from '../../../processors/detect/processor.ts';
import { detectStatistics } from '../../../processors/detect-statistics/processor.ts';
import { type Finding, findingsOf, outliersOf } from '../../oracle/detect.ts';
import { type Chance, chanceFrom } from '../../simulation/chance.ts';
import { anyBehaviour, COMPARISONS, type Deed, deedsOf, MINUTES, NUMBERS, plain } from './deeds.ts';
import { sometimes, STATISTICS, SUMS } from './deeds.ts';
import { at, behaviour, MINUTE, profiles, START } from './profile.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`detect against its oracle: SEED=${seed}`);

const [ROUNDS, AFTER] = [24, 140];

/** Sends each deed some time after it happened, some twice, with restarts between, until nothing can be revised. */
async function played(run: Simulation, deeds: readonly Deed[], chance: Chance, lateMs: number): Promise<void> {
  const arrivals = deeds
    .flatMap((deed) => (chance.hit(0.15) ? [deed, deed] : [deed]))
    .map((deed) => ({ deed, arrival: deed.heard.time + (chance.hit(0.4) ? chance.int(0, lateMs) : 0) }))
    .toSorted((a, b) => a.arrival - b.arrival);
  let next = 0;
  for (let minute = 0; minute < MINUTES + AFTER; minute++) {
    await run.advanceTo(at(minute));
    for (; (arrivals[next]?.arrival ?? Infinity) < at(minute + 1); next++) await arrivals[next]?.deed.send(run);
    if (chance.hit(0.02)) await run.crash({ keepLocalState: chance.hit(0.5) });
  }
}

/** The end of the last window that is judged. */
const CLOSED_TO = at(Math.floor((MINUTES + AFTER - 2) / 5) * 5);

/** What stands in the end of each behaviour and device, oldest first. */
function standing(run: Simulation): ReadonlyMap<string, readonly Finding[]> {
  const findings = new Map<string, { key: string; finding: Finding }>();
  for (const { finding: id, kind, reason, behaviour: name, device, eventTime, value, members } of run.read(
    topics.violations,
  )) {
    const key = `${name}/${device}`;
    const known = findings.get(id)?.finding ?? { at: 0, value: null, members: [], end: null };
    if (kind === 'ALARM_INVALIDATED') findings.delete(id);
    else if (kind === 'ALARM_CLEARED')
      findings.set(id, {
        key,
        finding: { ...known, end: { at: eventTime, reason: reason as 'CRITERIA' | 'NO_DATA' } },
      });
    else if (reason === 'REVISION') findings.set(id, { key, finding: { ...known, end: null } });
    else findings.set(id, { key, finding: { ...known, at: eventTime, value, members } });
  }
  const all = new Map<string, Finding[]>();
  for (const { key, finding } of findings.values()) all.set(key, [...(all.get(key) ?? []), finding]);
  for (const some of all.values()) some.sort((a, b) => a.at - b.at);
  return all;
}

/** Alerts that are on, as alerts hear it. */
function on(run: Simulation): readonly string[] {
  const heard = new Map(run.read(topics.signals).map(({ alert, kind }) => [alert, kind]));
  return [...heard].flatMap(([alert, kind]) => (kind === 'RAISED' ? [alert] : [])).toSorted();
}

function onOf(wanted: ReadonlyMap<string, readonly Finding[]>): readonly string[] {
  return [...wanted].flatMap(([key, some]) => (some.at(-1)?.end === null ? [`detect.p.${key}`] : [])).toSorted();
}

const filled = (all: ReadonlyMap<string, readonly Finding[]>) =>
  Object.fromEntries([...all].filter(([, some]) => some.length > 0).toSorted(([a], [b]) => (a < b ? -1 : 1)));

describe('detect says what one plain pass says', () => {
  test('of numbers and lists, whatever comes late, twice, or over a restart', { timeout: 240_000 }, async () => {
    let [findings, quiet, revised] = [0, 0, 0];
    for (let round = 0; round < ROUNDS; round++) {
      const chance = chanceFrom(seed + round);
      const behaviours = Array.from({ length: 10 }, (_, i) => anyBehaviour(chance, `b${i}`));
      const policy = profiles(behaviours);
      expect(securityProfiles.check?.(policy)).toBeNull();
      const run = await simulate(detect);
      await run.advanceTo(START);
      await run.decide(securityProfiles, policy);
      const deeds = deedsOf(chance, 'd1');
      await played(run, deeds, chance, 50 * MINUTE);
      const heard = deeds.map((deed) => deed.heard);
      const wanted = new Map(
        behaviours.map((each) => [`${each.name}/d1`, findingsOf(plain(each), heard, CLOSED_TO)] as const),
      );
      const about = `SEED=${seed + round}`;
      expect(filled(standing(run)), about).toEqual(filled(wanted));
      expect(on(run), about).toEqual(onOf(wanted));
      const all = [...wanted.values()].flat();
      findings += all.length;
      quiet += all.filter(({ end }) => end?.reason === 'NO_DATA').length;
      revised += run.read(topics.violations).filter(({ reason }) => reason === 'REVISION').length;
    }
    console.log(`${findings} findings, ${quiet} of them ended by silence, ${revised} rows of revisions`);
    expect(Math.min(findings / 20, quiet, revised)).toBeGreaterThan(ROUNDS / 3);
  });

  test('of percentiles over all devices', { timeout: 240_000 }, async () => {
    let [findings, quiet] = [0, 0];
    for (let round = 0; round < ROUNDS / 3; round++) {
      const chance = chanceFrom(seed + 1_000 + round);
      const behaviours = Array.from({ length: 6 }, (_, i) => {
        const metric = chance.pick([...SUMS, ...NUMBERS.filter((each) => each !== 'aws:disconnect-duration')]);
        const durationSeconds = chance.pick([300, 600, 900, 1_800]);
        const asked = { statistic: chance.pick(STATISTICS), durationSeconds, ...sometimes(chance) };
        return behaviour({ name: `b${i}`, metric, operator: chance.pick(COMPARISONS), ...asked });
      });
      const policy = profiles(behaviours);
      expect(securityProfiles.check?.(policy)).toBeNull();
      const run = await simulate(detectStatistics, { beside: [detect], partitions: 2 });
      await run.advanceTo(START);
      await run.decide(securityProfiles, policy);
      const devices = new Map(['d1', 'd2', 'd3', 'd4', 'd5'].map((device) => [device, deedsOf(chance, device)]));
      const deeds = [...devices.values()].flat().toSorted((a, b) => a.heard.time - b.heard.time);
      await played(run, deeds, chance, 0);
      const heard = new Map([...devices].map(([device, own]) => [device, own.map((deed) => deed.heard)]));
      const wanted = new Map(
        behaviours.flatMap((each) =>
          [...outliersOf(plain(each), heard, CLOSED_TO)].map(
            ([device, some]) => [`${each.name}/${device}`, some] as const,
          ),
        ),
      );
      const about = `SEED=${seed + 1_000 + round}`;
      expect(filled(standing(run)), about).toEqual(filled(wanted));
      expect(on(run), about).toEqual(onOf(wanted));
      const all = [...wanted.values()].flat();
      findings += all.length;
      quiet += all.filter(({ end }) => end?.reason === 'NO_DATA').length;
    }
    console.log(`${findings} findings, ${quiet} of them ended by silence`);
    expect(Math.min(findings / 20, quiet)).toBeGreaterThan(ROUNDS / 8);
  });
});
