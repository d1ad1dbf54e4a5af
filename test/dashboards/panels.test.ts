// Every query of every board, asked of the ClickHouse that the real pipeline filled.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Pipeline, startPipeline } from '#cli/pipeline.ts';
import { loadConfig } from '#runtime/config.ts';
import { openLogger } from '#runtime/logger.ts';
import { boards } from '../../dashboards/index.ts';
import { expand, type View } from './grafana.ts';
import { livePast } from './past.ts';

const seed = Number(process.env['SEED'] ?? 7);
console.log(`boards: SEED=${seed}`);

const MINUTE_MS = 60_000;
const toMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
const fromMs = toMs - 20 * MINUTE_MS;
const everything: View = {
  fromMs,
  toMs,
  intervalMs: 30_000,
  variables: { tenant: '*', model: '*', device: 'wifi-0001' },
};
const one: View = { ...everything, variables: { tenant: 'acme', model: 'wifi-node', device: 'wifi-0001' } };

const data = mkdtempSync(join(tmpdir(), 'boards-'));
let pipeline: Pipeline;

interface Answer {
  readonly meta: readonly { readonly name: string; readonly type: string }[];
  readonly data: readonly Readonly<Record<string, unknown>>[];
}

async function ask(query: string, view: View): Promise<Answer> {
  const body = `${expand(query, view)} FORMAT JSON`;
  const answer = await fetch(pipeline.doors.clickhouse, { method: 'POST', body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${text}\n${body}`);
  return JSON.parse(text) as Answer;
}

beforeAll(async () => {
  await livePast(data, { seed, devices: 40, fromMs, toMs });
  const config = loadConfig({
    env: {},
    overrides: { data, 'mqtt.port': '0', 'http.port': '0', 'clickhouse.port': '0' },
  });
  const logger = openLogger({ level: 'warn', folder: data, secrets: [] });
  pipeline = await startPipeline(config, logger, () => undefined);
  const deadline = Date.now() + 60_000;
  while ((await pipeline.stats()).lag > 0) {
    if (Date.now() > deadline) throw new Error('the pipeline is still behind');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}, 120_000);

afterAll(async () => {
  await pipeline?.stop();
  rmSync(data, { recursive: true, force: true });
});

const queries = Object.values(boards).flatMap(({ title: board, rows, variables }) =>
  rows.flatMap(({ panels }) =>
    panels.flatMap(({ title, ask: asked }) =>
      asked.flatMap((query) =>
        'promql' in query
          ? []
          : [
              {
                board,
                title,
                query,
                canShowAll: variables.every(({ every }) => every),
                text: ('rows' in query ? query.rows : query.series).sql,
              },
            ],
      ),
    ),
  ),
);

describe('the panels', () => {
  test('are many', () => expect(queries.length).toBeGreaterThan(30));

  test.each(queries)('of $board: $title has rows', async ({ text, query }) => {
    const { meta, data: rows } = await ask(text, one);
    expect(rows.length).toBeGreaterThan(0);
    const values = rows.flatMap((row) => Object.values(row)).filter((value) => value !== null && value !== '');
    expect(values.length).toBeGreaterThan(0);
    if (!('series' in query)) return;
    // What the plugin needs to turn rows into series: one time, ascending, and at least one number.
    expect(meta.map(({ type }) => type).filter((type) => type.startsWith('DateTime'))).toHaveLength(1);
    expect(meta.some(({ type }) => /^(?:Nullable\()?U?(?:Int|Float)/.test(type))).toBe(true);
    const times = rows.map((row) => String(row['time']));
    expect(times).toEqual(times.toSorted());
  });

  test.each(queries.filter(({ canShowAll }) => canShowAll))(
    'of $board: $title can show everything',
    async ({ text }) => {
      expect((await ask(text, everything)).data.length).toBeGreaterThan(0);
    },
  );
});

describe('the variables', () => {
  const variables = Object.values(boards).flatMap(({ title: board, variables: all }) =>
    all.map((each) => ({ board, ...each })),
  );

  test.each(variables)('of $board: $name has values', async ({ values }) => {
    const { data: rows } = await ask(values.sql, everything);
    expect(rows.length).toBeGreaterThan(0);
  });

  test('narrow what is asked, and none ends its string', async () => {
    const [heard] = queries.filter(({ title }) => title === 'Devices heard');
    const count = async (variables: Partial<View['variables']>) => {
      const { data: rows } = await ask(heard!.text, {
        ...everything,
        variables: { ...everything.variables, ...variables },
      });
      return Number(rows[0]?.['devices']);
    };
    const all = await count({});
    expect(await count({ tenant: 'acme' })).toBeLessThan(all);
    expect(await count({ model: 'wifi-node' })).toBeLessThan(all);
    expect(await count({ tenant: 'acme' })).toBeGreaterThan(0);
    for (const hostile of [
      "' OR 1 = 1 --",
      "\\' OR 1 = 1 --",
      "x'; DROP TABLE telemetry",
      '%27 OR 1',
      '*) OR (1',
      '',
    ]) {
      expect(await count({ tenant: hostile, model: hostile })).toBe(0);
    }
  });
});
