/**
 * What receivers of a tenant's alerts are told, as one plain pass over what is said, in log time, with all that holds
 * an alert back: inhibition, waiting, maintenance, muted rules, rate limits, verdicts. It asks of every alert that is
 * held back whether it still is, a millisecond after anything was said and whenever something that holds back ends.
 */

/** What is said, to be taken at a log time; `alert` is empty for all of the device. */
export interface Said {
  readonly kind: 'RAISED' | 'CLEARED' | 'RETRACTED' | 'ACKNOWLEDGED' | 'JUDGED' | 'MAINTENANCE' | 'BEHIND';
  readonly device: string;
  readonly rule: string;
  readonly alert: string;
  readonly severity: string;
  readonly behind: readonly string[];
  readonly verdict: string | null;
  readonly startsAt: number | null;
  readonly endsAt: number | null;
}

export interface Rules {
  readonly graceMs: number;
  readonly reopenMs: number;
  readonly keepMs: number;
  readonly deliveriesPerHour: number;
  readonly burst: number;
  readonly digestMs: number;
  readonly outageRules: readonly string[];
  readonly muted: readonly string[];
}

/** What a receiver is told. */
export interface Told {
  readonly alert: string;
  readonly change: string;
  readonly number: number;
  readonly count: number;
  readonly severity: string;
  readonly status: string;
  readonly verdict: string | null;
  readonly openedAt: number;
  readonly endedAt: number | null;
}

interface Known {
  device: string;
  rule: string;
  behind: readonly string[];
  number: number;
  count: number;
  severity: string;
  status: string;
  verdict: string | null;
  openedAt: number;
  endedAt: number | null;
  raised: boolean;
  announced: boolean;
  /** Held back by something that ends by itself. */
  held: boolean;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const SEVERITIES = ['UNKNOWN', 'INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];
const DIGEST = 'alerts.digest';

const isOpen = ({ status }: Known) => status === 'OPEN' || status === 'ACKNOWLEDGED';

export class Receivers {
  readonly told: Told[] = [];
  readonly #rules: Rules;
  readonly #known = new Map<string, Known>();
  /** Devices that are down: until when each alert of theirs explains others; null while it is open. */
  readonly #down = new Map<string, { alerts: Set<string>; until: number | null }>();
  readonly #windows = new Map<string, Map<number, number>>();
  readonly #looks = new Set<number>();
  #numbers = 0;
  #tokens: number | null = null;
  #filledAt = 0;
  #limited: string[] = [];
  #digestAt: number | null = null;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  say(said: Said, now: number): void {
    this.#lookAt(now, now);
    if (said.kind === 'RAISED') return this.#raise(said, now);
    if (said.kind === 'MAINTENANCE') return this.#maintain(said, now);
    const meant = [...this.#known].filter(([key, { device }]) =>
      said.alert === '' ? device === said.device : key === said.alert,
    );
    for (const [key, known] of meant.sort(([a], [b]) => (a < b ? -1 : 1))) this.#change(key, known, said, now);
  }

  /** Lets log time come to a tick. */
  pass(logTime: number): void {
    for (;;) {
      const due = [...this.#looks].filter((at) => at <= logTime).sort((a, b) => a - b)[0];
      if (due === undefined) return;
      this.#looks.delete(due);
      this.#look(due);
    }
  }

  /** No look goes back behind what is known. */
  #lookAt(at: number, now: number): void {
    this.#looks.add(Math.max(at, now + 1));
  }

  #look(now: number): void {
    const held = [...this.#known].filter(([, known]) => isOpen(known) && known.held);
    const rank = ({ severity }: Known) => SEVERITIES.indexOf(severity);
    held.sort(([, a], [, b]) => rank(b) - rank(a) || a.number - b.number);
    for (const [key, known] of held) {
      const outcome = this.#passes(known, now);
      if (outcome === 'HELD') continue;
      known.held = false;
      if (outcome !== 'PASSES') continue;
      const change = known.announced ? 'UPDATED' : 'RELEASED';
      known.announced = true;
      this.#tell(key, known, change);
    }
    for (const [key, known] of this.#known)
      if (!known.raised && !isOpen(known) && this.#forgottenAt(known) <= now) this.#known.delete(key);
    for (const [device, { until }] of this.#down) if (until !== null && until <= now) this.#down.delete(device);
    this.#digest(now);
  }

  #raise({ device, rule, alert, severity, behind }: Said, now: number): void {
    const known = this.#known.get(alert);
    if (known === undefined || (!known.raised && !isOpen(known))) {
      const opened = this.#opened(alert, { device, rule, severity, behind }, now);
      const outcome = this.#passes(opened, now);
      opened.held = outcome === 'HELD';
      opened.announced = outcome === 'PASSES';
      this.#goesDown(alert, opened);
      if (opened.announced) this.#tell(alert, opened, 'OPENED');
      return;
    }
    const isWorse = known.severity !== severity;
    Object.assign(known, { severity, behind, raised: true });
    if (!isOpen(known) || !isWorse) return;
    const outcome = this.#passes(known, now);
    known.held = outcome === 'HELD';
    this.#goesDown(alert, known);
    if (outcome !== 'PASSES') return;
    const change = known.announced ? 'UPDATED' : 'RELEASED';
    known.announced = true;
    this.#tell(alert, known, change);
  }

  #change(key: string, known: Known, { kind, verdict, behind }: Said, now: number): void {
    if (kind === 'CLEARED' && isOpen(known)) this.#end(key, known, 'RESOLVED', false, now);
    else if (kind === 'CLEARED' && known.raised) {
      known.raised = false;
      this.#lookAt(this.#forgottenAt(known), now);
    } else if (kind === 'RETRACTED' && known.status !== 'RETRACTED') this.#end(key, known, 'RETRACTED', false, now);
    else if (kind === 'ACKNOWLEDGED' && isOpen(known)) {
      known.status = 'ACKNOWLEDGED';
      if (known.announced) this.#tell(key, known, 'ACKNOWLEDGED');
    } else if (kind === 'BEHIND' && isOpen(known)) known.behind = behind;
    else if (kind === 'JUDGED' && verdict !== known.verdict) {
      known.verdict = verdict;
      const isNoTrouble = verdict === 'FALSE_POSITIVE' || verdict === 'BENIGN_POSITIVE';
      if (isNoTrouble && isOpen(known)) this.#end(key, known, 'RESOLVED', known.raised, now);
      else if (known.announced) this.#tell(key, known, 'UPDATED');
    }
  }

  #maintain({ device, startsAt, endsAt }: Said, now: number): void {
    if (startsAt === null || endsAt === null) return;
    const windows = this.#windows.get(device) ?? new Map<number, number>();
    this.#windows.set(device, windows);
    windows.delete(startsAt);
    if (endsAt <= startsAt || endsAt <= now) return;
    windows.set(startsAt, endsAt);
    this.#lookAt(endsAt, now);
  }

  #end(key: string, known: Known, status: string, raised: boolean, now: number): void {
    if (isOpen(known)) known.endedAt = now;
    Object.assign(known, { status, raised, held: false });
    this.#lookAt(this.#forgottenAt(known), now);
    if (known.announced) this.#tell(key, known, status);
    const down = this.#down.get(known.device);
    if (down === undefined || down.until !== null || !down.alerts.delete(key) || down.alerts.size > 0) return;
    down.alerts.add(key);
    down.until = now + this.#rules.graceMs;
    this.#lookAt(down.until, now);
  }

  #opened(alert: string, about: Pick<Known, 'device' | 'rule' | 'severity' | 'behind'>, now: number): Known {
    const before = this.#known.get(alert);
    const isBack = before !== undefined && before.endedAt !== null && now - before.endedAt <= this.#rules.reopenMs;
    const number = isBack ? before.number : ++this.#numbers;
    const opened: Known = {
      ...about,
      number,
      count: isBack ? before.count + 1 : 1,
      status: 'OPEN',
      verdict: null,
      openedAt: now,
      endedAt: null,
      raised: true,
      announced: false,
      held: false,
    };
    this.#known.set(alert, opened);
    this.#lookAt(now + this.#rules.graceMs, now);
    return opened;
  }

  #goesDown(key: string, { device, rule }: Known): void {
    const isOwn = rule === 'connectivity.offline' || rule.startsWith('outages.');
    const { outageRules } = this.#rules;
    if (!outageRules.includes(rule) && !(isOwn && outageRules.includes('*'))) return;
    const down = this.#down.get(device);
    if (down !== undefined && down.until === null) down.alerts.add(key);
    else this.#down.set(device, { alerts: new Set([key]), until: null });
  }

  /** Whether an alert may be told now; a token is taken where it may. */
  #passes(known: Known, now: number): 'PASSES' | 'HELD' | 'STAYS' {
    const { device, rule, behind, announced, openedAt, severity } = known;
    const { graceMs, muted } = this.#rules;
    if (muted.includes(rule)) return 'STAYS';
    if (this.#isWorkedOn(device, now)) return 'HELD';
    const near = [...this.#known.values()].filter((each) => isOpen(each) && each.device !== device);
    const standing = near.filter((each) => each.behind.includes(device));
    const isConcluded = rule.startsWith('outages.') && standing.length > 0;
    if (isConcluded && standing.every((each) => this.#isWorkedOn(each.device, now))) return 'HELD';
    if (behind.length > 0 && behind.every((each) => this.#isDown(each, device, now))) return 'HELD';
    if (!announced && behind.length > 0 && now < openedAt + graceMs) return 'HELD';
    return this.#token(now, severity) ? 'PASSES' : 'STAYS';
  }

  #isWorkedOn(device: string, now: number): boolean {
    return [...(this.#windows.get(device) ?? [])].some(([startsAt, endsAt]) => startsAt <= now && endsAt > now);
  }

  /** Down, and not for a reason that is the asking device itself. */
  #isDown(device: string, asking: string, now: number): boolean {
    const until = this.#down.get(device)?.until;
    if (until === undefined || (until !== null && until <= now)) return false;
    const met = new Set([device]);
    for (const each of met)
      for (const key of this.#down.get(each)?.alerts ?? [])
        for (const further of this.#known.get(key)?.behind ?? []) met.add(further);
    return !met.has(asking);
  }

  /** So many at once, and so many an hour, counted in whole parts of a delivery; what is left is for the digest. */
  #token(now: number, severity: string): boolean {
    const { burst, deliveriesPerHour, digestMs } = this.#rules;
    const filled = (this.#tokens ?? burst * HOUR_MS) + Math.max(0, now - this.#filledAt) * deliveriesPerHour;
    this.#tokens = Math.min(burst * HOUR_MS, filled);
    this.#filledAt = Math.max(this.#filledAt, now);
    if (this.#tokens >= HOUR_MS) {
      this.#tokens -= HOUR_MS;
      return true;
    }
    this.#limited.push(severity);
    this.#digestAt ??= now + digestMs;
    this.#lookAt(this.#digestAt, now);
    return false;
  }

  #digest(now: number): void {
    if (this.#digestAt === null || this.#digestAt > now) return;
    const digest = this.#known.get(DIGEST);
    if (this.#limited.length === 0) {
      this.#digestAt = null;
      if (digest !== undefined && isOpen(digest)) this.#end(DIGEST, digest, 'RESOLVED', false, now);
      return;
    }
    const severity = SEVERITIES.findLast((each) => this.#limited.includes(each)) ?? '';
    this.#limited = [];
    this.#digestAt = now + this.#rules.digestMs;
    this.#lookAt(this.#digestAt, now);
    const isStill = digest !== undefined && isOpen(digest);
    const told = isStill ? digest : this.#opened(DIGEST, { device: '', rule: DIGEST, severity, behind: [] }, now);
    Object.assign(told, { severity, announced: true });
    this.#tell(DIGEST, told, isStill ? 'UPDATED' : 'OPENED');
  }

  #forgottenAt({ endedAt }: Known): number {
    return (Math.floor(((endedAt ?? 0) + this.#rules.keepMs) / MINUTE_MS) + 1) * MINUTE_MS;
  }

  #tell(alert: string, known: Known, change: string): void {
    const { number, count, severity, status, verdict, openedAt, endedAt } = known;
    this.told.push({ alert, change, number, count, severity, status, verdict, openedAt, endedAt });
  }
}
