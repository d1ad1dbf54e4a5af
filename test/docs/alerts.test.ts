// What the page of alerts shows is executed: its policy is decided, and its lines verify what a webhook sends.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { policiesOf } from '#cli/processors.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { decidePolicies, type Wish } from '#runtime/policies/decide.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { signatures } from '#runtime/webhook/signature.ts';
import { AlertChanged } from '#schemas';
import { blocksOf } from './blocks.ts';

const PAGE = readFileSync('docs/alerts.md', 'utf8');
const blockOf = (language: string, part = '') =>
  blocksOf(PAGE).find((block) => block.language === language && block.code.includes(part))?.code ?? '';

test('its policy can be decided', async () => {
  const parts = { log: new SimulatedLog(new SimulatedClock(0)), registry: new MemoryRegistry(), partitions: 1 };
  const wish = JSON.parse(blockOf('json')) as Wish;
  const decided = await decidePolicies({ ...parts, declared: policiesOf(), clock: () => 0 }, [wish], false);
  expect(decided).toMatchObject([{ policy: 'alerting', tenant: 'acme', outcome: 'decided', version: 1 }]);
});

test('its lines tell what is signed from what is not', async () => {
  const { isSigned } = (await import(`data:text/javascript,${encodeURIComponent(blockOf('js', 'isSigned'))}`)) as {
    isSigned: (secret: string, headers: object, body: string, now: number) => boolean;
  };
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const signed = { id: 'm1', timestamp: 1_614_265_330, body: '{"a":1}' };
  const keys = ['C2FVsBQIhrscChlQIMV+b5sSYspob7oD', secret.slice(6)].map((key) => Buffer.from(key, 'base64'));
  const headers = {
    'webhook-id': 'm1',
    'webhook-timestamp': '1614265330',
    'webhook-signature': signatures(keys, signed),
  };
  const now = 1_614_265_330_000;
  expect(isSigned(secret, headers, signed.body, now)).toBe(true);
  expect(isSigned(secret, headers, '{"a":2}', now)).toBe(false);
  expect(isSigned(secret, headers, signed.body, now + 600_000)).toBe(false);
  expect(isSigned(`whsec_${'A'.repeat(32)}`, headers, signed.body, now)).toBe(false);
});

test('it has every reason for which a change is held back', () => {
  const { fields } = AlertChanged.avro;
  const type = fields.find(({ name }) => name === 'withheld')?.type as readonly [
    string,
    { readonly symbols: string[] },
  ];
  for (const reason of type[1].symbols.filter((symbol) => symbol !== 'UNKNOWN'))
    expect(PAGE).toContain(`| \`${reason}\` |`);
});
