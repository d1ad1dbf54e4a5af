// A letter that is put in again comes behind newer changes of its alert; the receiver of docs/alerts.md ends as the log does.
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { alertMessage } from '#cli/telling.ts';
import { frame, compiled } from '#runtime/avro.ts';
import { answerLetters, LettersRequest } from '#runtime/letters/requests.ts';
import { AlertChanged, topics } from '#schemas';
import { blocksOf } from '../../docs/blocks.ts';
import { SECOND, Tenant } from '../../processors/alerts/tenant.ts';
import { chanceFrom } from '../../simulation/chance.ts';
import { type Got, PARTITIONS, until } from './hook.ts';
import { closing, world } from './world.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`overtaken letters: SEED=${SEED}`);

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

type Told = { readonly data: AlertChanged };
type Known = Map<string, AlertChanged>;

async function isNewsOf(): Promise<(alerts: Known, told: Told) => boolean> {
  const block = blocksOf(readFileSync('docs/alerts.md', 'utf8')).find(({ code }) => code.includes('isNews'));
  const page = (await import(`data:text/javascript,${encodeURIComponent(block?.code ?? '')}`)) as {
    isNews: (alerts: Known, told: Told) => boolean;
  };
  return page.isNews;
}

const bodyOf = ({ body }: Pick<Got, 'body'>) => JSON.parse(body) as Told;

test('an opening that is redriven behind its end does not open the alert again', async () => {
  const tenant = new Tenant().raise('rules.hot/d1').tick(SECOND).clear('rules.hot/d1');
  expect(tenant.told).toEqual(['OPENED rules.hot/d1 DELIVERED', 'RESOLVED rules.hot/d1 DELIVERED']);
  const isOpening = (one: Got) => one.body.includes('alert.opened');
  const { begin, log, registry, got, hook } = await world(SEED, (one) => (isOpening(one) ? 400 : 204));
  const id = await registry.register(AlertChanged.avro);
  const messageOf = (value: unknown) => alertMessage(value as AlertChanged, 'native', '0');
  const webhook = await begin({ topic: topics.alerts, messageOf, giveUpMs: 0 });
  for (const change of tenant.changes) {
    const value = frame(compiled(AlertChanged.avro), id, change);
    await log.append([
      { topic: topics.alerts.name, partition: 0, key: Buffer.from('a'), value, timestamp: Date.now() },
    ]);
  }
  await until('the end came', () => webhook.stats().givenUp === 1 && webhook.stats().delivered === 1);
  hook.fate = () => 204;
  const options = { log, registry, partitions: PARTITIONS, clock: Date.now };
  const request = LettersRequest.parse({ action: 'redrive', filter: { origin: 'webhook' } });
  const kinds: string[] = [];
  for await (const { kind } of answerLetters(options, request)) kinds.push(kind);
  expect(kinds[0]).toBe('redrive');
  await until('the opening came', () => webhook.stats().delivered === 2);
  const taken = got.map(bodyOf).slice(-2);
  expect(taken.map(({ data }) => data.status)).toEqual(['RESOLVED', 'OPEN']);
  const isNews = await isNewsOf();
  const alerts: Known = new Map();
  expect(taken.map((told) => isNews(alerts, told))).toEqual([true, false]);
  expect(alerts.get('acme/rules.hot/d1')?.status).toBe('RESOLVED');
});

test('whatever comes twice or late, a receiver that compares revisions ends with the newest of each alert', async () => {
  const isNews = await isNewsOf();
  const chance = chanceFrom(SEED);
  const tenants = ['acme', 'umbrella'].map((name) => {
    const tenant = new Tenant({ name });
    for (let time = 0; time < 60; time++) {
      const alert = `rules.hot/d${chance.int(1, 4)}`;
      if (chance.hit(0.6)) tenant.raise(alert);
      else tenant.clear(alert);
      tenant.tick(time * 20 * SECOND);
    }
    return tenant;
  });
  const told = tenants.flatMap(({ changes }) => changes.filter(({ deliver }) => deliver));
  const newest = new Map(told.map((change) => [`${change.tenant}/${change.alert}`, change]));
  for (let run = 0; run < 50; run++) {
    const alerts: Known = new Map();
    const left = [...told, ...told];
    while (left.length > 0) isNews(alerts, { data: left.splice(chance.int(0, left.length - 1), 1)[0] as AlertChanged });
    expect(alerts).toEqual(newest);
  }
});
