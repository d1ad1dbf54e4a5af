import {
  type Behaviour,
  type BehaviourReported,
  behaviourReported,
  type SecurityProfile,
  securityProfiles,
  type SecurityProfiles,
  telemetryReported,
  topics,
  type ViolationFound,
} from '#schemas';
import type { Envelope } from '#sdk';
import { simulate, type Simulation } from '#runtime/simulate.ts';
import { detect } from '../../../processors/detect/processor.ts';

export const START = Date.UTC(2026, 0, 1);
export const MINUTE = 60_000;
export const at = (minutes: number) => START + minutes * MINUTE;

/** A behaviour; what is not said is as AWS has it. */
export function behaviour(said: Partial<Behaviour> & Pick<Behaviour, 'metric' | 'operator'>): Behaviour {
  const sets = { threshold: null, cidrs: [], ports: [], numbers: [], strings: [] };
  const topics = { topicOperator: null, topicFilters: [] };
  const times = { durationSeconds: null, datapointsToAlarm: 1, datapointsToClear: 1 };
  return { name: 'b', ...topics, ...sets, ...times, statistic: null, confidence: null, suppressAlerts: false, ...said };
}

/** One profile for every device, unless something else is said. */
export function profiles(behaviours: readonly Behaviour[], said: Partial<SecurityProfile> = {}): SecurityProfiles {
  return { profiles: [{ name: 'p', description: '', severity: 'MEDIUM', targets: [], behaviours, ...said }] };
}

/** Detect on the engine, with these behaviours in force. */
export async function watching(...behaviours: readonly Behaviour[]): Promise<Simulation> {
  const run = await simulate(detect);
  await run.advanceTo(at(0));
  await run.decide(securityProfiles, profiles(behaviours));
  return run;
}

type Report = Omit<BehaviourReported, keyof Envelope>;

/** A report of behaviour, of which only this is said. */
export function report(said: Partial<Report>): Report {
  const ports = { listeningTcpPorts: null, listeningTcpPortCount: null };
  const udp = { listeningUdpPorts: null, listeningUdpPortCount: null };
  const traffic = { bytesIn: null, bytesOut: null, packetsIn: null, packetsOut: null };
  const peers = { remoteAddresses: null, connectionCount: null };
  const custom = { numbers: {}, numberLists: {}, stringLists: {}, ipLists: {} };
  return { reportId: null, ...ports, ...udp, ...traffic, ...peers, ...custom, ...said };
}

/** Moves log time on, minute by minute. */
export async function until(run: Simulation, from: number, to: number): Promise<void> {
  for (let minute = from; minute <= to; minute++) await run.advanceTo(at(minute));
}

/** What was found, as kind and minute. */
export function found(run: Simulation): string[] {
  return run.read(topics.violations).map(({ kind, reason, eventTime }) => {
    return `${kind} ${reason} ${(eventTime - START) / MINUTE}`;
  });
}

export function last(run: Simulation): ViolationFound | undefined {
  return run.read(topics.violations).at(-1);
}

/** What alerts heard. */
export function heard(run: Simulation): string[] {
  return run.read(topics.signals).map(({ kind, alert }) => `${kind} ${alert}`);
}

export const device = 'd1';
export const few = behaviour({ metric: 'aws:num-messages-sent', operator: 'less-than-equals', threshold: 2 });
export const quiet = behaviour({ metric: 'aws:all-bytes-out', operator: 'less-than-equals', threshold: 100 });

/** Messages of a device within a minute. */
export async function messages(run: Simulation, minute: number, count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    await run.send(telemetryReported, { device, deviceTime: at(minute) + i, metrics: { i }, labels: {} });
}

export async function bytes(run: Simulation, minute: number, bytesOut: number): Promise<void> {
  await run.send(behaviourReported, { device, deviceTime: at(minute), ...report({ bytesOut }) });
}
