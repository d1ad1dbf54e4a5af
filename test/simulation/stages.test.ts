import { expect, test } from 'vitest';
import { outagePolicy, presencePolicy, securityProfiles, topics } from '#schemas';
import type { AnyTopic } from '#sdk';
import { alerting } from '../../processors/alerts/policy.ts';
import { alerts } from '../../processors/alerts/processor.ts';
import { connectivity } from '../../processors/connectivity/processor.ts';
import { detect } from '../../processors/detect/processor.ts';
import { outages } from '../../processors/outages/processor.ts';
import { behaviour, profiles } from '../processors/detect/profile.ts';
import { gossip, heard, last, listener, relay, teller } from '../runtime/engine/stages.ts';
import { type Staged, staged } from './staged.ts';

const SEEDS = Number(process.env['STAGE_SEEDS'] ?? 40);
/** Of the platform's own processors, whose histories last minutes of virtual time. */
const PROCESSOR_SEEDS = Math.ceil(SEEDS / 10);
const TIMEOUT_MS = 600_000;

test(`of ${SEEDS} histories under faults, stages behind one another come to what one pass over the log comes to`, {
  timeout: TIMEOUT_MS,
}, async () => {
  let told = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const history = await staged({ seed, processors: [teller, gossip, relay, listener, last] });
    expect(history.found, `seed ${seed}`).toEqual(history.wanted);
    told += recordsOf(history, heard);
  }
  expect(told).toBeGreaterThan(100 * SEEDS);
});

test(`of ${PROCESSOR_SEEDS} histories under faults, so do silences, outages, violations and the alerts of them`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const told = [topics.connectivitySilences, topics.outageVerdicts, topics.violations, topics.alerts];
  const records = told.map(() => 0);
  for (let seed = 1; seed <= PROCESSOR_SEEDS; seed++) {
    const history = await staged({
      seed,
      processors: [connectivity, outages, detect, alerts],
      habits: { durationMs: 10 * MINUTE },
      decisions: DECISIONS,
    });
    expect(history.found, `seed ${seed}`).toEqual(history.wanted);
    for (const [i, topic] of told.entries()) records[i] = (records[i] as number) + recordsOf(history, topic);
  }
  // Faults that meet nothing would prove nothing.
  for (const [i, { name }] of told.entries()) expect(records[i], name).toBeGreaterThan(PROCESSOR_SEEDS);
});

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Short spans, so that devices are silent, alone and together, within the minutes of a history. */
const DECISIONS = [
  { policy: presencePolicy, value: { ...presencePolicy.fallback, silenceMs: MINUTE, missedReports: 1 } },
  { policy: outagePolicy, value: { ...outagePolicy.fallback, windowMs: 2 * MINUTE, waitMs: 20 * SECOND } },
  { policy: alerting, value: { ...alerting.fallback, graceMs: 10 * SECOND, reopenMs: MINUTE } },
  {
    policy: securityProfiles,
    value: profiles([
      behaviour({ metric: 'aws:num-messages-sent', operator: 'less-than', threshold: 8, durationSeconds: 300 }),
    ]),
  },
];

function recordsOf({ log }: Staged, { name }: AnyTopic): number {
  return [0, 1, 2].reduce((sum, partition) => sum + log.all(name, partition).length, 0);
}
