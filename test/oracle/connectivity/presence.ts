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

/** Whether a device is there, told from all its signs at each entry of the log. The device must have said its interval. */
export class Presence {
  readonly changes: Change[] = [];
  readonly signs: number[] = [];
  /** Pairs of moments between which nobody could see. */
  readonly blind: (readonly [from: number, to: number])[] = [];
  readonly sessions = new Map<string, Session>();
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

  constructor(log: readonly Entry[]) {
    for (const counted of admitted(log)) {
      if ('tick' in counted) {
        this.#now = counted.tick;
        if (counted.resumed) this.#heardSince = counted.tick;
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

  get #allowed(): number {
    return Math.max(SILENCE, 3 * this.#interval[1]);
  }

  get #there(): string {
    return this.#interval[1] > SILENCE ? 'SLEEPING' : 'ONLINE';
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

  #judge(): void {
    if (this.#status === 'OFFLINE' || this.signs.length === 0) return;
    const due = this.#away();
    if (due.at > this.#now) return;
    if (this.#heardSince > this.#countsFrom && this.#away(this.#heardSince).at > this.#now) {
      this.#countsFrom = this.#heardSince;
      const from = Math.min(due.at, this.#heardSince);
      this.blind.push([from, this.#heardSince]);
      if (this.#status !== 'UNKNOWN') this.#become('UNKNOWN', 'RESUMED', from);
      this.#since = from;
      return;
    }
    const allowedMs = due.reason === 'SILENT' ? this.#allowed : GRACE;
    this.absences.push({ from: due.since, until: null, allowedMs, reason: due.reason });
    this.#become('OFFLINE', due.reason, due.since);
  }

  #see(signs: readonly number[]): void {
    this.signs.push(...signs);
    const newest = Math.max(...signs);
    const open = this.#open;
    const isThere = this.#away().at > this.#now;
    if (open !== undefined) {
      if (newest > open.from) this.#heard(open, newest, isThere);
    } else if (isThere && this.#there !== this.#status && (this.#status !== 'UNKNOWN' || newest >= this.#since)) {
      this.#become(this.#there, 'REPORTED', Math.max(newest, this.#since));
    }
    for (const absence of this.absences.filter(({ until }) => until !== null)) {
      const { from, until } = absence;
      if (!signs.some((sign) => sign > from && sign < (until as number))) continue;
      if (!this.#isFilled(absence, until as number)) continue;
      this.absences = this.absences.filter((each) => each !== absence);
      this.changes.push([this.#status, 'RETRACTED', from]);
      this.#saw(from, until as number);
    }
  }

  /** It was heard while it was taken to be away. */
  #heard(open: Absence, newest: number, isThere: boolean): void {
    const isFilled = this.#isFilled(open, newest);
    if (isFilled) this.absences = this.absences.filter((each) => each !== open);
    else open.until = newest;
    if (isFilled) this.#saw(open.from, newest);
    if (isThere) return this.#become(this.#there, isFilled ? 'RETRACTED' : 'REPORTED', isFilled ? open.from : newest);
    this.absences.push({ from: newest, until: null, allowedMs: this.#allowed, reason: 'SILENT' });
    this.#become('OFFLINE', 'REVISED', newest);
  }

  #reconsider(): void {
    const open = this.#open;
    if (open === undefined || this.#away().at <= this.#now) return;
    this.absences = this.absences.filter((each) => each !== open);
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
