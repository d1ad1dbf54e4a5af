// Every query of every board over 100 million measurements of 30 days: its time, what the processors spent, and what it
// read; of the dearest five which parts and granules. `node bench/queries.ts 100000000 <folder>` keeps the tables there;
// with `ask Alerts` behind it, boards whose title has that word are asked alone.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { derived, tables } from '#schemas';
import { EmbeddedTarget } from '#runtime/clickhouse/embedded.ts';
import { openEngine } from '#runtime/clickhouse/engine.ts';
import { boards } from '../dashboards/index.ts';
import { expand, type View } from '../test/dashboards/grafana.ts';
import { fillTables } from './fill-tables.ts';
import { dataFolder, run, tell } from './house.ts';

const [count = '100000000', folder = dataFolder(), what = '', only = ''] = process.argv.slice(2);
const HOUR_MS = 3_600_000;
/** A set end, so that a fleet is the same in every run. */
const TO_MS = Date.UTC(2026, 9, 31);
/** What Grafana divides a range into: a point for each two pixels of a wide panel. */
const POINTS = 500;
const SLOWEST = 5;
/** What is asked first reads the files, what is asked again finds them in memory. */
const TRIES = 3;
/** Blocks of half a million rows and the merges of what they make want more than a pipeline's. */
const FILL_BYTES_MAX = 6 * 1024 ** 3;

const path = join(folder, 'clickhouse');
if (what === 'fill') {
  const filling = await openEngine({ path, memoryBytesMax: FILL_BYTES_MAX });
  await new EmbeddedTarget(filling).prepare(Object.values(tables), derived);
  const command = async (query: string): Promise<void> => void (await filling.client.command({ query }));
  await fillTables(command, { rows: Number(count), toMs: TO_MS });
  await filling.close();
  process.exit(0);
}
const filled = join(folder, 'filled');
if (!existsSync(filled)) {
  // The engine keeps its folder, and what it may take, for the life of its process.
  await run([import.meta.filename, count, folder, 'fill']);
  writeFileSync(filled, count);
}
const engine = await openEngine({ path });
// A folder that was kept may be of an older declaration.
await new EmbeddedTarget(engine).prepare(Object.values(tables), derived);
await engine.client.command({ query: 'USE fleet' });
while ((await rowsOf("SELECT 1 FROM system.mutations WHERE database = 'fleet' AND NOT is_done")).length > 0)
  await pause(500);

interface Asked {
  readonly name: string;
  readonly query: string;
  readonly seconds: number;
  /** Of all threads: what others do at the same time hardly changes it. */
  readonly cpuSeconds: number;
  readonly rows: number;
}

const asked: Asked[] = [];
for (const { title: board, hours, rows, variables } of Object.values(boards)) {
  if (!board.includes(only)) continue;
  const isOfOne = variables.some(({ name, every }) => name === 'tenant' && !every);
  const view: View = {
    fromMs: TO_MS - hours * HOUR_MS,
    toMs: TO_MS,
    intervalMs: Math.max((hours * HOUR_MS) / POINTS, 1_000),
    variables: { tenant: isOfOne ? 'tenant-01' : '*', model: '*', device: 'd000001' },
  };
  for (const { title, ask } of rows.flatMap(({ panels }) => panels)) {
    for (const [index, panel] of ask.entries()) {
      if ('promql' in panel) continue;
      const query = expand(('rows' in panel ? panel.rows : panel.series).sql, view);
      const name = `${board}: ${title}${ask.length > 1 ? ` ${index + 1}` : ''}`;
      asked.push({ name, query, ...(await measure(name, query)) });
    }
  }
}
for (const { name, query } of asked.toSorted((a, b) => b.cpuSeconds - a.cpuSeconds).slice(0, SLOWEST)) {
  console.error(`\n${name}\n${query}\n${await planOf(query)}`);
}
await engine.close();

async function rowsOf(query: string): Promise<readonly unknown[]> {
  return (await engine.client.query({ query, format: 'JSONEachRow' })).json();
}

async function measure(name: string, query: string): Promise<Omit<Asked, 'name' | 'query'>> {
  const times: number[] = [];
  const computed: number[] = [];
  let rows = 0;
  for (let i = 0; i < TRIES; i++) {
    const before = process.cpuUsage();
    const answer = await engine.client.query({ query, format: 'JSON', clickhouse_settings: { max_threads: 2 } });
    const { statistics } = await answer.json();
    if (statistics === undefined) throw new Error('no_statistics: the engine tells no time');
    times.push(statistics.elapsed);
    const { user, system } = process.cpuUsage(before);
    computed.push((user + system) / 1e6);
    rows = statistics.rows_read;
  }
  tell(name, 's', ...times);
  tell(`${name}, cpu`, 's', ...computed);
  tell(`${name}, read`, 'rows', rows);
  return { seconds: Math.min(...times), cpuSeconds: Math.min(...computed), rows };
}

/** The parts and granules that a query reads, as ClickHouse explains it. */
async function planOf(query: string): Promise<string> {
  const answer = await engine.client.query({ query: `EXPLAIN indexes = 1 ${query}`, format: 'TabSeparatedRaw' });
  const lines = (await answer.text()).split('\n');
  return lines.filter((line) => /ReadFrom|Parts:|Granules:|Condition:/.test(line)).join('\n');
}
