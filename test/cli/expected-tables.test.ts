// Of what is in tables with its probability, a week is told by counting.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AnomalyPolicy, anomalyPolicy, derived, type NoveltyPolicy, noveltyPolicy, tables } from '#schemas';
import type { Table } from '#sdk';
import { expectedOf } from '#cli/expected.ts';
import { EmbeddedTarget } from '#runtime/clickhouse/embedded.ts';
import { startEndpoint } from '#runtime/clickhouse/endpoint.ts';
import { openEngine } from '#runtime/clickhouse/engine.ts';
import { openQueries } from '#runtime/clickhouse/queries.ts';
import type { Config } from '#runtime/config.ts';
import type { Decision } from '#runtime/policies/decide.ts';
import { insertion } from '../runtime/clickhouse/json-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'expected-tables-'));
const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 10, 29, 12);
const stack = new AsyncDisposableStack();
let config: Config;

/** Three anomalies of acme each hour of ten days, of one in a million, in a hundred thousand and in ten thousand. */
const anomalies = Array.from({ length: 240 }, (_, hour) =>
  [1e-6, 1e-5, 1e-4].flatMap((probability) =>
    ['acme', 'other'].map((tenant) => {
      return { tenant, device: 'd1', eventTime: NOON - hour * HOUR, probability, sampleSize: hour < 120 ? 2_000 : 500 };
    }),
  ),
).flat();

/** One a day of a young device, by what its cohort lent. */
const young = Array.from({ length: 9 }, (_, day) => {
  const about = { tenant: 'young', device: 'd2', eventTime: NOON - day * 24 * HOUR };
  return { ...about, probability: 1e-7, sampleSize: 50, lent: 220 };
});

/** Each day one novelty of a device with a past, one of a young device, and one that was told before. */
const novelties = Array.from({ length: 15 }, (_, day) => {
  const about = { tenant: 'acme', device: 'd1', eventTime: NOON - day * 24 * HOUR };
  return [
    { ...about, basis: 'DEVICE', probability: 0.0002, others: 0 },
    { ...about, basis: 'COHORT', probability: 0.01, others: 1 },
    { ...about, basis: 'DEVICE', probability: 0.0002, others: 3 },
  ];
}).flat();

beforeAll(async () => {
  const engine = await openEngine({ path: join(folder, 'clickhouse') });
  stack.defer(() => engine.close());
  await new EmbeddedTarget(engine).prepare(Object.values(tables) as Table[], derived);
  await engine.client.command({ query: insertion(tables.anomalies, [...anomalies, ...young]) });
  await engine.client.command({ query: insertion(tables.novelties, novelties) });
  const queries = await openQueries(engine);
  stack.defer(() => queries.close());
  const endpoint = await startEndpoint({ queries, port: 0 });
  stack.defer(() => endpoint.close());
  const { hostname: host, port } = new URL(endpoint.url);
  const tokens = { analyst: null };
  config = { clickhouse: { host, port: Number(port), url: null }, tokens } as unknown as Config;
});

afterAll(async () => {
  await stack.disposeAsync();
  rmSync(folder, { recursive: true, force: true });
});

async function weekOf(policy: string, after: unknown, tenant: string | null = null) {
  const decision: Decision = { policy, tenant, outcome: 'decided', version: 1, before: null, after };
  return expectedOf(config, decision, []);
}

describe('a policy of anomalies', () => {
  const week = (said: Partial<AnomalyPolicy>, tenant: string | null = 'acme') =>
    weekOf('anomaly', { ...anomalyPolicy.fallback, ...said }, tenant);

  test('is told by how many are as unlikely, of baselines as old', async () => {
    // By default one in a million and a thousand values: the newest 120 hours, of nine whole days.
    const { before, after, basis } = await week({ alertProbability: 1e-4, valuesMin: 500 });
    expect(basis).toBe('9 days of anomalies');
    expect(before?.perWeek).toBeCloseTo((120 / 9) * 7, 5);
    expect(after?.perWeek).toBeCloseTo(3 * 24 * 7, 5);
    expect((await week({ alertProbability: 1e-5 })).after?.perWeek).toBeCloseTo((240 / 9) * 7, 5);
  });

  test('for all tenants counts those of all', async () => {
    const { after } = await week({ alertProbability: 1e-5 }, null);
    // The young device has one a day.
    expect(after?.perWeek).toBeCloseTo(2 * (240 / 9) * 7 + 7, 5);
  });

  test('counts young devices where their cohort has lent enough', async () => {
    expect((await week({}, 'young')).after?.perWeek).toBe(7);
    expect((await week({ lentMin: 250 }, 'young')).after?.perWeek).toBe(0);
  });

  test('of a tenant without any is not known', async () => {
    expect(await week({}, 'nobody')).toMatchObject({ after: null, before: null });
  });
});

test('a policy of novelties counts alerts of devices with a past and of young ones apart', async () => {
  const week = (said: Partial<NoveltyPolicy>) => weekOf('novelty', { ...noveltyPolicy.fallback, ...said }, 'acme');
  const { before, after, basis } = await week({ deviceProbability: 0.005 });
  expect(basis).toMatch(/^14 days of novelties, where less is stored/);
  expect([before?.perWeek, after?.perWeek]).toEqual([14, 7]);
  expect((await week({ reportProbability: 0.0001 })).after?.perWeek).toBe(7);
});

test('a policy that raises nothing says so', async () => {
  expect(await weekOf('alerting', {})).toMatchObject({ after: null, basis: 'it raises no alerts of its own' });
});

test('where no ClickHouse answers, it is said that nothing is known', async () => {
  const away = { ...config, clickhouse: { ...config.clickhouse, port: 1 } };
  const decision: Decision = {
    policy: 'anomaly',
    tenant: null,
    outcome: 'decided',
    version: 1,
    before: null,
    after: anomalyPolicy.fallback,
  };
  const { after, basis } = await expectedOf(away, decision, []);
  expect(after).toBeNull();
  expect(basis).toContain('not');
});
