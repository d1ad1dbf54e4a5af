// Each question is asked by the official client over HTTP, and its answer compared with a plain pass over the rows.
import { HOSTILE } from './hostile.ts';
import { createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cookbook, PARAMETERS, parametersIn } from '#schemas';
import { alerts } from './answers-alerts.ts';
import { completeness } from './answers-completeness.ts';
import { connectivity, signals } from './answers-connectivity.ts';
import { devices } from './answers-devices.ts';
import { health } from './answers-health.ts';
import { security } from './answers-security.ts';
import { twins } from './answers-twins.ts';
import { makePast } from './past.ts';
import { servePast, TOLD, toldTo } from './served.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`cookbook: SEED=${seed}`);
const past = makePast(seed);
const answers = { ...connectivity, ...devices, ...health, ...alerts, ...security, ...twins, ...completeness };
const questions = Object.values(cookbook).flat();

let served: Awaited<ReturnType<typeof servePast>>;
let client: ReturnType<typeof createClient>;

beforeAll(async () => {
  served = await servePast(past);
  client = createClient({ url: served.url, database: 'fleet' });
}, 60_000);

afterAll(async () => {
  await client.close();
  await served.close();
});

async function ask(sql: string, said: Readonly<Record<string, string>>): Promise<Record<string, unknown>[]> {
  const answer = await client.query({
    query: sql,
    format: 'JSONEachRow',
    query_params: Object.fromEntries(parametersIn(sql).map((name) => [name, said[name]])),
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  return answer.json();
}

/** A row whose fractions may differ in their last digits, since sums are taken in another order. */
function nearly(row: Readonly<Record<string, unknown>>): object {
  const isFraction = (value: unknown): value is number => typeof value === 'number' && !Number.isInteger(value);
  const close = (value: number) => expect.closeTo(value, 6) as number;
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, isFraction(value) ? close(value) : value]));
}

describe('the cookbook', () => {
  test('has many questions, each with a name and parameters of its own', () => {
    expect(questions.length).toBeGreaterThanOrEqual(25);
    expect(new Set(questions.map(({ name }) => name)).size).toBe(questions.length);
    for (const { name, sql } of questions)
      for (const parameter of parametersIn(sql)) expect(PARAMETERS, name).toHaveProperty(parameter);
    const used = new Set(questions.flatMap(({ sql }) => parametersIn(sql)));
    expect([...used].sort()).toEqual(Object.keys(PARAMETERS).sort());
  });

  test.each(questions.filter(({ name }) => name !== 'signal-by-technology'))(
    'answers: $asks',
    async ({ name, sql }) => {
      const found = await ask(sql, toldTo(sql));
      const wanted = answers[name]?.(past) ?? [];
      expect(wanted.length, 'the past says nothing about it').toBeGreaterThan(0);
      // The reason of an hour is in words, which have a test of their own.
      const rows = name === 'complete-hours' ? found.map(({ why: _, ...row }) => row) : found;
      expect(rows).toEqual(wanted.map(nearly));
    },
  );

  test('answers within one part in a hundred: how the signal went in each technology', async () => {
    const sql = questions.find(({ name }) => name === 'signal-by-technology')?.sql ?? '';
    const found = await ask(sql, toldTo(sql));
    const wanted = signals(past);
    expect(found.map(({ rssi: _, ...row }) => row)).toEqual(wanted.map(({ rssi: _, ...row }) => row));
    for (const [index, { rssi }] of wanted.entries()) {
      if (rssi.length === 0) continue;
      const value = found[index]?.['rssi'] as number;
      const [low, high] = [rssi[Math.floor((rssi.length - 1) / 2)], rssi[Math.ceil((rssi.length - 1) / 2)]];
      expect(value).toBeGreaterThanOrEqual((low as number) * 1.011);
      expect(value).toBeLessThanOrEqual((high as number) * 0.989);
    }
  });

  test.each(questions.filter(({ sql }) => parametersIn(sql).includes('tenant') && !sql.includes('{device:')))(
    'of one tenant alone: $name',
    async ({ sql }) => {
      const everybody = await ask(sql, { ...TOLD, tenant: '' });
      const one = await ask(sql, { ...TOLD, tenant: 'globex' });
      const named = everybody.filter(({ tenant }) => tenant !== undefined);
      expect(one).toEqual(named.length === 0 ? one : named.filter(({ tenant }) => tenant === 'globex'));
      // What does not name its tenant must tell another thing of one than of all.
      expect(named.length > 0 || JSON.stringify(one) !== JSON.stringify(everybody)).toBe(true);
      expect(await ask(sql, { ...TOLD, tenant: "' OR '1'='1" })).toEqual([]);
    },
  );

  test.each(HOSTILE)('takes %j for a name, whatever it means in SQL', async (name) => {
    await served.measured({ tenant: name, device: name, metric: name });
    const asked = (question: string) => questions.find((each) => each.name === question)?.sql ?? '';
    const said = { ...TOLD, tenant: name, device: name, metric: name };
    expect(await ask(asked('measured-at'), said)).toMatchObject([{ metric: name, value: 1 }]);
    expect(await ask(asked('metric-by-hour'), said)).toMatchObject([{ tenant: name, readings: 1 }]);
    expect(await ask(asked('most-talkative'), said)).toMatchObject([{ tenant: name, device: name, reports: 1 }]);
    expect((await ask(asked('volume'), { ...TOLD, tenant: '' })).length).toBeGreaterThan(3);
  });
});
