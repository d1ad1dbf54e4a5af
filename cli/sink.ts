import { setTimeout as pause } from 'node:timers/promises';
import { derived } from '#schemas';
import { SINK_TOPIC } from '#runtime/clickhouse/edges.ts';
import { untilDone } from '#runtime/clickhouse/retry.ts';
import { type Sink, type SinkOptions, startSink } from '#runtime/clickhouse/sink.ts';
import { type StandBy, standBySink } from '#runtime/clickhouse/stand-by.ts';
import type { Config } from '#runtime/config.ts';
import type { KafkaLog } from '#runtime/log/kafka/log.ts';
import { allFeed } from '#runtime/readiness.ts';
import { openHealth } from './health.ts';
import { openKafka } from './kafka.ts';
import { declaredWith } from './processors.ts';
import { openRegistry } from './registry.ts';
import { openServer } from './server.ts';
import { runService, type Service, type Started } from './service.ts';

/** How long a row may wait for others: each insert is a part that the server has to merge. */
const FLUSH_MS_MAX = 1_000;

/** Fills the tables of a ClickHouse server from Kafka, those of these files too, until it is interrupted. Gives the exit code. */
export function sink(config: Config, paths: readonly string[] = []): Promise<number> {
  return runService(config, (service) => start(config, paths, service));
}

async function start(config: Config, paths: readonly string[], service: Service): Promise<Started> {
  const { stack, report, progress, signal, telemetry } = service;
  const { partitions, clickhouse } = config;
  const target = openServer(config, stack);
  const { tables: own } = await declaredWith(paths);
  const health = await openHealth(config, stack);
  progress('connecting to Kafka');
  const log = await openKafka(config, service);
  stack.defer(() => log.close());
  const registry = await openRegistry(config);
  await untilDone(
    () => target.prepare(own, derived),
    async ({ message }, retryMs) => {
      progress(`waiting for ClickHouse: ${message}`);
      await pause(retryMs, undefined, { signal });
    },
  );
  let held: Sink | null = null;
  const parts = { log, registry, target, tables: own, partitions, report, observer: telemetry?.sink };
  const standing = await openSink({ ...parts, opened: (sink) => (held = sink) });
  stack.defer(() => standing.stop());
  telemetry?.watch({ sink: () => (standing.isMember() ? held : null) });
  health.began({
    group: () => standing.isMember(),
    tables: () => !standing.isActive() || held === null || allFeed(held, Date.now()),
  });
  const ready = `${own.length} tables of ${clickhouse.database} follow Kafka; health ${health.url}`;
  return { ready, failure: standing.failure };
}

/** What a sink on Kafka is made of. */
export interface SinkParts extends Omit<SinkOptions, 'log' | 'clock' | 'flushMsMax' | 'report'> {
  readonly log: KafkaLog;
  readonly report: NonNullable<SinkOptions['report']>;
  /** Told of each sink that begins to feed. */
  readonly opened?: (sink: Sink) => void;
}

/** A sink among its copies: one of them feeds the tables, which are prepared, and the others stand by. */
export async function openSink({ opened, ...parts }: SinkParts): Promise<StandBy> {
  const { log, report } = parts;
  const group = log.group(SINK_TOPIC, SINK_TOPIC, 1);
  const open = async (clock: NonNullable<SinkOptions['clock']>) => {
    const sink = await startSink({ ...parts, flushMsMax: FLUSH_MS_MAX, clock });
    opened?.(sink);
    return sink;
  };
  return standBySink({ group, open, report });
}
