import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { derived, tables } from '#schemas';
import { connectors } from '#connectors';
import { EmbeddedTarget } from '#runtime/clickhouse/embedded.ts';
import { openEngine } from '#runtime/clickhouse/engine.ts';
import { type Sink, startSink } from '#runtime/clickhouse/sink.ts';
import type { Config } from '#runtime/config.ts';
import { Engine } from '#runtime/engine/engine.ts';
import { openTicker } from '#runtime/engine/ticker.ts';
import { createIngress } from '#runtime/ingress/ingress.ts';
import { archivedLog } from '#runtime/log/archive/log.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import type { Logger } from '#runtime/logger.ts';
import { allFeed, allFold } from '#runtime/readiness.ts';
import { type RetentionOptions, startRetention } from '#runtime/retention.ts';
import { openLmdbStateStore, stateFileIn } from '#runtime/state/lmdb.ts';
import type { Telemetry } from '#runtime/telemetry/telemetry.ts';
import { DELIVERED, type Doors, openDoors, openTables } from './doors.ts';
import { Presence } from './presence.ts';
import { allBeside } from './processors.ts';
import { allRecords, holdRegistry, openRegistry, registerAll } from './registry.ts';

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

/** How long `stop` waits for the folds to reach the log's end; what is left is folded at the next start. */
const DRAIN_MS_MAX = 5_000;
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
  const report = (code: string, detail: Readonly<Record<string, unknown>>) => logger.warn({ code, ...detail }, code);
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
  stack.defer(() => sink.stop());
  const folding = engine.run();
  stack.defer(() => drain(engine, folding));
  const ticker = await openTicker({ log, registry, partitions, clock: { ...CLOCK, now: Date.now }, report });
  const ticking = ticker.run();
  stack.defer(async () => {
    ticker.stop();
    await ticking.catch(() => undefined);
  });

  progress('opening the doors');
  const instance = randomUUID();
  const ingressOptions = { log, registry, connectors: listening, partitions, clock: Date.now, instance };
  const ingress = await createIngress({ ...ingressOptions, traces: telemetry?.ingress });
  telemetry?.watch({ ingress, folding: engine, sink: () => sink, stateFiles: [stateFileIn(stateFolderIn(config))] });
  stack.defer(() => ingress.close());
  const tablesAt = await openTables(config, clickhouse, stack);
  const needs = { processors: () => allFold(engine.counts()), tables: () => allFeed(sink, Date.now()) };
  const doors = await openDoors({ config, connectors: listening, ingress, log, registry, logger, needs }, stack);

  forgetOld(config, { log, sink, report }, stack);

  const failure = Promise.all([folding, sink.done, ticking]).then(() => new Promise<never>(() => undefined));
  failure.catch(() => undefined);
  const closing = stack.move();
  return {
    doors: { ...doors, clickhouse: tablesAt },
    failure,
    async stats() {
      const { accepted, rejected: kept, unkept } = ingress.counts();
      const rejected = kept + unkept;
      const rows = await countRows(clickhouse.client);
      const behind = [...(await sink.lag()).values()].reduce((sum, each) => sum + each, 0);
      return { accepted, rejected, online: presence.online(Date.now()), lag: (await engine.lag()) + behind, rows };
    },
    stop: () => {
      ingress.drain();
      return closing.disposeAsync();
    },
  };
}

/** Where the settings say so, what is old goes from the log once the tables have it. */
function forgetOld(
  { retention: { hours } }: Config,
  { sink, ...parts }: Pick<RetentionOptions, 'log' | 'report'> & { readonly sink: Sink },
  stack: AsyncDisposableStack,
): void {
  if (hours === null) return;
  stack.defer(startRetention({ ...parts, keepMs: hours * HOUR_MS, needed: () => neededOf(sink), now: Date.now }));
}

const HOUR_MS = 3_600_000;

/** What tables may read again, the archive of events among them; of what devices are told nothing is known that could go. */
function neededOf(sink: Sink): ReturnType<Sink['needed']> {
  const told = new Set<string>(DELIVERED.map(({ name }) => name));
  return new Map([...sink.needed()].filter(([topic]) => !told.has(topic)));
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

async function countRows(client: Awaited<ReturnType<typeof openEngine>>['client']): Promise<number> {
  const query = "SELECT sum(rows) AS n FROM system.parts WHERE active AND database = 'fleet'";
  const answer = await client.query({ query, format: 'JSONEachRow' });
  const [row] = (await answer.json()) as readonly { readonly n: string | number | null }[];
  return Number(row?.n ?? 0);
}

/** Folds what the log has, then commits and saves. */
async function drain(engine: Engine, folding: Promise<void>): Promise<void> {
  const deadline = Date.now() + DRAIN_MS_MAX;
  const failed = folding.then(
    () => false,
    () => true,
  );
  while (Date.now() < deadline && (await engine.lag()) > 0) {
    if (await Promise.race([failed, pause(DRAIN_POLL_MS, false)])) return;
  }
  await engine.stop();
}

function stateFolderIn({ data }: Config): string {
  return join(data, 'state');
}
