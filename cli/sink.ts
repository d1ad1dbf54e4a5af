import { setTimeout as pause } from 'node:timers/promises';
import { deadLetters } from '#sdk';
import { tables, views } from '#schemas';
import { SINK_TOPIC } from '#runtime/clickhouse/edges.ts';
import { untilDone } from '#runtime/clickhouse/retry.ts';
import { ServerTarget } from '#runtime/clickhouse/server.ts';
import { type SinkOptions, startSink } from '#runtime/clickhouse/sink.ts';
import { type StandBy, standBySink } from '#runtime/clickhouse/stand-by.ts';
import type { Config } from '#runtime/config.ts';
import type { KafkaLog } from '#runtime/log/kafka/log.ts';
import { CommandError } from './failure.ts';
import { openHealth } from './health.ts';
import { openKafka } from './kafka.ts';
import { openRegistry } from './registry.ts';
import { runService, type Service, type Started } from './service.ts';

/** How long a row may wait for others: each insert is a part that the server has to merge. */
const FLUSH_MS_MAX = 1_000;

/** Fills the tables of a ClickHouse server from Kafka until it is interrupted. Gives the exit code. */
export function sink(config: Config): Promise<number> {
  return runService(config, (service) => start(config, service));
}

async function start(config: Config, { stack, report, progress, signal }: Service): Promise<Started> {
  const { partitions, clickhouse } = config;
  const { url, database, cluster } = clickhouse;
  if (url === null) {
    const next = 'set FLEETSTREAM_CLICKHOUSE_URL to its HTTP address';
    throw new CommandError('clickhouse_unset', `this needs a ClickHouse server; ${next}`);
  }
  progress('connecting to Kafka');
  const log = await openKafka(config, report);
  stack.defer(() => log.close());
  const registry = await openRegistry(config);
  const target = new ServerTarget({ url, database, cluster });
  stack.defer(() => target.close());
  await untilDone(
    () => target.prepare(TABLES, VIEWS),
    async ({ message }, retryMs) => {
      progress(`waiting for ClickHouse: ${message}`);
      await pause(retryMs, undefined, { signal });
    },
  );
  const standing = await openSink({ log, registry, target, partitions, report });
  stack.defer(() => standing.stop());
  const health = await openHealth(config, () => standing.isMember(), stack);
  const ready = `${TABLES.length} tables of ${database} follow Kafka; health ${health}/health/ready`;
  return { ready, failure: standing.failure };
}

/** What a sink on Kafka is made of. */
export interface SinkParts extends Pick<SinkOptions, 'partitions' | 'registry' | 'report' | 'step'> {
  readonly log: KafkaLog;
  /** Prepared. */
  readonly target: ServerTarget;
  readonly report: NonNullable<SinkOptions['report']>;
}

/** A sink among its copies: one of them feeds the tables, the others stand by. */
export async function openSink({ log, partitions, report, ...parts }: SinkParts): Promise<StandBy> {
  const topics = new Set([...TABLES.map(({ from }) => from), deadLetters]);
  await log.ensureTopics(Array.from(topics, ({ name, cleanup }) => ({ name, partitions, cleanup })));
  const group = await log.group(SINK_TOPIC, SINK_TOPIC, 1);
  const open = (clock: NonNullable<SinkOptions['clock']>) =>
    startSink({ ...parts, log, tables: TABLES, partitions, flushMsMax: FLUSH_MS_MAX, clock, report });
  return standBySink({ group, open, report });
}

const TABLES = Object.values(tables);
const VIEWS = Object.values(views);
