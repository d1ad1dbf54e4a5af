import { type Change, type Envelope, set } from '#sdk';
import type { BatteryReported, DeviceCrashed, DeviceDescribed, DeviceHealthState } from '#schemas';
import type { DeviceRebooted, HealthDay, LinkReported } from '#schemas';
import { KEY, withLevel, WITHOUT_LEVELS } from './battery.ts';
import { DAY_MS, dayKey, dayOf, EMPTY_DAY, HOUR_MS, MINUTE_MS } from './days.ts';
import { closesAt, revisedAt } from './due.ts';
import { batteries, fresh, type Kept, type Taken } from './state.ts';
import { withMinute } from './minutes.ts';

/** Days of reports that may wait to be told; more come only where no clock ticks. */
const FRESH_DAYS_MAX = 64;

/** Characters kept of what a device says that it is. */
const TEXT_MAX = 128;

/** A report shows that the device operated when it happened, and was connected when it was received. */
export function reported(state: DeviceHealthState, event: Envelope, kept: Kept): Taken {
  return taken(state, event, kept, true);
}

export function crashed(state: DeviceHealthState, event: DeviceCrashed, kept: Kept): Taken {
  const crashes = [{ minute: minuteOf(event.eventTime), count: 1 }];
  return taken(state, event, kept, true, { crashes, descriptions: firmwareOf(event) });
}

export function rebooted(state: DeviceHealthState, event: DeviceRebooted, kept: Kept): Taken {
  const cause = event.expected ? 'EXPECTED' : event.cause;
  const reboots = [{ minute: minuteOf(event.eventTime), cause, count: 1 }];
  return taken(state, event, kept, true, { reboots, descriptions: firmwareOf(event) });
}

export function linked(state: DeviceHealthState, event: LinkReported, kept: Kept): Taken {
  const technologies = [{ time: event.eventTime, technology: event.technology }];
  return taken(state, event, kept, true, { technologies });
}

/** What a device is may be said by who installed it, so it shows no operation. */
export function described(state: DeviceHealthState, event: DeviceDescribed, kept: Kept): Taken {
  const { model, hardware, firmware, lot, site, reportIntervalMs } = event;
  const description = {
    time: event.eventTime,
    model: text(model),
    hardware: text(hardware),
    firmware: text(firmware),
    lot: text(lot),
    site: text(site),
    reportIntervalMs: reportIntervalMs !== null && reportIntervalMs > 0 ? reportIntervalMs : null,
  };
  return taken(state, event, kept, false, { descriptions: [description] });
}

export function batteryTold(before: DeviceHealthState, event: BatteryReported, kept: Kept): Taken {
  const { state, changes = [] } = reported(before, event, kept);
  const { level, charging, eventTime: time } = event;
  if (level === null) return { state, changes };
  const history = kept.batteries.get(KEY) ?? WITHOUT_LEVELS;
  const next = withLevel(history, { time, level, charged: charging === true });
  if (next === history) return { state, changes };
  const batteryDueAt = state.batteryDueAt ?? closesAt(Math.floor(kept.meta.logTime / HOUR_MS), kept.meta.key);
  return { state: { ...state, batteryDueAt }, changes: [...changes, set(batteries, KEY, next)] };
}

/** What an event says beside that the device was there. */
type Said = Partial<Pick<HealthDay, 'crashes' | 'reboots' | 'descriptions' | 'technologies'>>;

/** Lets what an event tells of its day wait until its hour is told; whether it shows that the device operated. */
function taken(state: DeviceHealthState, event: Envelope, kept: Kept, isOperation: boolean, said?: Said): Taken {
  const day = Math.floor(event.eventTime / DAY_MS);
  const receivedDay = Math.floor(event.receivedAt / DAY_MS);
  const heard = isOperation ? minuteOf(event.eventTime) : null;
  const received = isOperation ? minuteOf(event.receivedAt) : null;
  const told: readonly (readonly [number, Marks])[] =
    day === receivedDay
      ? [[day, { heard, received, said }]]
      : [
          [day, { heard, said }],
          [receivedDay, { received }],
        ];
  const changes: Change[] = [];
  let { freshDays, unplaced } = state;
  for (const [at, marks] of told) {
    const key = dayKey(at);
    const before = kept.fresh.get(key);
    const after = withMarks(before ?? EMPTY_DAY, marks);
    if (after === (before ?? EMPTY_DAY)) continue;
    if (before === undefined && freshDays >= FRESH_DAYS_MAX) {
      unplaced++;
      continue;
    }
    if (before === undefined) freshDays++;
    changes.push(set(fresh, key, after));
  }
  if (changes.length === 0 && unplaced === state.unplaced) return { state };
  const dueAt = dueAfter(state, Math.floor(event.eventTime / HOUR_MS), kept);
  const isSame = dueAt === state.dueAt && freshDays === state.freshDays && unplaced === state.unplaced;
  return { state: isSame ? state : { ...state, dueAt, freshDays, unplaced }, changes };
}

/** What an event adds to a day: minutes, and what it says. */
interface Marks {
  readonly heard?: number | null;
  readonly received?: number | null;
  readonly said?: Said | undefined;
}

/** The day with what an event adds; the very same where it adds nothing. What is counted is news each time. */
function withMarks(before: HealthDay, { heard = null, received = null, said }: Marks): HealthDay {
  const day = said === undefined ? before : dayOf(before, { ...EMPTY_DAY, ...said });
  const minutes = {
    heard: heard === null ? day.heard : withMinute(day.heard, heard),
    received: received === null ? day.received : withMinute(day.received, received),
  };
  if (day === before && minutes.heard === day.heard && minutes.received === day.received) return before;
  return { ...day, ...minutes };
}

function dueAfter({ dueAt, toldUntil }: DeviceHealthState, hour: number, { meta: { key, logTime } }: Kept): number {
  const isTold = toldUntil !== null && hour < toldUntil;
  const at = isTold ? revisedAt(logTime) : Math.max(closesAt(hour, key), logTime);
  return Math.min(at, dueAt ?? at);
}

/** Minute of its day. */
function minuteOf(time: number): number {
  return Math.floor((time % DAY_MS) / MINUTE_MS);
}

/** What a crash or a start says of the firmware. */
function firmwareOf(event: {
  readonly eventTime: number;
  readonly firmware: string | null;
}): HealthDay['descriptions'] {
  const firmware = text(event.firmware);
  if (firmware === null) return [];
  const others = { model: null, hardware: null, lot: null, site: null, reportIntervalMs: null };
  return [{ time: event.eventTime, firmware, ...others }];
}

function text(said: string | null): string | null {
  return said === null || said === '' ? null : said.slice(0, TEXT_MAX).toWellFormed();
}
