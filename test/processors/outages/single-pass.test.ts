// Verdicts against a program that counts anew for each silence: of drawn fleets, and of what devices sent.
import { expect, test } from 'vitest';
import { linkReported, type OutageMember, outagePolicy, topics } from '#schemas';
import { simulate } from '#runtime/simulate.ts';
import { connectivity } from '../../../processors/connectivity/processor.ts';
import { Groups } from '../../../processors/outages/groups.ts';
import { outages } from '../../../processors/outages/processor.ts';
import { judge } from '../../../processors/outages/verdict.ts';
import { type Member, verdictOf } from '../../oracle/outages.ts';
import { type Chance, chanceFrom } from '../../simulation/chance.ts';
import { link, MINUTE, SECOND, START } from '../connectivity/device.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`verdicts against their oracle: SEED=${seed}`);

const FLEETS = 400;
const LOGS = 4;
const SILENCE = 10 * MINUTE;
const KINDS = ['', 'gateway', 'cell', 'operator', 'subscriptions', 'tenant'];

type Place = Pick<Member, 'gateways' | 'cell' | 'operator'>;

/** Behind one or two gateways, in a cell, or of an operator alone. */
function placeOf(chance: Chance): Place {
  const operator = chance.pick(['o1', 'o1', 'o2']);
  if (chance.hit(0.5)) return { gateways: [], cell: chance.hit(0.9) ? `c${chance.int(1, 4)}` : null, operator };
  const gateways = [`gw-${chance.int(1, 4)}`, ...(chance.hit(0.2) ? [`gw-${chance.int(1, 4)}`] : [])];
  return { gateways: [...new Set(gateways)].sort(), cell: null, operator: null };
}

/** Whom a drawn cause takes away. */
function causeOf(chance: Chance): (place: Place) => boolean {
  const gateway = `gw-${chance.int(1, 4)}`;
  const cell = `c${chance.int(1, 4)}`;
  const share = chance.pick([0.15, 0.3]);
  return chance.pick([
    ({ gateways }: Place) => gateways.includes(gateway),
    (place: Place) => place.cell === cell && place.operator === 'o1',
    ({ operator }: Place) => operator === 'o1',
    ({ operator }: Place) => operator === 'o1' && chance.hit(share),
    () => chance.hit(0.95),
    () => chance.hit(0.05),
  ]);
}

test('each silence of a drawn fleet has the verdict, the counts and the probability of one that counts anew', () => {
  const chance = chanceFrom(seed);
  const kinds = new Set<string>();
  for (let run = 0; run < FLEETS; run++) {
    const rules = {
      ...outagePolicy.fallback,
      groupSilent: chance.pick([2, 3, 5]),
      groupShare: chance.pick([0.3, 0.5, 0.8]),
      aloneShare: chance.pick([0.02, 0.1]),
    };
    const causes = Array.from({ length: chance.int(1, 3) }, () => ({
      at: chance.int(0, 60) * MINUTE,
      isHit: causeOf(chance),
    }));
    const all = Array.from({ length: chance.int(5, 120) }, (_, i): Member => {
      const place = placeOf(chance);
      const hit = causes.find(({ isHit }) => isHit(place));
      const silentSince = hit === undefined ? null : hit.at + chance.int(0, 8) * MINUTE;
      return { device: `d${i}`, ...place, silentSince };
    });
    const nothing = { noticedAt: null, reason: '', verdict: '', revision: 0, retracted: false, flapping: false };
    const groups = new Groups(all.map((each): [string, OutageMember] => [each.device, { ...each, ...nothing }]));
    for (const each of all) {
      if (each.silentSince === null) continue;
      const {
        detail: _,
        probability,
        ...found
      } = judge({ device: each.device, since: each.silentSince }, each, groups, rules);
      const { probability: likely, ...wanted } = verdictOf(each, all, rules);
      const of = `${each.device} of fleet ${run}, SEED=${seed}`;
      expect(found, of).toEqual(wanted);
      const ratio = likely === null || probability === null ? Number(likely === probability) : probability / likely;
      expect(ratio, of).toBeCloseTo(1, 8);
      kinds.add(found.groupKind);
    }
  }
  expect(kinds).toEqual(new Set(KINDS));
});

/** When a device is silent, in minutes of the log. */
interface Life {
  readonly device: string;
  readonly place: Place;
  readonly second: number;
  readonly away: readonly (readonly [from: number, to: number])[];
}

const HOURS = 3 * 60;

/** Causes that end after half an hour, or last to the end. */
function livesOf(chance: Chance): readonly Life[] {
  const causes = [20, 70, 120].map((from) => {
    const at = from + chance.int(0, 20);
    return { away: [at, chance.hit(0.5) ? at + 30 : HOURS] as const, isHit: causeOf(chance) };
  });
  return Array.from({ length: chance.int(15, 40) }, (_, i) => {
    const place = placeOf(chance);
    const away = causes.flatMap((cause) => (cause.isHit(place) ? [cause.away] : []));
    return { device: `d${i}`, place, second: chance.int(2, 50), away };
  });
}

/** Everybody reports each minute; gives the newest verdict of each device that is silent in the end. */
async function lastVerdicts(lives: readonly Life[], partitions: number, chance: Chance) {
  const run = await simulate(outages, { beside: [connectivity], partitions });
  for (let minute = 0; minute < HOURS; minute++) {
    await run.advanceTo(START + minute * MINUTE);
    for (const { device, place, second } of shuffled(
      lives.filter((life) => !isAway(life, minute)),
      chance,
    )) {
      const time = START + minute * MINUTE + second * SECOND;
      const { gateways, ...cellular } = place;
      for (const gateway of gateways.length === 0 ? [null] : gateways) {
        const technology = gateway === null ? 'LTE_M' : 'LORAWAN';
        const said = { ...link({ ...cellular, technology, gateway }), device, deviceTime: time, receivedAt: time };
        await run.send(linkReported, said);
      }
    }
  }
  await run.advanceTo(START + HOURS * MINUTE);
  const silent = new Set(lives.filter((life) => isAway(life, HOURS - 1)).map(({ device }) => device));
  const rows = run.read(topics.outageVerdicts).toSorted((a, b) => a.eventTime - b.eventTime || a.revision - b.revision);
  const verdicts = rows.map(({ device, verdict, groupKind, groupName, eventTime }) => {
    return [device, { verdict, groupKind, groupName, eventTime }] as const;
  });
  return new Map(verdicts.filter(([device]) => silent.has(device)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isAway({ away }: Life, minute: number): boolean {
  return away.some(([from, to]) => minute >= from && minute < to);
}

function shuffled<T>(all: readonly T[], chance: Chance): readonly T[] {
  return all
    .map((each) => [chance.unit(), each] as const)
    .sort(([a], [b]) => a - b)
    .map(([, each]) => each);
}

test('who is silent in the end has the verdict that follows from what all sent, in whatever order it came within a tick', {
  timeout: 120_000,
}, async () => {
  const chance = chanceFrom(seed);
  let silences = 0;
  for (let run = 0; run < LOGS; run++) {
    const lives = livesOf(chance);
    const found = await lastVerdicts(lives, 1, chance);
    expect(await lastVerdicts(lives, 3, chance), `log ${run} of SEED=${seed}`).toEqual(found);
    const members = lives.map((life): Member => {
      const last = Array.from({ length: HOURS }, (_, minute) => minute).findLast((minute) => !isAway(life, minute));
      const time = START + (last ?? 0) * MINUTE + life.second * SECOND;
      const isSilent = (last ?? 0) * MINUTE + SILENCE < (HOURS - 5) * MINUTE;
      return { device: life.device, ...life.place, silentSince: isSilent ? time : null };
    });
    for (const each of members) {
      if (each.silentSince === null) continue;
      const { verdict, groupKind, groupName } = verdictOf(each, members, outagePolicy.fallback);
      const wanted = { verdict, groupKind, groupName, eventTime: each.silentSince };
      expect(found.get(each.device), `${each.device} of log ${run}, SEED=${seed}`).toEqual(wanted);
      silences++;
    }
  }
  expect(silences).toBeGreaterThan(0);
});
