import { expect, test } from 'vitest';
import { anomalyPolicy, telemetryReported, topics, verdictGiven } from '#schemas';
import { log } from '#sdk';
import { simulate, type Simulation } from '#runtime/simulate.ts';
import { alerts } from '../../../processors/alerts/processor.ts';
import { ALARM_PROBABILITY } from '../../../processors/anomaly/incident.ts';
import { observe } from '../../../processors/anomaly/observe.ts';
import { anomaly } from '../../../processors/anomaly/processor.ts';
import { operators } from '../../../processors/operators/processor.ts';
import { chanceFrom } from '../../simulation/chance.ts';
import { fold, INTERVAL_MS } from './fold.ts';
import { BEGAN } from './signals.ts';

const START = Date.UTC(2026, 0, 1);
const STEP_MS = 60_000;
const ALERT = 'anomaly.value/d1/temperatureC';

/** A quiet series, but for what `out` adds to a point; each is received when it happens. */
async function plays(run: Simulation, from: number, to: number, out: (i: number) => number): Promise<void> {
  const chance = chanceFrom(from + 1);
  for (let i = from; i < to; i++) {
    const temperatureC = 20 + chance.unit() + chance.unit() - 1 + out(i);
    await run.advanceTo(START + i * STEP_MS);
    await run.send(telemetryReported, { device: 'd1', labels: {}, sequence: i, metrics: { temperatureC } });
  }
  await run.advanceTo(START + to * STEP_MS);
}

async function says(run: Simulation, finding: string, verdict: 'TRUE_POSITIVE' | 'FALSE_POSITIVE'): Promise<void> {
  const given = { finding, verdict, comment: `${run.read(topics.anomalyThresholds).length}`, actor: 'ann' };
  await run.send(verdictGiven, { device: 'd1', ...given });
}

test('an anomaly opens an alert that says why, and resolves it once the metric is usual again', async () => {
  const run = await simulate(alerts, { beside: [anomaly, operators] });
  await run.advanceTo(START - STEP_MS);
  await run.decide(anomalyPolicy, { alertProbability: 0.0015, valuesMin: 300, lentMin: 200 });
  await plays(run, 0, 500, (i) => (i === 350 ? 40 : 0));
  const told = run.read(topics.alerts).filter(({ alert }) => alert === ALERT);
  expect(told.map(({ change }) => change)).toContain('OPENED');
  expect(told.at(-1)).toMatchObject({ status: 'RESOLVED', rule: 'anomaly.value', device: 'd1' });
  const [first] = told;
  expect(first?.title).toMatch(/^temperatureC of d1 is (59|60|61)\.\d+, which is unusual$/);
  expect(first?.detail).toMatch(
    /would have been usual, .* was expected\. Most unusual is its .* would have been silent\./,
  );
  expect(run.read(topics.anomalies).find(({ value }) => value > 50)).toMatchObject({ threshold: ALARM_PROBABILITY });
});

test('an anomaly that is not unlikely enough, or of a baseline too young, is no alert', async () => {
  for (const policy of [
    { alertProbability: 1e-300, valuesMin: 0, lentMin: 200 },
    { alertProbability: 0.0015, valuesMin: 351, lentMin: 200 },
  ]) {
    const run = await simulate(anomaly);
    await run.advanceTo(START - STEP_MS);
    await run.decide(anomalyPolicy, policy);
    await plays(run, 0, 360, (i) => (i === 350 ? 40 : 0));
    expect(run.read(topics.anomalies).some(({ value }) => value > 50)).toBe(true);
    expect(run.read(topics.signals).filter(({ kind }) => kind === 'RAISED')).toEqual([]);
  }
});

test('verdicts move how unlikely a metric must be, within bounds, and say so', async () => {
  const run = await simulate(anomaly);
  await plays(run, 0, 20, () => 0);
  await says(run, ALERT, 'TRUE_POSITIVE');
  for (let i = 0; i < 15; i++) await says(run, ALERT, 'FALSE_POSITIVE');
  await says(run, ALERT, 'TRUE_POSITIVE');
  const moved = run.read(topics.anomalyThresholds);
  expect(moved.map(({ after }) => after).slice(0, 3)).toEqual([
    ALARM_PROBABILITY,
    ALARM_PROBABILITY / 4,
    ALARM_PROBABILITY / 16,
  ]);
  expect(moved.at(-2)?.after).toBe(1e-9);
  expect(moved.at(-1)).toMatchObject({ metric: 'temperatureC', before: 1e-9, after: 2e-9, actor: 'ann' });
  expect(moved.at(-1)).toMatchObject({ truePositives: 2, falsePositives: 15 });
});

test('a verdict about something else moves nothing', async () => {
  const run = await simulate(anomaly);
  await plays(run, 0, 20, () => 0);
  for (const finding of ['connectivity.offline/d1', 'anomaly.value/d2/temperatureC', 'anomaly.value/d1/volts'])
    await says(run, finding, 'FALSE_POSITIVE');
  expect(run.read(topics.anomalyThresholds)).toEqual([]);
});

test('what was an anomaly is none where the threshold has moved below its probability, and its score says so', () => {
  const chance = chanceFrom(5);
  const baseline = fold(400, () => 20 + chance.unit());
  const point = { time: BEGAN + 400 * INTERVAL_MS, value: 22.5 };
  const { verdict } = observe(baseline, point);
  expect(verdict.alarm).toBe(true);
  const limits = (probability: number) => ({ logAlarm: log(probability) });
  expect(observe(baseline, point, limits(verdict.probability * 0.99)).verdict).toMatchObject({ alarm: false });
  expect(observe(baseline, point, limits(verdict.probability * 1.01)).verdict.score).toBeGreaterThan(0.5);
});
