import { expect, test } from 'vitest';
import {
  behaviourReported,
  deviceDescribed,
  securityProfiles,
  sessionEnded,
  sessionStarted,
  telemetryReported,
  topics,
  type ViolationFound,
} from '#schemas';
import type { Envelope } from '#sdk';
import { type Sent, simulate, type Simulation } from '#runtime/simulate.ts';
import { detect } from '../../../processors/detect/processor.ts';
import { type Chance, chanceFrom } from '../../simulation/chance.ts';
import { at, behaviour, MINUTE, profiles, report } from './profile.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`detect in any order: SEED=${seed}`);

const [ROUNDS, MINUTES, LATE_MS, DUPLICATES] = [12, 90, 50 * MINUTE, 0.2];

/** An event, when it happened, and how it is sent. */
interface Happening {
  readonly time: number;
  readonly send: (run: Simulation) => Promise<void>;
}

const POLICY = profiles(
  [
    behaviour({ name: 'sent', metric: 'aws:num-messages-sent', operator: 'less-than', threshold: 3 }),
    behaviour({
      name: 'long',
      metric: 'aws:num-messages-sent',
      operator: 'less-than',
      threshold: 9,
      durationSeconds: 1800,
    }),
    behaviour({
      name: 'size',
      metric: 'aws:message-byte-size',
      operator: 'less-than',
      threshold: 90,
      datapointsToAlarm: 2,
    }),
    behaviour({
      name: 'bytes',
      metric: 'aws:all-bytes-out',
      operator: 'less-than',
      threshold: 50,
      datapointsToClear: 2,
    }),
    behaviour({ name: 'ports', metric: 'aws:listening-tcp-ports', operator: 'in-port-set', ports: [1, 2, 3] }),
    behaviour({ name: 'off', metric: 'aws:disconnect-duration', operator: 'less-than', threshold: 10 }),
    behaviour({ name: 'ends', metric: 'aws:num-disconnects', operator: 'less-than', threshold: 1 }),
  ],
  { targets: [{ device: 'd*', model: null, hardware: null, firmware: '1', lot: null, site: null }] },
);

/** What a device did in an hour and a half. */
function history(chance: Chance): Happening[] {
  const happenings: Happening[] = [];
  let [time, sequence, session] = [at(0), 0, 0];
  while (time < at(MINUTES)) {
    time += chance.int(1, 3 * MINUTE);
    const about = { device: 'd1', deviceTime: time, sequence: sequence++, payloadBytes: chance.int(1, 100) };
    happenings.push({ time, send: oneOf(chance, about, () => (chance.hit(0.5) ? ++session : session)) });
  }
  return happenings;
}

type About = Pick<Sent<Envelope>, 'device' | 'deviceTime' | 'sequence' | 'payloadBytes'>;

function oneOf(chance: Chance, about: About, session: () => number): Happening['send'] {
  const kind = about.sequence === 0 ? 7 : chance.int(0, 9);
  if (kind < 4) return (run) => run.send(telemetryReported, { ...about, metrics: {}, labels: {} });
  if (kind < 7) {
    const said = report({ bytesOut: chance.int(0, 90), listeningTcpPorts: [chance.int(1, 4)] });
    return (run) => run.send(behaviourReported, { ...about, ...said });
  }
  if (kind === 7) {
    const firmware = about.sequence === 0 || chance.hit(0.8) ? '1' : '2';
    const said = { model: null, hardware: null, firmware, lot: null, site: null, reportIntervalMs: null };
    return (run) => run.send(deviceDescribed, { ...about, ...said });
  }
  const said = { sessionId: `s${session()}`, reason: null };
  return kind === 8
    ? (run) => run.send(sessionStarted, { ...about, ...said })
    : (run) => run.send(sessionEnded, { ...about, ...said });
}

/** Sends each event so long after it happened, some twice, with restarts between, until nothing can be revised. */
async function played(happenings: readonly Happening[], chance: Chance, lateMs: number): Promise<Simulation> {
  const run = await simulate(detect);
  await run.advanceTo(at(0));
  await run.decide(securityProfiles, POLICY);
  const arrivals = happenings
    .flatMap((each) => (lateMs > 0 && chance.hit(DUPLICATES) ? [each, each] : [each]))
    .map((each) => ({ ...each, arrival: each.time + (lateMs === 0 ? 0 : chance.int(0, lateMs)) }))
    .toSorted((a, b) => a.arrival - b.arrival);
  let next = 0;
  for (let minute = 0; minute < MINUTES + 240; minute++) {
    await run.advanceTo(at(minute));
    for (; (arrivals[next]?.arrival ?? Infinity) < at(minute + 1); next++) await arrivals[next]?.send(run);
    if (lateMs > 0 && chance.hit(0.02)) await run.crash({ keepLocalState: chance.hit(0.5) });
  }
  return run;
}

/** What stands in the end: the begin and the end of each finding that no late event has taken back. */
function standing(run: Simulation): object {
  const findings = new Map<string, { begin: object; end: object | null }>();
  for (const row of run.read(topics.violations)) {
    const { finding, kind, reason } = row;
    const known = findings.get(finding);
    if (kind === 'ALARM_INVALIDATED' && reason === 'REVISION') findings.delete(finding);
    else if (kind !== 'IN_ALARM') findings.set(finding, { begin: known?.begin ?? {}, end: told(row) });
    else if (reason === 'REVISION') findings.set(finding, { begin: known?.begin ?? {}, end: null });
    else findings.set(finding, { begin: told(row), end: known?.end ?? null });
  }
  return Object.fromEntries([...findings].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function told({ kind, reason, value, members, events, windowStart, eventTime, consecutive }: ViolationFound): object {
  return { kind, reason, value, members, events, windowStart, eventTime, consecutive };
}

/** Which alerts are on, as alerts hear it. */
function alerts(run: Simulation): readonly string[] {
  const on = new Map(run.read(topics.signals).map(({ alert, kind }) => [alert, kind]));
  return [...on].filter(([, kind]) => kind === 'RAISED').map(([alert]) => alert);
}

test('whatever order events come in, within the lateness, the same findings stand in the end', async () => {
  let [findings, takenBack] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const chance = chanceFrom(seed + round);
    const happenings = history(chance);
    const inOrder = await played(happenings, chance.fork(), 0);
    const late = await played(happenings, chance.fork(), LATE_MS);
    expect(standing(late), `SEED=${seed + round}`).toEqual(standing(inOrder));
    expect(alerts(late).toSorted(), `SEED=${seed + round}`).toEqual(alerts(inOrder).toSorted());
    findings += Object.keys(standing(inOrder)).length;
    takenBack += late.read(topics.violations).filter(({ reason }) => reason === 'REVISION').length;
  }
  expect(findings).toBeGreaterThan(4 * ROUNDS);
  expect(takenBack).toBeGreaterThan(ROUNDS);
}, 60_000);

test('the same log gives the same bytes', async () => {
  const chance = chanceFrom(seed);
  const happenings = history(chance);
  const [one, other] = [
    await played(happenings, chanceFrom(seed), LATE_MS),
    await played(happenings, chanceFrom(seed), LATE_MS),
  ];
  expect(one.digest()).toBe(other.digest());
  expect(one.read(topics.violations)).toEqual(other.read(topics.violations));
});
