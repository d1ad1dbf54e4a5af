import { type Change, drop, set, type Step } from '#sdk';
import type { Behaviour, DetectMeasure, DetectMeasured, DetectOutlier, DetectStatisticsState } from '#schemas';
import { isNormal, topics } from '#schemas';
import { percentileOf } from './percentile.ts';
import { type Asked, type Kept, measures, outliers } from './state.ts';
import { tell, type Told } from './telling.ts';

const { signals, violations } = topics;

type Outcome = Step<DetectStatisticsState, typeof violations | typeof signals>;

/** Measures of one behaviour that wait to be compared; further devices are not. */
const WAITING_MAX = 100_000;

/** A device that measures nothing in windows of so long together has stopped. */
const QUIET_MS = 900_000;

/** Windows are measured when log time is a minute past their end, and compared at the tick behind. */
const LAG_MS = 120_000;

/** Digits of the largest safe integer. */
const DIGITS = 16;

/** Above every subkey, as they begin with a letter or a digit. */
const END = '~';

/** Takes what a device measured. At one tick all devices measure, so that the next has them all. */
export function measured(state: DetectStatisticsState, event: DetectMeasured, { meta, measures: all }: Kept): Outcome {
  const { device, windowStart, eventTime, value, events } = event;
  const subkey = `${String(eventTime).padStart(DIGITS, '0')}/${device}`;
  const isNew = all.get(subkey) === undefined;
  if (eventTime <= state.judgedTo || (isNew && state.waiting >= WAITING_MAX)) return { state };
  const dueAt = Math.min(state.dueAt ?? Infinity, meta.logTime + 1);
  const next = { ...state, dueAt, waiting: state.waiting + Number(isNew) };
  return { state: next, changes: [set(measures, subkey, { windowStart, value, events })] };
}

/** Compares the devices of every window that waits, and ends the alarms of those that measure nothing any more. */
export function compare(before: DetectStatisticsState, kept: Kept): Outcome {
  const version = kept.versions.securityProfiles;
  const asked = askedIn(kept);
  const text = asked === null ? '' : textOf(asked.behaviour);
  const known = new Map(kept.outliers.range('', END));
  const changes: Change[] = [];
  const emits: Told[] = [];
  if (before.profilesVersion !== null && before.asked !== text) {
    const at = before.judgedTo;
    for (const [device, { finding }] of known) {
      changes.push(drop(outliers, device));
      if (finding === null) continue;
      const about = { device, finding, windowStart: at, at, policyVersion: version };
      emits.push(...tell(kept.meta.key, asked, { ...about, kind: 'ALARM_INVALIDATED', reason: 'POLICY' }));
    }
    known.clear();
  }
  let { judgedTo } = before;
  const waiting = [...kept.measures.range('', END)];
  for (const window of windowsOf(waiting)) {
    judgedTo = Math.max(judgedTo, window.end);
    for (const { device } of window.devices) changes.push(drop(measures, `${window.subkey}/${device}`));
    if (asked === null) continue;
    // Who measures something again was silent all the same, if it was for long enough.
    quiet(asked, kept, { known, changes, emits, version, key: kept.meta.key }, window.end);
    judge(window, asked, { known, changes, emits, version, key: kept.meta.key });
  }
  if (asked !== null)
    quiet(asked, kept, { known, changes, emits, version, key: kept.meta.key }, kept.meta.logTime - LAG_MS + 1);
  const dueAt = known.size === 0 ? null : kept.meta.logTime + QUIET_MS / 3;
  return { state: { profilesVersion: version, asked: text, dueAt, judgedTo, waiting: 0 }, changes, emits };
}

interface Window {
  readonly subkey: string;
  readonly end: number;
  readonly devices: readonly (DetectMeasure & { readonly device: string })[];
}

/** What a comparison changes. */
interface Course {
  readonly known: Map<string, DetectOutlier>;
  readonly changes: Change[];
  readonly emits: Told[];
  readonly version: number;
  readonly key: string;
}

function judge({ end, devices }: Window, asked: Asked, { known, changes, emits, version, key }: Course): void {
  const { operator, statistic, datapointsToAlarm, datapointsToClear } = asked.behaviour;
  const limit = percentileOf(
    devices.map(({ value }) => value).sort((a, b) => a - b),
    statistic as string,
  );
  for (const { device, windowStart, value, events } of devices) {
    const before = known.get(device) ?? { finding: null, violating: 0, conforming: 0, measuredTo: end };
    const violates = !isNormal(operator, value, limit);
    const violating = violates ? before.violating + 1 : 0;
    const conforming = violates || before.finding === null ? 0 : before.conforming + 1;
    const about = {
      device,
      windowStart,
      at: end,
      policyVersion: version,
      value,
      events,
      limit,
      devices: devices.length,
    };
    const isBegin = before.finding === null && violating >= datapointsToAlarm;
    const isEnd = before.finding !== null && conforming >= datapointsToClear;
    const finding = isBegin ? `${ruleOf(asked)}/${device}/${end}` : before.finding;
    if (finding !== null && isBegin)
      emits.push(
        ...tell(key, asked, { ...about, finding, kind: 'IN_ALARM', reason: 'CRITERIA', consecutive: violating }),
      );
    if (finding !== null && isEnd)
      emits.push(
        ...tell(key, asked, { ...about, finding, kind: 'ALARM_CLEARED', reason: 'CRITERIA', consecutive: conforming }),
      );
    const after = { finding: isEnd ? null : finding, violating, conforming, measuredTo: end };
    keep(device, after, known, changes);
  }
}

/** Ends the alarms of devices that have measured nothing for a while before a time. */
function quiet(asked: Asked, kept: Kept, { known, changes, emits, version, key }: Course, before: number): void {
  const length = (asked.behaviour.durationSeconds ?? 300) * 1000;
  const longest = Math.ceil(QUIET_MS / length) * length;
  for (const [device, { finding, measuredTo }] of known) {
    // While nobody listened, silence says nothing of the device.
    const at = Math.max(measuredTo, kept.meta.heardSince) + longest;
    if (at >= before) continue;
    keep(device, { finding: null, violating: 0, conforming: 0, measuredTo }, known, changes);
    if (finding === null) continue;
    const about = { device, finding, windowStart: measuredTo, at, policyVersion: version };
    emits.push(...tell(key, asked, { ...about, kind: 'ALARM_CLEARED', reason: 'NO_DATA' }));
  }
}

/** Only what is not calm is kept. */
function keep(device: string, after: DetectOutlier, known: Map<string, DetectOutlier>, changes: Change[]): void {
  if (after.finding !== null || after.violating > 0) {
    known.set(device, after);
    changes.push(set(outliers, device, after));
  } else if (known.delete(device)) changes.push(drop(outliers, device));
}

function windowsOf(waiting: readonly (readonly [string, DetectMeasure])[]): readonly Window[] {
  const windows: { subkey: string; end: number; devices: (DetectMeasure & { device: string })[] }[] = [];
  for (const [subkey, measure] of waiting) {
    const [end, device] = [subkey.slice(0, DIGITS), subkey.slice(DIGITS + 1)];
    if (windows.at(-1)?.subkey !== end) windows.push({ subkey: end, end: Number(end), devices: [] });
    windows.at(-1)?.devices.push({ device, ...measure });
  }
  return windows;
}

function askedIn({ meta, policies }: Kept): Asked | null {
  const [, profileName, behaviourName] = meta.key.split('/');
  const profile = policies.securityProfiles.profiles.find(({ name }) => name === profileName);
  const behaviour = profile?.behaviours.find(({ name, statistic }) => name === behaviourName && statistic !== null);
  return profile === undefined || behaviour === undefined ? null : { profile, behaviour };
}

/** What a behaviour asks; whether it is told or only written down is not part of it. */
function textOf({ suppressAlerts: _, ...asked }: Behaviour): string {
  return JSON.stringify(Object.entries(asked).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function ruleOf({ profile, behaviour }: Asked): string {
  return `detect.${profile.name}.${behaviour.name}`;
}
