import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Derived, Table } from '#sdk';
import { derived } from '#schemas';
import { EmbeddedTarget } from '#runtime/clickhouse/embedded.ts';
import { openEngine } from '#runtime/clickhouse/engine.ts';
import type { TableChange } from '#runtime/clickhouse/table-plan.ts';
import { planModel } from '#runtime/clickhouse/tables.ts';
import type { TableAdmin } from '#runtime/clickhouse/target.ts';
import type { Config } from '#runtime/config.ts';
import { FolderInUse, lockFolder } from '#runtime/lmdb/lock.ts';
import { actionOf, appliedText, type Change, EXIT_CHANGES, planText } from './changes.ts';
import { CommandError, EXIT_FAILED, systemCode } from './failure.ts';
import { makeDataFolder } from './folder.ts';
import { openServer } from './server.ts';
import type { Found } from './schemas.ts';
import { withClickHouse } from './sql.ts';

/** What `tables` is told. */
export interface TablesOptions {
  readonly json: boolean;
  /** What would lose something is done too. */
  readonly destructive: boolean;
  readonly tables: readonly Table[];
}

/** What differs between the declarations and the database; changes nothing. Exits with 2 where something does. */
export async function planOfTables(
  config: Config,
  { json, tables }: Omit<TablesOptions, 'destructive'>,
): Promise<Found> {
  const plan = await withAdmin(config, 'plan', (admin) => admin.plan(tables, DERIVED));
  const exitCode = plan.length === 0 ? 0 : EXIT_CHANGES;
  if (json) return { text: JSON.stringify(plan.map(inWords), null, 2), exitCode };
  return { text: planText(plan.map(asChange), 'every table and view is as declared'), exitCode };
}

/** Does what the plan says, but for what would lose something. Fails where something is left. */
export async function applyTables(config: Config, { json, destructive, tables }: TablesOptions): Promise<Found> {
  const { done, left } = await withAdmin(config, 'apply', async (admin) => {
    const plan = await admin.plan(tables, DERIVED);
    const doable = plan.filter(({ risk }) => risk === 'none' || destructive);
    await admin.apply(doable);
    return { done: doable, left: plan.filter((change) => !doable.includes(change)) };
  });
  const exitCode = left.length === 0 ? 0 : EXIT_FAILED;
  if (json) return { text: JSON.stringify({ done: done.map(inWords), left: left.map(inWords) }, null, 2), exitCode };
  return { text: appliedText(done.map(asChange), left.map(asChange)), exitCode };
}

const DERIVED: readonly Derived[] = derived;

/** The tables where they are: of the server that the settings name, else of the data folder, and of the pipeline that runs there if one does. */
async function withAdmin<T>(
  config: Config,
  intent: 'plan' | 'apply',
  work: (admin: Pick<TableAdmin, 'plan' | 'apply'>) => Promise<T>,
): Promise<T> {
  const { url } = config.clickhouse;
  await using stack = new AsyncDisposableStack();
  if (url !== null) {
    const target = openServer(config, stack);
    return await answered(new URL(url).origin, () => work(target));
  }
  const path = join(config.data, 'clickhouse');
  const isThere = existsSync(join(path, 'data'));
  if (!isThere && intent === 'plan') return await work(NOTHING_YET);
  makeDataFolder(config.data);
  const log = join(config.data, 'log');
  mkdirSync(log, { recursive: true });
  try {
    // Whoever runs the pipeline holds the log, and its tables with it.
    stack.defer(lockFolder(log));
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error;
    if (intent === 'apply') throw running(error);
    return await withClickHouse(config, (client) => {
      const rows = async <R>(query: string) => (await client.query({ query, format: 'JSONEachRow' })).json<R>();
      const asked = { rows, run: () => Promise.reject(running(error)) };
      return work({ plan: (tables, views) => planModel(asked, { tables, derived: views }), apply: asked.run });
    });
  }
  const engine = await openEngine({ path });
  stack.defer(() => engine.close());
  return await work(new EmbeddedTarget(engine));
}

/** Before the first run, everything is to be made. */
const NOTHING_YET: Pick<TableAdmin, 'plan' | 'apply'> = {
  plan: (tables, views) =>
    planModel({ rows: () => Promise.resolve([]), run: () => Promise.resolve() }, { tables, derived: views }),
  apply: () => Promise.resolve(),
};

function running(cause: FolderInUse): CommandError {
  const next = 'it makes and changes its tables at its start, so stop it, apply, and start it again';
  return new CommandError('folder_in_use', `a pipeline runs on this data folder; ${next}`, { cause });
}

/** Rejects with `clickhouse_away` where nobody answers. */
async function answered<T>(origin: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = systemCode(error);
    if (code === null || !/^E[A-Z]+$/.test(code)) throw error;
    const next = 'start it, or correct FLEETSTREAM_CLICKHOUSE_URL';
    throw new CommandError('clickhouse_away', `${origin} does not answer (${code}); ${next}`, { cause: error });
  }
}

function inWords(change: TableChange) {
  return { action: actionOf(asChange(change)), ...change };
}

function asChange(change: TableChange): Change {
  const { object: name, ...rest } = change;
  return { name, ...rest, isMissing: MISSING.has(change.what) };
}

const MISSING: ReadonlySet<string> = new Set(['table', 'feed', 'view']);
