import { type BackOff, pauseMs } from './back-off.ts';
import type { GivenUp } from './letters.ts';
import type { Answer, Receiver } from './receiver.ts';
import type { Waiting, Window } from './window.ts';

/** Messages under way at once while the receiver answers; one while it does not. */
const SENT_MAX = 4;
/** Tries of a message before it is given up, however long one of them takes. */
const TRIES_MIN = 3;
/** Tries of a message that failed while others came through, before it is given up as what fails. */
const PASSED_MIN = 5;
/** How long `stop` waits for what is under way; it is told again at the next start. */
const STOP_MS_MAX = 3_000;

/** How deliveries stand. */
export interface DeliveryStats {
  readonly delivered: number;
  /** Messages that were read and are not delivered. */
  readonly waiting: number;
  /** Tries that failed. */
  readonly failed: number;
  /** Messages that went to the dead letters. */
  readonly givenUp: number;
  /** Since when (ms, the clock's time) nothing was delivered although something was tried; null when all is well. */
  readonly waitingSince: number | null;
}

/** What deliveries are made of. */
export interface DeliveriesOptions {
  readonly window: Window;
  readonly receiver: Receiver;
  readonly giveUpMs: number;
  readonly keepMs: number;
  readonly backOff: BackOff;
  readonly now: () => number;
  readonly chance: () => number;
  readonly giveUp: (waiting: Waiting, why: GivenUp) => Promise<void>;
  readonly step: (name: string) => void;
  readonly report: (code: string, detail: Readonly<Record<string, unknown>>) => void;
}

type Failure = Exclude<Answer, { readonly outcome: 'delivered' }>;

/** Delivers what a window holds, each lane in its order, and tries again what failed. */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #over = new AbortController();
  readonly #sent = new Set<Promise<void>>();
  #changed = Promise.withResolvers<void>();
  #stopping = false;
  #delivered = 0;
  #failed = 0;
  #givenUp = 0;
  #deliveredAt = Number.NEGATIVE_INFINITY;
  #waitingSince: number | null = null;
  /** Failures one after the other that speak of the receiver and not of a message, and until when it is left alone. */
  #away = 0;
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  stats(): DeliveryStats {
    const counts = { delivered: this.#delivered, failed: this.#failed, givenUp: this.#givenUp };
    return { ...counts, waiting: this.#options.window.messages, waitingSince: this.#waitingSince };
  }

  add(waiting: Pick<Waiting, 'topic' | 'partition' | 'record' | 'message' | 'lane'>): void {
    const untried = { triedAt: null, triedLastAt: null, tries: 0, passed: 0, notBefore: Number.NEGATIVE_INFINITY };
    this.#options.window.add({ ...waiting, ...untried, isSent: false });
    this.wake();
  }

  /** Resolves when something is added, delivered, given up, or over. */
  changed(): Promise<void> {
    return this.#changed.promise;
  }

  wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Begins nothing more. */
  stop(): void {
    this.#stopping = true;
    setTimeout(() => this.#over.abort(), STOP_MS_MAX).unref();
    this.wake();
  }

  abandon(): void {
    this.#stopping = true;
    this.#over.abort();
    this.wake();
  }

  /** Resolves once it is stopped and nothing is under way; rejects when a message cannot be given up. */
  async run(): Promise<void> {
    while (!this.#stopping) {
      const changed = this.changed();
      const dueAt = this.#begin();
      const timer = Promise.withResolvers<void>();
      const timeout =
        dueAt === null ? null : setTimeout(() => timer.resolve(), Math.max(0, dueAt - this.#options.now()));
      await Promise.race([changed, timer.promise, ...this.#sent]);
      if (timeout !== null) clearTimeout(timeout);
    }
    await Promise.all(this.#sent);
  }

  /** Begins what is due, as far as there is room, and says when something is due next; null where only a change tells. */
  #begin(): number | null {
    const { window, now } = this.#options;
    const at = now();
    const most = this.#away > 0 ? 1 : SENT_MAX;
    let next = Number.POSITIVE_INFINITY;
    for (const waiting of window.heads()) {
      if (this.#sent.size >= most) return null;
      const dueAt = Math.max(waiting.notBefore, this.#pausedUntil);
      if (dueAt > at) {
        next = Math.min(next, dueAt);
        continue;
      }
      const sent = this.#deliver(waiting).finally(() => this.#sent.delete(sent));
      // Whoever waits for it learns of its failure too.
      sent.catch(() => undefined);
      this.#sent.add(sent);
    }
    return Number.isFinite(next) ? next : null;
  }

  async #deliver(waiting: Waiting): Promise<void> {
    const { window, receiver, now, step } = this.#options;
    const { triedLastAt } = waiting;
    waiting.isSent = true;
    waiting.triedLastAt = now();
    waiting.triedAt ??= waiting.triedLastAt;
    waiting.tries++;
    const answer = await receiver.send(waiting.message, this.#over.signal);
    step('answered');
    waiting.isSent = false;
    if (answer.outcome !== 'away') this.#answers();
    if (answer.outcome === 'delivered') {
      this.#delivered++;
      this.#deliveredAt = now();
      this.#waitingSince = null;
      window.finish(waiting);
    } else if (!this.#over.signal.aborted) {
      if (triedLastAt !== null && this.#deliveredAt > triedLastAt) waiting.passed++;
      await this.#failedWith(waiting, answer);
    }
    this.wake();
  }

  #answers(): void {
    this.#away = 0;
    this.#pausedUntil = Number.NEGATIVE_INFINITY;
  }

  async #failedWith(waiting: Waiting, answer: Failure): Promise<void> {
    const { window, backOff, now, chance, giveUp, report } = this.#options;
    const { detail, retryAfterMs } = answer;
    const at = now();
    this.#failed++;
    this.#waitingSince ??= at;
    const isWorn = this.#isWorn(waiting, answer, at);
    if (isWorn || this.#isExpired(waiting, at)) {
      const code = answer.outcome === 'refused' ? 'webhook_refused' : isWorn ? 'webhook_failed' : 'webhook_expired';
      waiting.isSent = true;
      await giveUp(waiting, { code, detail: `${detail}; tried ${waiting.tries} times` });
      this.#givenUp++;
      report(code, this.#about(waiting, detail));
      window.finish(waiting);
      if (window.messages === 0) this.#waitingSince = null;
      return;
    }
    waiting.notBefore = at + pauseMs(backOff, waiting.tries, { retryAfterMs, chance });
    if (answer.outcome === 'away') {
      this.#away++;
      this.#pausedUntil = at + pauseMs(backOff, this.#away, { retryAfterMs, chance });
    }
    const retryMs = Math.round(Math.max(waiting.notBefore, this.#pausedUntil) - at);
    report('webhook_retries', { ...this.#about(waiting, detail), retryMs });
  }

  /**
   * What the receiver does not want is given up after a time. Where it seems away, that may be the message's fault only
   * if others came through between its tries, again and again; otherwise everything waits for the receiver.
   */
  #isWorn({ triedAt, tries, passed }: Waiting, { outcome }: Failure, at: number): boolean {
    if (triedAt === null || tries < TRIES_MIN || at - triedAt < this.#options.giveUpMs) return false;
    return outcome === 'refused' || passed >= PASSED_MIN;
  }

  /**
   * What is too old to be news is given up, whoever is to blame, so that the receiver hears of today when it is back.
   * First it is tried for as long as any other, by this message or those before it: our own absence is no reason.
   */
  #isExpired({ triedAt, record }: Waiting, at: number): boolean {
    const { giveUpMs, keepMs } = this.#options;
    const since = Math.min(triedAt ?? at, this.#waitingSince ?? at);
    return at - since >= giveUpMs && at - record.timestamp >= keepMs;
  }

  #about({ message: { id }, topic, partition, record, tries }: Waiting, detail: string) {
    return { id, topic, partition, offset: record.offset, tries, detail };
  }
}
