/** The alerts of a tenant as one plain pass over what is said of them, in log time; no outages, windows or verdicts. */

/** What is said: to be folded at a log time, in this order. */
export interface Said {
  readonly kind: 'RAISED' | 'CLEARED' | 'RETRACTED';
  readonly rule: string;
  readonly alert: string;
  readonly severity: string;
}

/** What of a change must be so. */
export interface Change {
  readonly revision: number;
  readonly alert: string;
  readonly change: string;
  readonly number: number;
  readonly count: number;
  readonly severity: string;
  readonly status: string;
  readonly openedAt: number;
  readonly endedAt: number | null;
  readonly withheld: string | null;
}

interface Known {
  number: number;
  count: number;
  severity: string;
  status: string;
  openedAt: number;
  endedAt: number | null;
  announced: boolean;
}

/** The policy that holds where nobody decides. */
const REOPEN_MS = 15 * 60_000;
const PER_HOUR = 120;
const BURST = 60;
const DIGEST_MS = 5 * 60_000;
const KEEP_MS = 7 * 24 * 3_600_000;
const MINUTE_MS = 60_000;
const SEVERITIES = ['UNKNOWN', 'INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];

export class Alerts {
  readonly changes: Change[] = [];
  readonly #known = new Map<string, Known>();
  #numbers = 0;
  #deliveries = BURST;
  #filledAt: number | null = null;
  #held: string[] = [];
  #digestAt: number | null = null;

  /** Takes over what is said at a log time. */
  say({ kind, alert, severity }: Said, now: number): void {
    const known = this.#known.get(alert);
    const isOpen = known?.status === 'OPEN';
    if (kind === 'RAISED' && known !== undefined && isOpen) {
      if (known.severity === severity) return;
      known.severity = severity;
      const wasAnnounced = known.announced;
      const passes = this.#passes(severity, now);
      known.announced ||= passes;
      this.#tell(alert, known, passes && !wasAnnounced ? 'RELEASED' : 'UPDATED', passes ? null : 'RATE_LIMITED');
    } else if (kind === 'RAISED') {
      const opened = this.#opened(alert, severity, now);
      opened.announced = this.#passes(severity, now);
      this.#tell(alert, opened, 'OPENED', opened.announced ? null : 'RATE_LIMITED');
    } else if (known !== undefined && (isOpen || (kind === 'RETRACTED' && known.status !== 'RETRACTED'))) {
      if (isOpen) known.endedAt = now;
      known.status = kind === 'CLEARED' ? 'RESOLVED' : 'RETRACTED';
      this.#tell(alert, known, known.status, known.announced ? null : 'UNANNOUNCED');
    }
  }

  /** Lets log time come to a tick: digests that are due by then are told, each at its own time. */
  pass(logTime: number): void {
    this.#digest(logTime);
    this.#forget(logTime);
  }

  #digest(logTime: number): void {
    for (let at = this.#digestAt; at !== null && at <= logTime; at = this.#digestAt) {
      const digest = this.#known.get('alerts.digest');
      const isOpen = digest?.status === 'OPEN';
      if (this.#held.length === 0) {
        this.#digestAt = null;
        if (digest === undefined || !isOpen) continue;
        digest.status = 'RESOLVED';
        digest.endedAt = at;
        this.#tell('alerts.digest', digest, 'RESOLVED', null);
        continue;
      }
      const [severity = ''] = SEVERITIES.filter((each) => this.#held.includes(each)).toReversed();
      this.#held = [];
      this.#digestAt = at + DIGEST_MS;
      const told = isOpen ? digest : this.#opened('alerts.digest', severity, at);
      told.severity = severity;
      told.announced = true;
      this.#tell('alerts.digest', told, isOpen ? 'UPDATED' : 'OPENED', null);
    }
  }

  /** What is over is forgotten after a week, at the next whole minute. */
  #forget(logTime: number): void {
    for (const [alert, { endedAt }] of this.#known)
      if (endedAt !== null && (Math.floor((endedAt + KEEP_MS) / MINUTE_MS) + 1) * MINUTE_MS <= logTime)
        this.#known.delete(alert);
  }

  #opened(alert: string, severity: string, now: number): Known {
    const before = this.#known.get(alert);
    const isBack = before !== undefined && before.endedAt !== null && now - before.endedAt <= REOPEN_MS;
    const number = isBack ? before.number : ++this.#numbers;
    const count = isBack ? before.count + 1 : 1;
    const opened = { number, count, severity, status: 'OPEN', openedAt: now, endedAt: null, announced: false };
    this.#known.set(alert, opened);
    return opened;
  }

  /** So many at once, and so many an hour; what does not pass is for the digest. */
  #passes(severity: string, now: number): boolean {
    const hours = this.#filledAt === null ? 0 : Math.max(0, now - this.#filledAt) / 3_600_000;
    this.#deliveries = Math.min(BURST, this.#deliveries + hours * PER_HOUR);
    this.#filledAt = Math.max(this.#filledAt ?? now, now);
    // A thousandth of a millisecond's worth, for what a sum of fractions loses.
    if (this.#deliveries >= 1 - 1e-8) {
      this.#deliveries -= 1;
      return true;
    }
    this.#held.push(severity);
    this.#digestAt ??= now + DIGEST_MS;
    return false;
  }

  #tell(alert: string, { announced: _, ...known }: Known, change: string, withheld: string | null): void {
    this.changes.push({ ...known, revision: this.changes.length + 1, alert, change, withheld });
  }
}
