interface Timer {
  readonly at: number;
  readonly wake: () => void;
}

/** Time that passes until it is over, or until nobody waits for it any more. */
export interface Wait {
  readonly over: Promise<void>;
  cancel(): void;
}

/** Virtual time: nothing waits, and the order of events is a function of the program alone. */
export class SimulatedClock {
  #now: number;
  /** The one that is due first stands last; of those due together, the one set first. */
  readonly #timers: Timer[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number): Promise<void> {
    return this.wait(ms).over;
  }

  wait(ms: number): Wait {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = { at: this.#now + ms, wake: resolve };
    const timers = this.#timers;
    let place = timers.length;
    while (place > 0 && (timers[place - 1] as Timer).at <= timer.at) place--;
    timers.splice(place, 0, timer);
    const cancel = () => {
      const at = timers.indexOf(timer);
      if (at >= 0) timers.splice(at, 1);
    };
    return { over: promise, cancel };
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
    for (let jumps = 1; ; jumps++) {
      // All simulated work is microtasks, and the process's next tick comes when none is left. It gives nothing else a
      // turn, so now and then the event loop goes round, which takes longer.
      await new Promise<void>((go) => (jumps % JUMPS_AT_ONCE === 0 ? setImmediate(go) : process.nextTick(go)));
      if (settled) return done;
      if (!this.advance()) throw new Error('the simulation stands still: nothing waits for time');
    }
  }

  /** Jumps to the next timer. False when there is none. */
  advance(): boolean {
    const next = this.#timers.pop();
    if (next === undefined) return false;
    this.#now = Math.max(this.#now, next.at);
    next.wake();
    return true;
  }
}

const JUMPS_AT_ONCE = 1_000;
