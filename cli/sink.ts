import { setTimeout as pause } from 'node:timers/promises';
import { deadLetters } from '#sdk';
import { tables, views } from '#schemas';
import { SINK_TOPIC } from '#runtime/clickhouse/edges.ts';
import { untilDone } from '#runtime/clickhouse/retry.ts';
import { ServerTarget } from '#runtime/clickhouse/server.ts';
import { type Sink, startSink } from '#runtime/clickhouse/sink.ts';
import { standBySink } from '#runtime/clickhouse/stand-by.ts';
import type { Config } from '#runtime/config.ts';
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

async function start(config: Config, service: Service): Promise<Started> {
  const { stack, report, progress, signal, telemetry } = service;
  const { partitions, clickhouse } = config;
  const { url, database, cluster } = clickhouse;
  if (url === null) {
    const next = 'set FLEETSTREAM_CLICKHOUSE_URL to its HTTP address';
    throw new CommandError('clickhouse_unset', `this needs a ClickHouse server; ${next}`);
  }
  progress('connecting to Kafka');
  const log = await openKafka(config, service);
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
  const topics = [...TABLES.map(({ from }) => from), deadLetters];
  await log.ensureTopics(topics.map(({ name, cleanup }) => ({ name, partitions, cleanup })));
  let held: Sink | null = null;
  const options = { log, registry, target, tables: TABLES, partitions, flushMsMax: FLUSH_MS_MAX, report };
  const open = async (clock: NonNullable<Parameters<typeof startSink>[0]['clock']>) => {
    held = await startSink({ ...options, clock, observer: telemetry?.sink });
    return held;
  };
  const group = log.group(SINK_TOPIC, SINK_TOPIC, 1);
  const standing = standBySink({ group, open, report });
  stack.defer(() => standing.stop());
  telemetry?.watch({ sink: () => (standing.isMember() ? held : null) });
  const health = await openHealth(config, () => standing.isMember(), stack);
  return {
    ready: `${TABLES.length} tables of ${database} are filled; health ${health}/health/ready`,
    failure: standing.failure,
  };
}

const TABLES = Object.values(tables);
const VIEWS = Object.values(views);
