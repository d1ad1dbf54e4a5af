import { type AnyProcessor, type AnyTopic, EVENTS_TOPIC, type Table } from '#sdk';
import { SimulatedTarget } from '#runtime/clickhouse/simulated.ts';
import { type Sink, startSink } from '#runtime/clickhouse/sink.ts';
import { Engine } from '#runtime/engine/engine.ts';
import { openTicker } from '#runtime/engine/ticker.ts';
import type { NewRecord } from '#runtime/log/log.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import { type Chance, chanceFrom } from './chance.ts';
import { decodedValues } from './checkers/derivedTopicsEqualOracle.ts';
import { decided, type Decision } from './decided.ts';
import { Faults, mixFrom, POINTS } from './faults.ts';
import { habitsFrom } from './habits.ts';
import { isOutstanding } from './outstanding.ts';
import { type Ports, portsOf } from './ports.ts';
import { Process } from './process.ts';
import { type Arrival, type Habits, START_MS, workload } from './workload.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly processors: readonly AnyProcessor[];
  readonly tables: readonly Table[];
  readonly mutate?: (ports: Ports) => Ports;
  /** What is to be otherwise than the seed has it. */
  readonly habits?: Partial<Habits>;
  /** Policies that are in force from the beginning. */
  readonly decisions?: readonly Decision[];
}

/** Virtual time after which a history that has not ended never will. */
const ENDLESS_MS = 3_600_000;
const LIVES_MAX = 12;
const MACHINES = 3;
/** Dedup windows of the target. One that wakes after its token has left the window would insert again, so zombies meet a long one. */
const TOKENS_FEW = 4;
const TOKENS_MANY = 1_000;
/**
 * Share of the tables that a history has. One code feeds them all, so others tell no more, and where some are left out
 * each history has another mixture (swarm testing, Groce et al., ISSTA 2012).
 */
const TABLES_KEPT = 0.6;
/** One history: a fleet, a log, and the processes that live and die above it. */
export class World {
  readonly clock = new SimulatedClock(START_MS);
  readonly log = new SimulatedLog(this.clock);
  readonly registry = new MemoryRegistry();
  readonly faults: Faults;
  readonly partitions = 3;
  readonly processors: readonly AnyProcessor[];
  readonly tables: readonly Table[];
  readonly target: SimulatedTarget;
  /** The engine of the last life, stopped; its state is the final one. */
  engine: Engine | null = null;
  lives = 0;
  readonly #options: WorldOptions;
  readonly #chance: Chance;
  readonly #stores: MemoryStateStore[] = Array.from({ length: MACHINES }, () => new MemoryStateStore());
  readonly #pace: {
    readonly commitMs: number;
    readonly commitRecordsMax: number;
    readonly saveMs: number;
    readonly flushMsMax: number;
  };
  /** Machines of processes that were left behind and may still wake. */
  readonly #haunted = new Set<number>();
  /** Those processes. */
  readonly #left = new Set<Process>();
  readonly #decoded = new Map<string, readonly Readonly<Record<string, unknown>>[]>();
  #producing = true;
  /** What processes left behind ended by, where that is no fault of the world. */
  readonly #defects: Error[] = [];

  constructor(options: WorldOptions) {
    this.#options = options;
    this.processors = options.processors;
    this.#chance = chanceFrom(options.seed);
    this.faults = new Faults(this.#chance.fork(), mixFrom(this.#chance.fork()));
    const { int, pick } = this.#chance;
    this.#pace = {
      commitMs: pick([50, 100, 400]),
      commitRecordsMax: pick([10, 200, 50_000]),
      saveMs: int(200, 3_000),
      flushMsMax: pick([100, 250, 1_000]),
    };
    this.target = new SimulatedTarget(this.faults.mix.zombie > 0 ? TOKENS_MANY : pick([TOKENS_FEW, TOKENS_MANY]));
    this.target.faults = this.faults.target;
    const kept = this.#chance.fork();
    this.tables = options.tables.filter(() => kept.hit(TABLES_KEPT));
  }

  /** Records of the log of events, ticks among them. */
  get events(): number {
    let events = 0;
    for (let partition = 0; partition < this.partitions; partition++)
      events += this.log.all(EVENTS_TOPIC, partition).length;
    return events;
  }

  /** The values of a derived topic's partition, in the order of its records; for checkers, once nothing moves any more. */
  decoded(topic: AnyTopic, partition: number): readonly Readonly<Record<string, unknown>>[] {
    const name = `${topic.name}/${partition}`;
    const known = this.#decoded.get(name);
    if (known !== undefined) return known;
    const values = decodedValues(topic, this.log.all(topic.name, partition));
    this.#decoded.set(name, values);
    return values;
  }

  /** Lives the history to its end: every event acknowledged, folded and committed. */
  async run(): Promise<void> {
    const { habits, decisions = [] } = this.#options;
    const [events, ways] = [this.#chance.fork(), this.#chance.fork()];
    const arrivals = await workload(events, { ...habitsFrom(ways, this.partitions), ...habits }, this.registry);
    await this.log.ensureTopics([{ name: EVENTS_TOPIC, partitions: this.partitions, cleanup: 'delete' }]);
    await this.log.append(await decided(decisions, this.registry, this.partitions));
    await this.target.prepare(this.tables);
    this.log.faults = this.faults.log;
    await this.clock.run(Promise.all([this.#produce(arrivals), this.#supervise()]));
    const [defect] = this.#defects;
    if (defect !== undefined) throw defect;
  }

  /** Devices send again what was not acknowledged, so a lost answer makes a duplicate. */
  async #produce(arrivals: readonly Arrival[]): Promise<void> {
    for (const { afterMs, records } of arrivals) {
      const wait = START_MS + afterMs - this.clock.now();
      if (wait > 0) await this.clock.sleep(wait);
      while (!(await this.#acknowledged(records))) await this.clock.sleep(20);
    }
    this.#producing = false;
  }

  async #acknowledged(records: readonly NewRecord[]): Promise<boolean> {
    try {
      await this.log.append(records);
      return true;
    } catch {
      return false;
    }
  }

  /** Starts the process again whenever it dies, is paused, or gives up. */
  async #supervise(): Promise<void> {
    const { mix } = this.faults;
    for (let machine = 0; ; ) {
      this.lives++;
      if (this.lives > LIVES_MAX) this.faults.calm = true;
      const process = new Process(this.clock, this.faults.fate(POINTS));
      const life = this.#life(process, machine);
      const ended = await Promise.race([life, process.died, this.#pausedAtTimes()]);
      if (ended === STOPPED) return;
      if (ended === PAUSED) {
        machine = this.#leaveBehind(process, life, machine);
        continue;
      }
      this.#buried(process);
      if (this.faults.strikes('state_lost', mix.stateLost)) this.#stores[machine] = new MemoryStateStore();
      else if (this.faults.strikes('state_stale', mix.stateStale)) machine = this.#otherMachine(machine);
      if (!this.faults.calm) await this.clock.sleep(this.#chance.pick([1, 100, 2_000, 15_000]));
    }
  }

  async #pausedAtTimes(): Promise<typeof PAUSED> {
    const { faults } = this;
    if (faults.calm || faults.mix.zombie === 0 || !this.#chance.hit(faults.mix.zombie)) return new Promise(() => {});
    await this.clock.sleep(this.#chance.int(10, 2_000));
    return faults.calm ? new Promise(() => {}) : PAUSED;
  }

  /** The process is stopped as it stands, and wakes when another machine has long taken over. */
  #leaveBehind(process: Process, life: Promise<unknown>, machine: number): number {
    this.faults.count('zombie');
    if (process.inFlight.size > 0 || isOutstanding(this.log, this.processors, this.partitions))
      this.faults.tally.inFlight++;
    process.pause(this.#chance.int(100, 3_000));
    this.#haunted.add(machine);
    this.#left.add(process);
    const ended = () => {
      this.#left.delete(process);
      // It exits, and nothing that it had begun goes on.
      process.kill('gave up');
      this.#haunted.delete(machine);
    };
    void life.catch((error: Error) => this.#defects.push(error)).finally(ended);
    return this.#otherMachine(machine);
  }

  /** One where no process is left behind: two never have the same local files. */
  #otherMachine(machine: number): number {
    for (let step = 1; step < MACHINES; step++) {
      const other = (machine + step) % MACHINES;
      if (!this.#haunted.has(other)) return other;
    }
    return this.#stores.push(new MemoryStateStore()) - 1;
  }

  #buried(process: Process): void {
    const { tally } = this.faults;
    if (process.diedAt !== null) {
      this.faults.count('crash');
      tally.deaths.push(process.diedAt);
    }
    const effects = [...process.inFlight].some(({ name }) => name !== 'log.fetch' && name !== 'log.endOffset');
    if (effects || isOutstanding(this.log, this.processors, this.partitions)) tally.inFlight++;
    process.kill('gave up');
  }

  /** From start to a clean stop, or to whatever ends it before. */
  async #life(process: Process, machine: number): Promise<typeof STOPPED | 'failed'> {
    const { log, registry, store, target } = this.#ports(process, machine);
    const { processors, partitions, tables } = this;
    const { clock, step } = process;
    const { flushMsMax, ...pace } = this.#pace;
    try {
      const engine = await Engine.open({
        app: 'fleet',
        processors,
        log,
        registry,
        store,
        partitions,
        clock,
        step,
        ...pace,
      });
      const ticker = await openTicker({ log, registry, partitions, clock });
      const sink = await startSink({ log, registry, target, tables, partitions, clock, step, flushMsMax });
      const ticking = ticker.run();
      const running = [engine.run(), ticking, sink.done];
      const failing = Promise.all(running).then(() => new Promise<never>(() => {}));
      await Promise.race([failing, this.#quiet(engine)]);
      // Whoever is left behind could take the clock over, and tick when nobody reads any more.
      for (const left of this.#left) if (left !== process) left.kill('switched off');
      ticker.stop();
      // A tick that was under way is in the log, so it is folded too.
      await Promise.race([failing, ticking]);
      await Promise.race([failing, this.#quiet(engine)]);
      await engine.stop();
      await Promise.race([failing, this.#drained(sink)]);
      await sink.stop();
      this.engine = engine;
      return STOPPED;
    } catch (error) {
      if (isExpected(error)) return 'failed';
      throw error;
    }
  }

  #ports(process: Process, machine: number): Ports {
    const store = this.#stores[machine] as MemoryStateStore;
    const ports = portsOf(process, { log: this.log, registry: this.registry, store, target: this.target }, this.faults);
    return this.#options.mutate?.(ports) ?? ports;
  }

  async #drained(sink: Sink): Promise<void> {
    while ([...(await sink.lag()).values()].some((records) => records > 0)) await this.#pauseUnlessEndless();
  }

  /** Resolves when nothing more comes and everything has been folded. */
  async #quiet(engine: Engine): Promise<void> {
    for (;;) {
      await this.#pauseUnlessEndless();
      if (this.#producing) continue;
      if ((await engine.lag()) === 0) return;
    }
  }

  async #pauseUnlessEndless(): Promise<void> {
    await this.clock.sleep(100);
    if (this.clock.now() > START_MS + ENDLESS_MS) throw new Error('never_ended: the history does not come to rest');
  }
}

const STOPPED = 'stopped';
const PAUSED = 'paused';

/** What a process may end by when the world is as hostile as the seed says; anything else is a defect. */
function isExpected(error: unknown): boolean {
  const { code, message, name } = error as { code?: unknown; message?: unknown; name?: unknown };
  const known = name === 'Crash' || code === 'registry_away' || code === 'log_refused' || code === 'fenced';
  return known || /simulated (disk error|log wrote)/.test(String(message));
}
