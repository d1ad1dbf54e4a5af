import { admitted, DAY, type Entry, HOUR, MINUTE, SKEW, signsOf } from './event.ts';

/** When a device came or went: its status, why, and the event time of it. */
export type Change = readonly [status: string, reason: string, at: number];

export interface Absence {
  from: number;
  until: number | null;
  allowedMs: number;
  reason: string;
}

export interface Session {
  startedAt: number | null;
  endedAt: number | null;
  reason: string | null;
}

const SILENCE = 10 * MINUTE;
const GRACE = MINUTE;
const FLAP_DROPS = 5;
const FLAP_CLEAR = 1;
const FLAP_WINDOW = 15 * MINUTE;
const GAPS = 16;
const ABSENCES = 8;

/** What is told of a device that comes and goes: that it began, is over, or never was, and the event time of it. */
export type Flapping = readonly [kind: 'RAISED' | 'CLEARED' | 'RETRACTED', at: number];

/**
 * Whether a device is there, told from all its signs at each entry of the log. Where it does not say how often it
 * reports, that is learnt: from gap to gap, and from all its signs at once whenever an hour is written, at `hourly`.
 */
export class Presence {
  readonly changes: Change[] = [];
  readonly signs: number[] = [];
  /** Pairs of moments between which nobody could see. */
  readonly blind: (readonly [from: number, to: number])[] = [];
  readonly sessions = new Map<string, Session>();
  readonly flapping: Flapping[] = [];
  absences: Absence[] = [];
  #now = 0;
  #heardSince = 0;
  #countsFrom = 0;
  #status = 'UNKNOWN';
  #since = -Infinity;
  /** Times in which it could not be told, and the first time that anything was told of. */
  #unknown: (readonly [from: number, until: number])[] = [];
  #first = Infinity;
  #interval: readonly [saidAt: number, ms: number] = [-Infinity, 0];
  #gaps: readonly number[] = [];
  #revisable: readonly Absence[] = [];
  #flappingAt: number | null = null;

  constructor(log: readonly Entry[], hourly: ReadonlySet<number> = new Set()) {
    for (const counted of admitted(log)) {
      if ('tick' in counted) {
        this.#now = counted.tick;
        if (counted.resumed) this.#heardSince = counted.tick;
        const isAwayNow = this.#judge();
        // That it went away now counts from the next tick on.
        if (!isAwayNow) this.#flap();
        if (!hourly.has(this.#now)) continue;
        this.#gaps = gapsOf(this.signs);
        this.#reconsider();
        this.#judge();
        continue;
      }
      const { event, late } = counted;
      if (!late && (event.kind === 'began' || event.kind === 'over')) this.#join(event);
      const { intervalMs } = event;
      const isSaid = !late && event.kind === 'interval' && intervalMs !== undefined;
      if (isSaid && event.eventTime >= this.#interval[0]) this.#interval = [event.eventTime, intervalMs];
      const signs = signsOf(counted);
      if (signs.length > 0) this.#see(signs);
      if (isSaid) this.#reconsider();
    }
  }

  get status(): string {
    return this.#status;
  }

  /** What it was at a moment, by all of the log: THERE, awake or not; null where nothing is told of so long ago. */
  at(time: number): 'THERE' | 'OFFLINE' | 'UNKNOWN' | null {
    if (time < this.#first) return null;
    if (this.absences.some(({ from, until }) => from <= time && time < (until ?? Infinity))) return 'OFFLINE';
    return this.#unknown.some(([from, until]) => from <= time && time < until) ? 'UNKNOWN' : 'THERE';
  }

  get learntMs(): number | null {
    return learntOf(this.#gaps);
  }

  get #intervalMs(): number {
    const [saidAt, ms] = this.#interval;
    return saidAt === -Infinity ? (this.learntMs ?? 0) : ms;
  }

  get #allowed(): number {
    return Math.max(SILENCE, Math.ceil(3 * this.#intervalMs));
  }

  get #there(): string {
    return this.#intervalMs > SILENCE ? 'SLEEPING' : 'ONLINE';
  }

  get #open(): Absence | undefined {
    return this.absences.find(({ until }) => until === null);
  }

  /** Before it nothing is known of single signs any more: whole hours, a day and the skew of clocks ago. */
  get #horizon(): number {
    return Math.floor((this.#now - DAY - SKEW) / HOUR) * HOUR;
  }

  /** When it must be away if nothing more is heard, and why. */
  #away(from = this.#countsFrom): { at: number; reason: string; since: number } {
    const seen = Math.max(...this.signs);
    const silent = { at: Math.max(seen, from) + this.#allowed, reason: 'SILENT', since: seen };
    const sessions = [...this.sessions.values()].filter(({ startedAt }) => startedAt !== null);
    const begun = sessions.reduce<Session | null>(
      (a, b) => ((b.startedAt as number) >= (a?.startedAt ?? 0) ? b : a),
      null,
    );
    if (begun === null || begun.endedAt === null || begun.reason !== 'CONNECTION_LOST') return silent;
    if (this.#there === 'SLEEPING' || begun.endedAt < seen) return silent;
    const at = Math.max(begun.endedAt, from) + GRACE;
    return at < silent.at ? { at, reason: 'SESSION_ENDED', since: begun.endedAt } : silent;
  }

  /** True where it is taken to be away from now on. */
  #judge(): boolean {
    if (this.#status === 'OFFLINE' || this.signs.length === 0) return false;
    const due = this.#away();
    if (due.at > this.#now) return false;
    if (this.#heardSince > this.#countsFrom && this.#away(this.#heardSince).at > this.#now) {
      this.#countsFrom = this.#heardSince;
      const from = Math.min(due.at, this.#heardSince);
      this.blind.push([from, this.#heardSince]);
      if (this.#status !== 'UNKNOWN') this.#become('UNKNOWN', 'RESUMED', from);
      this.#since = from;
      return false;
    }
    const allowedMs = due.reason === 'SILENT' ? this.#allowed : GRACE;
    this.#miss({ from: due.since, until: null, allowedMs, reason: due.reason });
    this.#become('OFFLINE', due.reason, due.since);
    return true;
  }

  /** Five times away within a quarter of an hour is too often, once is calm again. */
  #flap(): void {
    const away = [...new Set([...drops([...this.sessions.values()], this.#now), ...this.absences.map((a) => a.from)])];
    const recentAt = (at: number) => away.filter((time) => time > at - FLAP_WINDOW && time <= at);
    const recent = recentAt(this.#now);
    const since = this.#flappingAt;
    if (since === null) {
      if (recent.length < FLAP_DROPS) return;
      this.#flappingAt = this.#now;
      this.flapping.push(['RAISED', Math.max(...recent)]);
    } else if (recentAt(since).length < FLAP_DROPS && this.#now - since < FLAP_WINDOW) {
      // What was told too early stands where it is so by now.
      this.#flappingAt = recent.length >= FLAP_DROPS ? this.#now : null;
      if (this.#flappingAt === null) this.flapping.push(['RETRACTED', since]);
    } else if (recent.length <= FLAP_CLEAR) {
      this.#flappingAt = null;
      this.flapping.push(['CLEARED', this.#now]);
    }
  }

  #see(signs: readonly number[]): void {
    const newest = Math.max(...signs);
    const before = Math.max(...this.signs);
    this.signs.push(...signs);
    const isNew = newest > before && before > -Infinity && minuteOf(newest) !== minuteOf(before);
    if (isNew) this.#gaps = [...this.#gaps, newest - before].slice(-GAPS);
    const open = this.#open;
    const isThere = this.#away().at > this.#now;
    if (open !== undefined) {
      if (newest > open.from) this.#heard(open, newest, isThere);
    } else if (isThere && this.#there !== this.#status && (this.#status !== 'UNKNOWN' || newest >= this.#since)) {
      this.#become(this.#there, 'REPORTED', Math.max(newest, this.#since));
    }
    for (const absence of this.#revisable.filter(({ until }) => until !== null)) {
      const { from, until } = absence;
      if (!signs.some((sign) => sign > from && sign < (until as number))) continue;
      if (!this.#isFilled(absence, until as number)) continue;
      this.#drop(absence);
      this.changes.push([this.#status, 'RETRACTED', from]);
      this.#saw(from, until as number);
    }
  }

  /** It was heard while it was taken to be away. */
  #heard(open: Absence, newest: number, isThere: boolean): void {
    const isFilled = this.#isFilled(open, newest);
    if (isFilled) this.#drop(open);
    else open.until = newest;
    if (isFilled) this.#saw(open.from, newest);
    if (isThere) return this.#become(this.#there, isFilled ? 'RETRACTED' : 'REPORTED', isFilled ? open.from : newest);
    this.#miss({ from: newest, until: null, allowedMs: this.#allowed, reason: 'SILENT' });
    this.#become('OFFLINE', 'REVISED', newest);
  }

  /** Only the newest eight of those that are not taken back can be. */
  #miss(absence: Absence): void {
    this.absences = [...this.absences, absence];
    this.#revisable = [...this.#revisable, absence].slice(-ABSENCES);
  }

  #drop(absence: Absence): void {
    this.absences = this.absences.filter((each) => each !== absence);
    this.#revisable = this.#revisable.filter((each) => each !== absence);
  }

  #reconsider(): void {
    const open = this.#open;
    if (open === undefined || this.#away().at <= this.#now) return;
    this.#drop(open);
    this.#become(this.#there, 'RETRACTED', open.from);
  }

  /** Whether no two signs from the begin of an absence to a moment are further apart than was allowed. */
  #isFilled({ from, allowedMs }: Absence, until: number): boolean {
    const between = this.signs.filter((sign) => sign > Math.max(from, this.#horizon - 1) && sign < until);
    const all = [from, ...between.toSorted((a, b) => a - b), until];
    return all.every((sign, i) => i === 0 || sign - (all[i - 1] as number) <= allowedMs);
  }

  #become(status: string, reason: string, at: number): void {
    this.#saw(at, Infinity);
    if (status === 'UNKNOWN') this.#unknown.push([at, Infinity]);
    this.#status = status;
    this.#since = at;
    this.changes.push([status, reason, at]);
  }

  /** Something is known now of a time: what was unknown of it no longer is. */
  #saw(from: number, until: number): void {
    const left = this.#unknown.flatMap(([a, b]) => [[a, Math.min(b, from)] as const, [Math.max(a, until), b] as const]);
    this.#unknown = left.filter(([a, b]) => a < b);
    this.#first = Math.min(this.#first, from);
  }

  #join(event: { kind: string; sessionId?: string; reason?: string | null; eventTime: number }): void {
    const { sessionId = '', reason = null, eventTime } = event;
    const known = this.sessions.get(sessionId) ?? { startedAt: null, endedAt: null, reason: null };
    this.sessions.set(sessionId, known);
    if (event.kind === 'began') known.startedAt = Math.min(eventTime, known.startedAt ?? Infinity);
    else if (known.endedAt === null || eventTime > known.endedAt) Object.assign(known, { endedAt: eventTime, reason });
  }
}

/** The newest gaps from the last sign of a minute to the first of the next minute that has one, in their order. */
function gapsOf(signs: readonly number[]): readonly number[] {
  const minutes = Map.groupBy(
    signs.toSorted((a, b) => a - b),
    minuteOf,
  );
  const runs = [...minutes.values()];
  return runs
    .slice(1)
    .map((run, i) => (run[0] as number) - (runs[i]?.at(-1) as number))
    .slice(-GAPS);
}

/** No fewer than three gaps in four are no longer; null of fewer than five. */
function learntOf(gaps: readonly number[]): number | null {
  if (gaps.length < 5) return null;
  return Math.min(...gaps.filter((gap) => gaps.filter((each) => each <= gap).length >= 0.75 * gaps.length));
}

function minuteOf(time: number): number {
  return Math.floor(time / MINUTE);
}

/** When it was cut off by its sessions: one ended neither by intent nor for another, and none was there a second later. */
export function drops(sessions: readonly Session[], now: number): readonly number[] {
  const begun = sessions.filter(({ startedAt }) => startedAt !== null);
  const timeOf = ({ startedAt, endedAt }: Session) => startedAt ?? endedAt ?? 0;
  return sessions
    .filter((session) => {
      const { endedAt: end, reason } = session;
      if (end === null || reason === 'TAKEN_OVER' || reason === 'CLIENT_DISCONNECT') return false;
      const later = begun.filter((each) => each !== session && timeOf(each) > timeOf(session));
      const wasOpen = later.some(
        ({ startedAt, endedAt }) => (startedAt as number) <= end && (endedAt ?? Infinity) > end,
      );
      const next = Math.min(
        now,
        ...later.flatMap(({ startedAt }) => ((startedAt as number) >= end ? [startedAt as number] : [])),
      );
      return !wasOpen && next - end >= 1_000;
    })
    .map(({ endedAt }) => endedAt as number)
    .toSorted((a, b) => a - b);
}
