import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { derived, tables, topics } from '#schemas';
import { connectors } from '#connectors';
import { EmbeddedTarget } from '#runtime/clickhouse/embedded.ts';
import { openEngine } from '#runtime/clickhouse/engine.ts';
import { type Sink, startSink } from '#runtime/clickhouse/sink.ts';
import type { Config } from '#runtime/config.ts';
import { Engine } from '#runtime/engine/engine.ts';
import { openTicker } from '#runtime/engine/ticker.ts';
import { createIngress, type Ingress } from '#runtime/ingress/ingress.ts';
import { archivedLog } from '#runtime/log/archive/log.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import { type Logger, reportTo } from '#runtime/logger.ts';
import { allFeed, allFold } from '#runtime/readiness.ts';
import { neededBetween, type RetentionOptions, startRetention } from '#runtime/retention.ts';
import { openLmdbStateStore, stateFileIn } from '#runtime/state/lmdb.ts';
import type { Telemetry } from '#runtime/telemetry/telemetry.ts';
import type { Webhook } from '#runtime/webhook/sink.ts';
import { DELIVERED, type Doors, openDoors, openTables } from './doors.ts';
import { Presence } from './presence.ts';
import { allBeside } from './processors.ts';
import { allRecords, holdRegistry, openRegistry, registerAll } from './registry.ts';
import { openTelling } from './telling.ts';

/** How a run stands. */
export interface PipelineStats {
  /** Events acknowledged by this run. */
  readonly accepted: number;
  /** Input refused by this run, kept as dead letters or only counted. */
  readonly rejected: number;
  /** Devices heard from in the last one to two minutes. */
  readonly online: number;
  /** Events not yet folded, and rows not yet in ClickHouse. */
  readonly lag: number;
  /** Rows that the tables hold; of a twin's versions, those not merged away yet. */
  readonly rows: number;
}

/** Everything in one process, running. */
export interface Pipeline {
  readonly doors: Doors & { readonly clickhouse: string };
  stats(): Promise<PipelineStats>;
  /** Rejects when a part can go no further; never resolves. */
  readonly failure: Promise<never>;
  /** Takes no new input, folds, commits and writes what it has, then closes. */
  stop(): Promise<void>;
}

/** What starts, told before it does; whatever it throws ends the start. */
export type Progress = (text: string) => void;

/** Until when after `stop` the folds may go on towards the log's end; what is left is folded at the next start. */
const FOLD_MS_MAX = 4_000;
/** Until when after it rows may go on into the tables: the whole has to end within ten seconds. */
const FLUSH_MS_MAX = 7_000;
const DRAIN_POLL_MS = 20;

/**
 * Starts the whole pipeline in this process. Rejects, with everything closed again, when a part cannot start; with an
 * AbortError when `signal` ends the waiting for a registry that is away.
 */
export async function startPipeline(
  config: Config,
  logger: Logger,
  progress: Progress,
  signal?: AbortSignal,
  telemetry: Telemetry | null = null,
): Promise<Pipeline> {
  await using stack = new AsyncDisposableStack();
  const { partitions } = config;
  const report = reportTo(logger);
  const presence = new Presence(Date.now());
  const listening = connectors.map((connector) => presence.listen(connector));

  const { log, registry, store, clickhouse } = await openStores(config, stack, progress, signal);
  const target = new EmbeddedTarget(clickhouse);
  await target.prepare(TABLES, derived);
  const whole = archivedLog({ log, archive: target.archive(tables.logArchive), report });

  progress('restoring processors');
  telemetry?.reportTo(report);
  const common = { log: whole, registry, partitions, report };
  const parts = { ...common, app: APP, store, clock: CLOCK, observer: telemetry?.engine };
  const engine = await Engine.open({ ...parts, processors: await allBeside(config) });
  const sink = await startSink({ ...common, target, tables: TABLES, observer: telemetry?.sink });
  const ending = stopwatch();
  stack.defer(() => sink.stop(AbortSignal.timeout(ending.left(FLUSH_MS_MAX))));
  const folding = engine.run();
  stack.defer(() => drain(engine, folding, ending.left(FOLD_MS_MAX)));
  const ticker = await openTicker({ log, registry, partitions, clock: { ...CLOCK, now: Date.now }, report });
  const ticking = ticker.run();
  stack.defer(async () => {
    ticker.stop();
    await ticking.catch(() => undefined);
  });

  progress('opening the doors');
  const heard = { log, registry, connectors: listening, partitions, clock: Date.now };
  const ingress = await createIngress({ ...heard, instance: randomUUID(), traces: telemetry?.ingress });
  const told = await openTelling(config, { log, registry, report }, stack);
  const stateFiles = [stateFileIn(stateFolderIn(config))];
  telemetry?.watch({ ingress, folding: engine, stateFiles, sink: () => sink, webhook: () => told });
  stack.defer(() => ingress.close());
  const tablesAt = await openTables(config, clickhouse, stack);
  const needs = { processors: () => allFold(engine.counts()), tables: () => allFeed(sink, Date.now()) };
  const doors = await openDoors({ config, connectors: listening, ingress, log, registry, logger, needs }, stack);

  forgetOld(config, { log, sink, webhook: told, engine, report }, stack);

  const failure = firstFailure([folding, sink.done, ticking, ...(told === null ? [] : [told.done])]);
  const closing = stack.move();
  return {
    doors: { ...doors, clickhouse: tablesAt },
    failure,
    stats: async () => ({
      ...countsOf(ingress, presence),
      lag: await lagOf(engine, sink),
      rows: await countRows(clickhouse.client),
    }),
    stop: () => {
      ending.begin();
      ingress.drain();
      return closing.disposeAsync();
    },
  };
}

/** Where the settings say so, what is old goes from the log once the tables, or the next stage, have it. */
function forgetOld(
  { retention: { hours, between } }: Config,
  { sink, webhook, engine, ...parts }: Pick<RetentionOptions, 'log' | 'report'> & Readers,
  stack: AsyncDisposableStack,
): void {
  const forget = (keptHours: number | null, needed: RetentionOptions['needed']) => {
    if (keptHours === null) return;
    stack.defer(startRetention({ ...parts, keepMs: keptHours * HOUR_MS, needed, now: Date.now }));
  };
  forget(hours, () => neededOf({ sink, webhook }));
  forget(between, neededBetween(engine));
}

/** Who reads what may be forgotten. */
interface Readers {
  readonly sink: Sink;
  readonly webhook: Webhook | null;
  readonly engine: Engine;
}

const HOUR_MS = 3_600_000;

/**
 * What tables may read again, the archive of events among them, and what a receiver of alerts has not taken; of what
 * devices are told nothing is known that could go.
 */
function neededOf({ sink, webhook }: Omit<Readers, 'engine'>): ReturnType<Sink['needed']> {
  const told = new Set<string>(DELIVERED.map(({ name }) => name));
  const places = webhook?.stats().places ?? new Map<number, number>();
  const least = (topic: string, partitions: ReadonlyMap<number, number>) =>
    topic !== topics.alerts.name
      ? partitions
      : new Map(Array.from(partitions, ([each, next]) => [each, Math.min(next, places.get(each) ?? next)]));
  const needed = [...sink.needed()].filter(([topic]) => !told.has(topic));
  return new Map(needed.map(([topic, partitions]) => [topic, least(topic, partitions)]));
}

/** What is kept in the data folder, and the registry. */
async function openStores(
  config: Config,
  stack: AsyncDisposableStack,
  progress: Progress,
  signal: AbortSignal | undefined,
) {
  progress('opening the log');
  mkdirSync(config.data, { recursive: true });
  holdRegistry(config);
  const log = await openEmbeddedLog({ path: join(config.data, 'log') });
  stack.defer(() => log.close());
  const registry = await openRegistry(config);
  await registerAll(registry, allRecords(), { say: progress, signal });
  const store = await openLmdbStateStore(stateFolderIn(config));
  stack.defer(() => store.close());
  progress('starting ClickHouse');
  const clickhouse = await openEngine({ path: join(config.data, 'clickhouse') });
  stack.defer(() => clickhouse.close());
  return { log, registry, store, clickhouse };
}

const APP = 'fleetstream';
const TABLES = Object.values(tables);
const CLOCK = { now: () => performance.now(), sleep: (ms: number) => pause(ms), yield: () => turn() };

/** Rejects when one of them does; never resolves. */
function firstFailure(parts: readonly Promise<void>[]): Promise<never> {
  const failure = Promise.all(parts).then(() => new Promise<never>(() => undefined));
  failure.catch(() => undefined);
  return failure;
}

function countsOf(ingress: Ingress, presence: Presence): Pick<PipelineStats, 'accepted' | 'rejected' | 'online'> {
  const { accepted, rejected, unkept } = ingress.counts();
  return { accepted, rejected: rejected + unkept, online: presence.online(Date.now()) };
}

/** Tells how many ms of a time are left since `begin`; where nobody began, since it is first asked. */
function stopwatch() {
  let begunAt: number | null = null;
  return {
    begin: () => {
      begunAt = performance.now();
    },
    left: (msMax: number) => {
      begunAt ??= performance.now();
      return Math.ceil(Math.max(0, begunAt + msMax - performance.now()));
    },
  };
}

async function lagOf(engine: Engine, sink: Sink): Promise<number> {
  const behind = [...(await sink.lag()).values()].reduce((sum, each) => sum + each, 0);
  return (await engine.lag()) + behind;
}

async function countRows(client: Awaited<ReturnType<typeof openEngine>>['client']): Promise<number> {
  const query = "SELECT sum(rows) AS n FROM system.parts WHERE active AND database = 'fleet'";
  const answer = await client.query({ query, format: 'JSONEachRow' });
  const [row] = (await answer.json()) as readonly { readonly n: string | number | null }[];
  return Number(row?.n ?? 0);
}

/** Folds what the log has, then commits and saves. */
async function drain(engine: Engine, folding: Promise<void>, msMax: number): Promise<void> {
  const deadline = performance.now() + msMax;
  const failed = folding.then(
    () => false,
    () => true,
  );
  while (performance.now() < deadline && (await engine.lag()) > 0) {
    if (await Promise.race([failed, pause(DRAIN_POLL_MS, false)])) return;
  }
  await engine.stop();
}

function stateFolderIn({ data }: Config): string {
  return join(data, 'state');
}
