import { expect, test } from 'vitest';
import { behaviourReported, deviceDescribed, noveltyPolicy, topics } from '#schemas';
import { simulate, type Simulation } from '#runtime/simulate.ts';
import { novelty } from '../../../processors/novelty/processor.ts';
import { WAIT_MS } from '../../../processors/novelty/steps.ts';
import { noveltyCohorts } from '../../../processors/novelty-cohorts/processor.ts';
import { type Chance, chanceFrom } from '../../simulation/chance.ts';
import { report } from '../detect/profile.ts';
import { POLICY, START } from './house.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`novelty in any order: SEED=${seed}`);

/** Reports lie close together, so that many wait at a time. */
const STEP_MS = 2_000;
const PART = 20;

interface Said {
  readonly device: string;
  readonly sequence: number;
  readonly deviceTime: number;
  readonly remoteAddresses: readonly string[] | null;
  readonly firmware: string | null;
}

function history(chance: Chance): readonly Said[] {
  return Array.from({ length: 400 }, (_, i) => {
    const device = `d${i % 2}`;
    const firmware = i === 240 ? '2.0' : null;
    const strange = chance.hit(0.03) ? [`192.0.${chance.int(2, 9)}.1:443`] : [];
    const remoteAddresses = firmware === null ? ['10.0.0.5:8883', ...strange] : null;
    return { device, sequence: i, deviceTime: START + i * STEP_MS, remoteAddresses, firmware };
  });
}

async function send(run: Simulation, { firmware, remoteAddresses, ...said }: Said): Promise<void> {
  if (firmware === null) return run.send(behaviourReported, { ...said, ...report({ remoteAddresses }) });
  const nothing = { hardware: null, lot: null, site: null, reportIntervalMs: null };
  return run.send(deviceDescribed, { ...said, model: 'm', firmware, ...nothing });
}

/** What was found and heard, without the places in the log, which differ. */
function tell(run: Simulation): readonly string[] {
  const found = run.read(topics.novelties).map(({ device, kind, members, eventTime, reports, news, others }) => {
    return [device, kind, members.join(), eventTime - START, reports, news, others].join(' ');
  });
  return [
    ...found,
    ...run.read(topics.signals).map(({ kind, alert, eventTime }) => `${kind} ${alert} ${eventTime - START}`),
  ].sort();
}

async function played(said: readonly Said[], chance: Chance | null): Promise<readonly string[]> {
  const run = await simulate(noveltyCohorts, { beside: [novelty], partitions: 2 });
  await run.advanceTo(START - WAIT_MS);
  await run.decide(noveltyPolicy, POLICY);
  for (let from = 0; from < said.length; from += PART) {
    const part = said.slice(from, from + PART);
    const now = START + (from + PART) * STEP_MS;
    await run.advanceTo(now);
    const order =
      chance === null
        ? part
        : mixed(
            chance,
            part.flatMap((each) => (chance.hit(0.3) ? [each, each] : [each])),
          );
    for (const each of order) await send(run, each);
    if (chance?.hit(0.2) === true) await run.crash({ keepLocalState: chance.hit(0.5) });
    await run.advanceTo(now + WAIT_MS);
    await run.advanceTo(now + WAIT_MS + 1_000);
  }
  return tell(run);
}

function mixed<T>(chance: Chance, items: readonly T[]): readonly T[] {
  const placed = items.map((item) => [chance.unit(), item] as const);
  return placed.toSorted(([a], [b]) => a - b).map(([, item]) => item);
}

test('what comes within the wait comes to the same in any order, with repetitions and restarts', async () => {
  for (let i = 0; i < 4; i++) {
    const said = history(chanceFrom(seed + i));
    const inOrder = await played(said, null);
    expect(inOrder.length).toBeGreaterThan(2);
    expect(await played(said, chanceFrom(seed + 100 + i)), `history ${seed + i}`).toEqual(inOrder);
  }
}, 60_000);
