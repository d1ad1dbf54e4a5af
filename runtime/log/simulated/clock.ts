interface Timer {
  readonly at: number;
  readonly number: number;
  readonly wake: () => void;
}

/** Virtual time: nothing waits, and the order of events is a function of the program alone. */
export class SimulatedClock {
  #now: number;
  #number = 0;
  #timers: Timer[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      this.#timers.push({ at: this.#now + ms, number: this.#number++, wake });
    });
  }

  yield(): Promise<void> {
    return Promise.resolve();
  }

  /** Runs until the promise settles, jumping from timer to timer. Throws when nothing could ever wake it. */
  async run<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    const done = work.finally(() => {
      settled = true;
    });
    done.catch(() => {});
    for (;;) {
      // All simulated work is microtasks, so one turn of the event loop leaves nothing but timers.
      await new Promise(setImmediate);
      if (settled) return done;
      if (!this.advance()) throw new Error('the simulation stands still: nothing waits for time');
    }
  }

  /** Jumps to the next timer. False when there is none. */
  advance(): boolean {
    const next = this.#timers.reduce<Timer | undefined>((first, timer) => earlier(first, timer), undefined);
    if (next === undefined) return false;
    this.#timers = this.#timers.filter((timer) => timer !== next);
    this.#now = Math.max(this.#now, next.at);
    next.wake();
    return true;
  }
}

function earlier(a: Timer | undefined, b: Timer): Timer {
  if (a === undefined) return b;
  return b.at < a.at || (b.at === a.at && b.number < a.number) ? b : a;
}
