import type { Behaviour, DetectState, DetectStatus, ProfileTarget, SecurityProfile, ViolationFound } from '#schemas';
import { type Judgement, judge } from './criteria.ts';
import { datapointOf } from './datapoint.ts';
import type { Period, Standing } from './period.ts';
import { BUCKET_MS, QUIET_MS, startOf } from './time.ts';

/** How a device stands to a behaviour after some windows. */
export type Course = Pick<DetectStatus, 'judgedTo' | 'finding' | 'violating' | 'conforming' | 'quietMs'>;

/** An alarm that began or ended with a window. */
export interface Transition {
  readonly kind: 'IN_ALARM' | 'ALARM_CLEARED' | 'ALARM_INVALIDATED';
  readonly reason: ViolationFound['reason'];
  readonly finding: string;
  readonly windowStart: number;
  readonly at: number;
  readonly value: number | null;
  readonly members: readonly string[];
  readonly events: readonly string[];
  readonly consecutive: number;
}

/** A rule is a behaviour of a profile, for one device. */
export interface Rule {
  readonly profile: SecurityProfile;
  readonly behaviour: Behaviour;
  /** `detect.<profile>.<behaviour>`. */
  readonly name: string;
  readonly tenant: string;
  readonly device: string;
}

/** A time in which nobody listened, or time stood still: silence within it says nothing of the device. */
export type Deaf = Pick<DetectState, 'deafFrom' | 'deafTo'>;

/** What is known beside the windows. */
export interface Beside {
  /** Up to when no event can revise a window any more. */
  readonly finalTo: number;
  readonly deaf: Deaf;
}

export interface Walked {
  /** After the windows that no event can revise any more. */
  readonly final: Course;
  /** After all windows. */
  readonly now: Course;
  /** Whether it was calm after each window that an event can still revise: else the windows before count for it. */
  readonly wasCalm: boolean;
  readonly transitions: readonly Transition[];
}

/** Length of a rule's windows, ms. */
export function lengthOf({ durationSeconds }: Behaviour): number {
  return (durationSeconds ?? BUCKET_MS / 1000) * 1000;
}

/** True where a behaviour compares numbers. */
export function isNumeric({ threshold }: Behaviour): boolean {
  return threshold !== null;
}

/** True where nothing is to be remembered. */
export function isCalm({ finding, violating }: Course): boolean {
  return finding === null && violating === 0;
}

/** Judges every window of the periods from where a course stands, those those that are final for good. */
export function walk(rule: Rule, before: Course, periods: readonly Period[], { finalTo, deaf }: Beside): Walked {
  const length = lengthOf(rule.behaviour);
  const first = periods[0]?.start ?? before.judgedTo;
  const start = Math.max(startOf(before.judgedTo, length), first);
  const transitions: Transition[] = [];
  let course = { ...before, quietMs: before.quietMs + start - before.judgedTo, judgedTo: start };
  let final: Course = course;
  let wasCalm = true;
  const count = length / BUCKET_MS;
  for (let at = (start - first) / BUCKET_MS; at + count <= periods.length; at += count) {
    const step = judged(rule, course, periods.slice(at, at + count), deaf);
    course = step.course;
    if (step.transition !== null) transitions.push(step.transition);
    if (course.judgedTo <= finalTo) final = course;
    else wasCalm &&= isCalm(course);
  }
  return { final, now: course, wasCalm, transitions };
}

interface Judged {
  readonly course: Course;
  readonly transition: Transition | null;
}

function judged(rule: Rule, before: Course, window: readonly Period[], { deafFrom, deafTo }: Deaf): Judged {
  const [{ start }, last] = [window[0] as Period, window.at(-1) as Period];
  const judgedTo = last.start + BUCKET_MS;
  const at = { windowStart: start, at: judgedTo };
  if (!isTarget(rule.profile.targets, rule.device, last.after)) {
    const none = { ...before, judgedTo, ...CALM };
    return { course: none, transition: ended(before, 'ALARM_INVALIDATED', 'TARGET', at, NOTHING_SEEN) };
  }
  const datapoint = datapointOf(rule.behaviour, window, rule);
  if (datapoint !== null) return measured(rule, { ...before, quietMs: 0 }, judge(rule.behaviour, datapoint), at);
  const isDeaf = start < deafTo && judgedTo > deafFrom;
  const quietMs = isCalm(before) ? 0 : before.quietMs + (isDeaf ? 0 : judgedTo - start);
  if (quietMs < QUIET_MS) return { course: { ...before, judgedTo, quietMs }, transition: null };
  // Who reports nothing any more violates nothing any more.
  const transition = ended(before, 'ALARM_CLEARED', 'NO_DATA', at, NOTHING_SEEN);
  return { course: { ...before, judgedTo, ...CALM }, transition };
}

type Window = Pick<Transition, 'windowStart' | 'at'>;

const CALM = { finding: null, violating: 0, conforming: 0, quietMs: 0 } as const;
const NOTHING_SEEN = { value: null, members: [], events: [], consecutive: 0 } as const;

function measured(rule: Rule, before: Course, judgement: Judgement, window: Window): Judged {
  const { datapointsToAlarm, datapointsToClear } = rule.behaviour;
  const { violates, ...seen } = judgement;
  const { at: judgedTo } = window;
  const violating = violates ? before.violating + 1 : 0;
  const conforming = violates || before.finding === null ? 0 : before.conforming + 1;
  const course = { ...before, judgedTo, violating, conforming };
  if (before.finding === null && violating >= datapointsToAlarm) {
    const finding = `${rule.name}/${rule.device}/${judgedTo}`;
    const transition = { kind: 'IN_ALARM', reason: 'CRITERIA', finding, ...window, ...seen } as const;
    return { course: { ...course, finding }, transition: { ...transition, consecutive: violating } };
  }
  if (before.finding === null || conforming < datapointsToClear) return { course, transition: null };
  const last = { ...seen, consecutive: conforming };
  return { course: { ...course, ...CALM }, transition: ended(before, 'ALARM_CLEARED', 'CRITERIA', window, last) };
}

function ended(
  { finding }: Course,
  kind: Transition['kind'],
  reason: Transition['reason'],
  window: Window,
  seen: Pick<Transition, 'value' | 'members' | 'events' | 'consecutive'>,
): Transition | null {
  return finding === null ? null : { kind, reason, finding, ...window, ...seen };
}

/** Whether a device fits one of the targets. */
export function isTarget(targets: readonly ProfileTarget[], device: string, standing: Standing): boolean {
  if (targets.length === 0) return true;
  return targets.some(
    (target) =>
      isNamed(target, device) &&
      FEATURES.every((feature) => target[feature] === null || target[feature] === standing[feature]),
  );
}

/** Whether a device fits what a target says of its name. */
export function isNamed({ device: name }: ProfileTarget, device: string): boolean {
  if (name === null) return true;
  return name.endsWith('*') ? device.startsWith(name.slice(0, -1)) : device === name;
}

const FEATURES = ['model', 'hardware', 'firmware', 'lot', 'site'] as const;
