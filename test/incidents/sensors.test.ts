// How often the baseline finds a stuck sensor, and how often it raises an alert where there is nothing to find.
import { expect, test } from 'vitest';
import { anomalyPolicy, type TelemetryReported } from '#schemas';
import { EMPTY } from '../../processors/anomaly/baseline.ts';
import { LOG_ALARM, NO_ALERT } from '../../processors/anomaly/incident.ts';
import { log } from '#sdk';
import { observe } from '../../processors/anomaly/observe.ts';
import { chanceFrom } from '../simulation/chance.ts';
import { stuckSensor } from './faults.ts';
import { type Incident, type Log, MINUTE, START } from './log.ts';
import { sectionOf } from './section.ts';

const SEED = Number(process.env['SEED'] ?? 1);
console.log(`sensors: SEED=${SEED}`);
const SEEDS = Array.from({ length: 100 }, (_, i) => SEED + i);

const { alertProbability, valuesMin } = anomalyPolicy.fallback;

/** When the baseline of a sensor finds what is an alert, ms since `START`. */
function alarmsOf({ said }: Log, device: string): readonly number[] {
  let baseline = EMPTY;
  return said.flatMap(({ at, event }) => {
    if (event.device !== device) return [];
    const value = (event as unknown as TelemetryReported).metrics['temperatureC'] ?? Number.NaN;
    const logAlert = baseline.count < valuesMin ? NO_ALERT : log(alertProbability);
    const seen = observe(baseline, { time: START + at, value }, { logAlarm: LOG_ALARM, logAlert });
    const { alarm, probability } = seen.verdict;
    const isAlert = alarm && probability <= alertProbability && baseline.count >= valuesMin;
    baseline = seen.baseline;
    return isAlert ? [at] : [];
  });
}

/** What a hundred logs of an incident show, as cells of a table. */
function rowOf({ name, log, during: [from, to] }: Incident): string {
  const logs = SEEDS.map((seed) => log(chanceFrom(seed)));
  const whole = logs.map((each) => alarmsOf(each, 't0'));
  const delays = whole.flatMap((alarms) => alarms.find((at) => at >= from && at < to) ?? []).map((at) => at - from);
  const median = delays.toSorted((a, b) => a - b)[delays.length >> 1];
  const before = whole.filter((alarms) => alarms.some((at) => at < from)).length;
  const other = logs.filter((each) => alarmsOf(each, 't1').length > 0).length;
  const within = median === undefined ? '-' : `${Math.round(median / MINUTE)} min`;
  return `| ${name} | ${delays.length} | ${within} | ${before} | ${other} |`;
}

test('the page says how often a stuck sensor is found, and how often one is that is not', () => {
  const coarse = stuckSensor.lookAlikes[0]?.log;
  expect(coarse).toBeDefined();
  const logs = SEEDS.flatMap((seed) => coarse?.(chanceFrom(seed)) ?? []);
  const alarmed = logs.filter((log) => alarmsOf(log, 't0').length > 0).length;
  const text = [
    '| of 100 logs | found in time | half of them within | alert before | alert of the sound sensor |',
    '|---|---|---|---|---|',
    rowOf(stuckSensor),
    '',
    `The coarse sensor raises an alert within its two days in ${alarmed} of ${logs.length} logs.`,
  ].join('\n');
  const { page, wanted } = sectionOf('sensors', text);
  expect(page).toBe(wanted);
}, 120_000);
