import { ServerTarget } from '#runtime/clickhouse/server.ts';
import type { Config } from '#runtime/config.ts';
import { CommandError } from './failure.ts';

/** The ClickHouse server of the settings, which the stack closes. It is not asked yet. Throws `clickhouse_unset` without one. */
export function openServer({ clickhouse }: Config, stack: AsyncDisposableStack): ServerTarget {
  const { url, database, cluster } = clickhouse;
  if (url === null) {
    const next = 'set FLEETSTREAM_CLICKHOUSE_URL to its HTTP address';
    throw new CommandError('clickhouse_unset', `this needs a ClickHouse server; ${next}`);
  }
  const target = new ServerTarget({ url, database, cluster });
  stack.defer(() => target.close());
  return target;
}
