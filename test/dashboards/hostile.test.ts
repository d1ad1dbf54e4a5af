// Names that mean something to SQL, from a device's words through the log and the tables to boards and questions.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cookbook } from '#schemas';
import { type Pipeline, startPipeline } from '#cli/pipeline.ts';
import { loadConfig } from '#runtime/config.ts';
import { openLogger } from '#runtime/logger.ts';
import { boards } from '../../dashboards/index.ts';
import { HOSTILE } from '../schemas/cookbook/hostile.ts';
import { TOLD } from '../schemas/cookbook/served.ts';
import { expand, type View } from './grafana.ts';

const data = mkdtempSync(join(tmpdir(), 'hostile-'));
const HOUR_MS = 3_600_000;
const sentAt = Date.now();
let pipeline: Pipeline;
let client: ReturnType<typeof createClient>;

/** Each device says one hostile name in every place that takes a text. */
const said = HOSTILE.flatMap((name, index) => {
  const of = (type: string, body: object) => ({ tenant: 'acme', device: `d${index}`, type, sequence: 1, ...body });
  return [
    of('telemetry', { metrics: { [name]: index }, labels: { [name]: name } }),
    of('link', { sequence: 2, technology: 'WIFI', gateway: name, rssi: -50 - index }),
    of('session/ended', { sequence: 3, sessionId: name, reason: name }),
    of('twin/reported', { sequence: 4, patch: { [name]: name, firmware: name, hardware: { model: name } } }),
  ];
});
/** Names of tenants and devices are refused at the door. */
const refused = HOSTILE.map((name) => ({ tenant: name, device: name, type: 'telemetry', metrics: {} }));

beforeAll(async () => {
  const overrides = { data, 'mqtt.port': '0', 'http.port': '0', 'clickhouse.port': '0' };
  const logger = openLogger({ level: 'fatal', folder: data, secrets: [] });
  pipeline = await startPipeline(loadConfig({ env: {}, overrides }), logger, () => undefined);
  client = createClient({ url: pipeline.doors.clickhouse, database: 'fleet' });
  const body = [...said, ...refused].map((each) => JSON.stringify(each)).join('\n');
  const headers = { 'content-type': 'application/x-ndjson' };
  const answer = await fetch(new URL('/v1/events', pipeline.doors.http ?? ''), { method: 'POST', headers, body });
  expect(await answer.json()).toMatchObject({ accepted: said.length, rejected: refused.length });
  for (let left = 600; ; left--) {
    const [found] = await rows<{
      n: number;
    }>(`SELECT toUInt32((SELECT count() FROM telemetry) + (SELECT count() FROM links)
      + (SELECT count() FROM sessions) + (SELECT count() FROM twins) + (SELECT count() FROM dead_letters)) AS n`);
    if (found?.n === said.length + refused.length) break;
    if (left === 0) throw new Error(`${found?.n} rows are there`);
    await new Promise((go) => setTimeout(go, 100));
  }
}, 120_000);

afterAll(async () => {
  await client?.close();
  await pipeline?.stop();
  rmSync(data, { recursive: true, force: true });
});

async function rows<T>(query: string, told: Readonly<Record<string, string>> = {}): Promise<T[]> {
  return (await client.query({ query, query_params: { ...told }, format: 'JSONEachRow' })).json<T>();
}

const byDevice = (query: string) =>
  rows<{ device: string; text: string }>(`SELECT device, ${query} ORDER BY toUInt32(substring(device, 2))`);
const everyName = HOSTILE.map((text, index) => ({ device: `d${index}`, text }));

describe('a name that means something to SQL', () => {
  test.each([
    ['of a metric', 'mapKeys(metrics)[1] AS text FROM telemetry'],
    ['of a label', 'mapKeys(labels)[1] AS text FROM telemetry'],
    ['in a label', 'mapValues(labels)[1] AS text FROM telemetry'],
    ['of a gateway', 'gateway AS text FROM links'],
    ['of a session', 'sessionId AS text FROM sessions'],
    ['as a reason', 'reason AS text FROM sessions'],
    ['in a twin', "JSONExtractString(reported, 'firmware') AS text FROM twins"],
  ])('stays as it was said: %s', async (_, query) => {
    expect(await byDevice(query)).toEqual(everyName);
  });

  test('is no name of a tenant or device: its letter has the very bytes', async () => {
    const letters = await rows<{ code: string; value: string }>('SELECT DISTINCT code, value FROM dead_letters');
    expect(new Set(letters.map(({ code }) => code))).toEqual(new Set(['invalid_name']));
    expect(new Set(letters.map(({ value }) => value))).toEqual(new Set(refused.map((each) => JSON.stringify(each))));
  });

  test.each(HOSTILE)('is found by a question that is told it: %j', async (name) => {
    const sql = Object.values(cookbook)
      .flat()
      .find((each) => each.name === 'metric-by-hour')?.sql;
    const hours = { from: text(sentAt - 2 * HOUR_MS), to: text(sentAt + 2 * HOUR_MS) };
    expect(await rows(sql ?? '', { ...TOLD, ...hours, tenant: '', metric: name })).toMatchObject([{ readings: 1 }]);
  });

  // The others end a string in no other way, and every panel is asked.
  test.each(HOSTILE.filter((name) => /['\\]/.test(name)).slice(0, 4))(
    'chosen on a board ends no string: %j',
    async (name) => {
      const view: View = {
        fromMs: sentAt - HOUR_MS,
        toMs: sentAt + HOUR_MS,
        intervalMs: 30_000,
        variables: { tenant: name, model: name, device: name },
      };
      for (const { title, rows: panels } of Object.values(boards)) {
        for (const query of panels.flatMap((row) => row.panels.flatMap(({ ask }) => ask))) {
          if ('promql' in query) continue;
          const sql = ('rows' in query ? query.rows : query.series).sql;
          const answer = await client.query({ query: expand(sql, view), format: 'JSONEachRow' });
          // A total of nothing is one row; whoever broke out of the string would see all devices.
          const text = await answer.text();
          expect(text, `${title}: ${sql}`).not.toMatch(/"device":"d\d/);
        }
      }
      const models = await rows<{ n: number }>(
        `SELECT toUInt32(count()) AS n FROM twins WHERE JSONExtractString(reported, 'hardware', 'model') = {m:String}`,
        { m: name },
      );
      expect(models).toEqual([{ n: 1 }]);
    },
  );
});

function text(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
}
