import { describe, expect, test } from 'vitest';
import { telemetryReported, topics } from '#schemas';
import { simulate, type Simulation } from '#runtime/simulate.ts';
import { anomaly } from '../../../processors/anomaly/processor.ts';
import { scored } from '../../../processors/anomaly/scored.ts';
import { WAIT_MS, WAITING_MAX } from '../../../processors/anomaly/waiting.ts';
import { type Chance, chanceFrom } from '../../simulation/chance.ts';

const START = Date.UTC(2026, 0, 1);
const STEP_MS = 60_000;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`anomaly on the engine: SEED=${seed}`);

interface Report {
  readonly sequence: number;
  readonly deviceTime: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** A quiet series with one value that is far out. */
function reports(chance: Chance, count: number, outAt: number): Report[] {
  return Array.from({ length: count }, (_, i) => {
    const noise = chance.unit() + chance.unit() + chance.unit() - 1.5;
    const metrics = { temperatureC: 20 + noise + (i === outAt ? 40 : 0), volts: 3 + noise / 10 };
    return { sequence: i, deviceTime: START + i * STEP_MS, metrics };
  });
}

function mixed<T>(chance: Chance, items: readonly T[]): T[] {
  return items
    .map((item) => [chance.unit(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item);
}

async function told(run: Simulation, some: readonly Report[]): Promise<void> {
  for (const report of some) await run.send(telemetryReported, { device: 'd1', labels: {}, ...report });
}

/** Sends reports, each when it happened. */
async function played(run: Simulation, some: readonly Report[]): Promise<void> {
  for (const report of some) {
    await run.advanceTo(report.deviceTime + 100);
    await told(run, [report]);
  }
  await run.advanceTo((some.at(-1)?.deviceTime ?? START) + 2 * WAIT_MS);
}

describe('anomaly', () => {
  test('tells of a value far out once, with what was expected and what would have kept it silent', async () => {
    const run = await simulate(anomaly);
    await played(run, reports(chanceFrom(seed), 400, 350));
    const found = run.read(topics.anomalies);
    expect(found.map(({ metric, eventTime }) => [metric, eventTime])).toContainEqual([
      'temperatureC',
      START + 350 * STEP_MS,
    ]);
    const out = found.find(({ eventTime }) => eventTime === START + 350 * STEP_MS);
    expect(out).toMatchObject({ tenant: 'acme', device: 'd1', sampleSize: 350 });
    expect(out?.statistic).toMatch(/^(jump up|record high|record rise)$/);
    expect(out?.expected).toBeGreaterThan(18);
    expect(out?.expected).toBeLessThan(22);
    expect(out?.value).toBeGreaterThan(out?.high as number);
    expect(out?.measure).toBeGreaterThan(out?.limit as number);
    expect(run.read(topics.anomalyScores)).toEqual([]);
  });

  test('takes reports in the order in which they happened, in whatever order they came, with repetitions', async () => {
    const chance = chanceFrom(seed + 1);
    const all = reports(chance, 300, 200);
    const ordered = await simulate(scored);
    await played(ordered, all);
    const shuffled = await simulate(scored);
    // What comes within the wait comes in any order, and twice.
    for (let from = 0; from < all.length; from += 20) {
      const part = all.slice(from, from + 20).flatMap((report) => (chance.hit(0.3) ? [report, report] : [report]));
      await shuffled.advanceTo(START + (from + 20) * STEP_MS);
      await told(shuffled, mixed(chance, part));
      if (chance.hit(0.2)) await shuffled.crash({ keepLocalState: chance.hit(0.5) });
      await shuffled.advanceTo(START + (from + 20) * STEP_MS + WAIT_MS);
    }
    const scores = (run: Simulation) =>
      run
        .read(topics.anomalyScores)
        .map(({ metric, eventTime, score, expected }) => [metric, eventTime, score, expected]);
    expect(scores(ordered)).toHaveLength(600);
    expect(scores(shuffled)).toEqual(scores(ordered));
  });

  test('counts what is older than what was taken, and learns nothing from it', async () => {
    const run = await simulate(scored);
    const all = reports(chanceFrom(seed + 2), 30, -1);
    await played(run, all.slice(10));
    await told(run, all.slice(0, 10));
    await run.advanceTo(START + 40 * STEP_MS);
    expect(run.state('acme/d1')).toMatchObject({ late: 10, waiting: 0, series: 2, newest: START + 29 * STEP_MS });
    expect(run.read(topics.anomalyScores)).toHaveLength(40);
  });

  test('holds no more reports than it may, also where no tick comes', async () => {
    const run = await simulate(scored);
    await run.advanceTo(START);
    await told(run, reports(chanceFrom(seed + 3), WAITING_MAX + 1, -1));
    expect(run.state('acme/d1')).toMatchObject({ waiting: WAITING_MAX / 2 + 1 });
    expect(run.read(topics.anomalyScores)).toHaveLength(WAITING_MAX);
    await run.advanceTo(START + WAIT_MS);
    expect(run.state('acme/d1')).toMatchObject({ waiting: 0, dueAt: null, late: 0 });
  });
});
