import type { SimulatedClock } from '#runtime/log/simulated/clock.ts';

/** Asked at every operation that a process begins or ends; `true` kills it there. */
export interface Fate {
  crashes(point: string): boolean;
  /** Milliseconds that the operation takes. */
  delay(point: string): number;
}

/** Thrown at a step of the production code that nothing may follow. */
export class Crash extends Error {
  constructor(point: string) {
    super(`the simulated process died at ${point}`);
    this.name = 'Crash';
  }
}

/**
 * One life of a process. Everything that it does to the world goes through its ports: once dead, an operation in
 * flight may have happened or not, no answer ever arrives, and nothing more is done.
 */
export class Process {
  readonly died: Promise<string>;
  /** Where it died; null while it lives. */
  diedAt: string | null = null;
  /** Operations begun and not ended. */
  readonly inFlight = new Set<{ readonly name: string }>();
  readonly #clock: SimulatedClock;
  readonly #fate: Fate;
  #die: (point: string) => void = () => {};
  #paused: Promise<void> | null = null;

  constructor(clock: SimulatedClock, fate: Fate) {
    this.#clock = clock;
    this.#fate = fate;
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  kill(point: string): void {
    if (this.diedAt !== null) return;
    this.diedAt = point;
    this.#die(point);
  }

  /** Nothing that it asks for is answered until the time comes: a process stopped by its machine, which wakes later. */
  pause(ms: number): void {
    this.#paused = this.#clock.sleep(ms).then(() => {
      this.#paused = null;
    });
  }

  /** A step of production code: dies by an exception, since nothing may run behind it. */
  readonly step = (name: string): void => {
    if (this.diedAt === null && this.#fate.crashes(name)) this.kill(name);
    if (this.diedAt !== null) throw new Crash(name);
  };

  /** The clock as this process sees it. */
  get clock() {
    const clock = this.#clock;
    return {
      now: () => clock.now(),
      sleep: (ms: number) => this.#answer(clock.sleep(ms)),
      yield: () => this.#answer(Promise.resolve()),
    };
  }

  /** A port behind which this process can die. Methods named in `guarded` are operations, the others go through. */
  port<T extends object>(name: string, target: T, guarded: readonly (keyof T & string)[]): T {
    const methods = new Map<string | symbol, unknown>();
    return new Proxy(target, {
      get: (_, property) => {
        const known = methods.get(property);
        if (known !== undefined) return known;
        const member = Reflect.get(target, property, target) as unknown;
        if (typeof member !== 'function') return member;
        const bound = member.bind(target) as (...given: unknown[]) => unknown;
        const method = guarded.includes(property as keyof T & string)
          ? this.#guarded(`${name}.${String(property)}`, bound as (...given: unknown[]) => Promise<unknown>)
          : bound;
        methods.set(property, method);
        return method;
      },
    });
  }

  #guarded<T>(name: string, work: (...given: unknown[]) => Promise<T>): (...given: unknown[]) => Promise<T> {
    const points = { name, begin: `${name}:begin`, end: `${name}:end` };
    return (...given) => this.#operation(points, work, given);
  }

  /** A history has thousands of operations, so one that nothing delays waits for nothing but its work. */
  async #operation<T>(
    { name, begin, end }: { readonly name: string; readonly begin: string; readonly end: string },
    work: (...given: unknown[]) => Promise<T>,
    given: readonly unknown[],
  ): Promise<T> {
    const operation = { name };
    this.inFlight.add(operation);
    try {
      this.#passes(begin);
      for (let held = this.#held(); held !== null; held = this.#held()) await held;
      const delay = this.#fate.delay(name);
      // The delay lies half before and half behind the effect, so that others may act on either side of it.
      if (delay > 0) await this.#answer(this.#clock.sleep(delay / 2));
      try {
        return await work(...given);
      } finally {
        for (let held = this.#held(); held !== null; held = this.#held()) await held;
        if (delay > 0) await this.#answer(this.#clock.sleep(delay / 2));
        this.#passes(end);
        for (let held = this.#held(); held !== null; held = this.#held()) await held;
      }
    } finally {
      this.inFlight.delete(operation);
    }
  }

  #passes(point: string): void {
    if (this.diedAt === null && this.#fate.crashes(point)) this.kill(point);
  }

  /** What must come before this process goes on; null when nothing must. */
  #held(): Promise<void> | null {
    // One promise for all would hold on to whoever waits for it.
    return this.diedAt === null ? this.#paused : new Promise(() => {});
  }

  /** What comes back, unless this process is dead by then. */
  #answer<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const alive = (then: () => void) => {
        if (this.diedAt !== null) return;
        if (this.#paused !== null) void this.#paused.then(() => alive(then));
        else then();
      };
      work.then(
        (value) => alive(() => resolve(value)),
        (error: Error) => alive(() => reject(error)),
      );
    });
  }
}
