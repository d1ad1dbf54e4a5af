import type { Group, Share } from '../log/log.ts';
import { Engine } from './engine.ts';
import type { EngineOptions } from './options.ts';
import type { Owners } from './owners.ts';
import { isAway, patiently } from './patience.ts';
import { addCounts, type ProcessorCounts, type Standing } from './standing.ts';

/** A worker that loses its writer's name more often within the time has a rival of the same name. */
const FENCED_MAX = 5;
const FENCED_WITHIN_MS = 60_000;

/** After these a share is begun anew: what others may do to a worker, and a local copy that is restored. */
const ENDURED: ReadonlySet<unknown> = new Set(['ownership_lost', 'fenced', 'state_corrupt']);

/** What a worker is made of. */
export interface WorkerOptions extends Omit<EngineOptions, 'assigned' | 'member' | 'signal'> {
  readonly group: Group;
  readonly owners: Owners;
}

/** Folds whatever share of the partitions its group gives it, one engine a share. */
export class Worker {
  readonly #options: WorkerOptions;
  #fencedAt: readonly number[] = [];
  readonly #stop = Promise.withResolvers<void>();
  /** Counts of the shares that have ended. */
  readonly #counted = new Map<string, ProcessorCounts>();
  #engine: Engine | null = null;
  /** The engine of the share before, where it has stopped in good order: its folds stand where their changelogs do. */
  #before: Engine | null = null;
  #stopping = false;
  #running: Promise<void> | null = null;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** The engine of the share that is held now. */
  get engine(): Engine | null {
    return this.#engine;
  }

  /** Counts of every processor since the worker began; those that stand still, of the share that is held now. */
  counts(): ReadonlyMap<string, ProcessorCounts> {
    const sums = new Map(Array.from(this.#counted, ([name, counts]) => [name, { ...counts }]));
    for (const [name, counts] of this.#engine?.counts() ?? []) addCounts(sums, name, counts);
    return sums;
  }

  /** How far every processor is behind, in the share that is held now. */
  async standings(): Promise<readonly Standing[]> {
    return (await this.#engine?.standings()) ?? [];
  }

  /** Runs until stopped. Rejects when it can go no further. */
  run(): Promise<void> {
    this.#running ??= this.#loop();
    return this.#running;
  }

  /** Commits what has been folded, and leaves the group. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stop.resolve();
    await this.#running;
  }

  async #loop(): Promise<void> {
    const { group, owners } = this.#options;
    try {
      await this.#patiently(() => owners.claim());
      while (!this.#stopping) {
        const share = await this.#patiently(() => group.join(() => this.#stopping));
        await this.#patiently(() => owners.confirm());
        await this.#hold(share);
      }
    } catch (error) {
      // Who stops need not wait for what is away.
      if (!this.#stopping || !isAway(error)) throw error;
    } finally {
      await group.leave();
    }
  }

  async #hold({ partitions, member, ended }: Share): Promise<void> {
    this.#options.report?.('share_begins', { group: member.group, generation: member.generation, partitions });
    const over = new AbortController();
    void Promise.race([ended, this.#stop.promise]).then(() => over.abort());
    try {
      const options = { ...this.#options, assigned: partitions, member, signal: over.signal };
      const before = this.#before;
      this.#before = null;
      this.#engine = await Engine.open(options, before);
      await Promise.race([this.#engine.run(), ended, this.#stop.promise]);
      await this.#engine.stop();
      this.#before = this.#engine;
    } catch (error) {
      await this.#engine?.abandon();
      // What could not be ended in time is given up with the share, and folded again by whoever has it next.
      if (!over.signal.aborted || !(isAway(error) || error === over.signal.reason)) this.#endure(error as Error);
    } finally {
      for (const [name, counts] of this.#engine?.counts() ?? [])
        addCounts(this.#counted, name, { ...counts, failed: 0 });
      this.#engine = null;
    }
  }

  #patiently<T>(work: () => Promise<T>): Promise<T> {
    return patiently(work, this.#options, () => this.#stopping);
  }

  /** What was not committed is folded again. */
  #endure(error: Error): void {
    const { code } = error as { readonly code?: unknown };
    if (!ENDURED.has(code)) throw error;
    this.#options.report?.(String(code), { error: error.message });
    if (code !== 'fenced') return;
    const now = this.#options.clock.now();
    this.#fencedAt = [...this.#fencedAt, now].filter((at) => now - at < FENCED_WITHIN_MS);
    if (this.#fencedAt.length > FENCED_MAX) throw error;
  }
}
