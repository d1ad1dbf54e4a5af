import { readFileSync } from 'node:fs';
import specs from '@asyncapi/specs';
import { Ajv, type AnySchema } from 'ajv';
import { expect, test } from 'vitest';
import { type Connector, DeadLettered, EVENTS_TOPIC } from '#sdk';
import { connectors } from '#connectors';
import { processors } from '#processors';
import { catalog } from '#cli/catalog.ts';
import { schemaIdOf } from '#runtime/avro.ts';
import { Engine } from '#runtime/engine/engine.ts';
import { TRACEPARENT } from '#runtime/engine/observer.ts';
import { createIngress } from '#runtime/ingress/ingress.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import { settle } from '../runtime/engine/examples.ts';

const document = JSON.parse(readFileSync('docs/asyncapi.json', 'utf8')) as {
  readonly channels: Readonly<Record<string, { readonly messages: Readonly<Record<string, unknown>> }>>;
  readonly info: Readonly<Record<string, unknown>>;
  readonly components: { readonly messages: Readonly<Record<string, Message | undefined>> };
};
interface Message {
  readonly headers?: { readonly properties: Readonly<Record<string, { readonly pattern: string }>> };
}

/** The schema brings the schema of schemas along, has keywords of its own tools, and formats that are not judged here. */
const options = { meta: false, validateSchema: false, strict: false, validateFormats: false, allErrors: true } as const;
const judge = new Ajv(options).compile(specs.schemas['3.0.0'] as AnySchema);

test('the AsyncAPI document is one, by the schema of its makers', () => {
  expect(judge(document), JSON.stringify(judge.errors?.slice(0, 5), null, 2)).toBe(true);
});

test('a document that is none is refused by that schema', () => {
  const { title: _, ...info } = document.info;
  expect(judge({ ...document, info })).toBe(false);
});

test('it has every topic that is not the platform’s own secret, and each record of it', () => {
  for (const { name, kind, records } of catalog(16)) {
    if (kind === 'internal') continue;
    const messages = Object.keys(document.channels[name]?.messages ?? {});
    expect([name, messages]).toEqual([name, records.map((record) => record.name)]);
  }
});

const TOPICS = catalog(1).filter(({ kind }) => kind !== 'internal');
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const EVENTS = [
  '{"tenant":"acme","device":"d1","type":"telemetry","epoch":1,"sequence":1,"metrics":{"a":1}}',
  '{"tenant":"acme","device":"d1","type":"telemetry","epoch":1,"sequence":5,"metrics":{"a":1}}',
  '{"tenant":"acme","device":"d1","type":"twin/reported","patch":{"a":1}}',
  'junk',
];

/** A log into which traced events came and were folded, one of them unreadable. */
async function tracedLog() {
  const clock = new SimulatedClock(0);
  const log = new SimulatedLog(clock);
  await log.ensureTopics(TOPICS);
  const registry = new MemoryRegistry();
  const headers = { [TRACEPARENT]: Buffer.from(TRACE) };
  const traces = { begin: () => ({ headers, end: () => undefined }) };
  const common = { log, registry, partitions: 1, connectors, instance: 'test' };
  const ingress = await createIngress({ ...common, clock: () => 1_000, traces });
  const http = connectors.find(({ source }) => source.kind === 'http') as Connector;
  const from = { receivedAt: 1_000, sourceAddress: null, region: null };
  const what = { address: 'POST /v1/events', params: {}, contentType: 'application/x-ndjson' };
  await ingress.publish(http, { ...from, ...what, body: Buffer.from(EVENTS.join('\n')) });
  const place = { topic: EVENTS_TOPIC, partition: 0, key: Buffer.from('acme/d1') };
  await log.append([{ ...place, value: Buffer.from('junk'), headers, timestamp: 0 }]);
  const quiet = () => undefined;
  const observer = {
    sliced: quiet,
    commits: () => quiet,
    abandoned: quiet,
    restores: quiet,
    traced: (_: unknown, fold: () => void) => fold(),
  };
  const parts = { log, registry, clock, partitions: 1, store: new MemoryStateStore(), report: quiet, observer };
  await settle(await Engine.open({ app: 'traced', processors, ...parts }));
  return { log, registry };
}

test('each header that a record carries is described, and no other', async () => {
  const { log, registry } = await tracedLog();
  const met = new Map<string, Set<string>>();
  for (const { name: topic } of TOPICS) {
    for (const { value, headers } of log.all(topic, 0)) {
      const record = value === null ? null : await registry.schemaOf(schemaIdOf(value) ?? 0);
      if (record === null) continue;
      const names = met.get(record.name) ?? met.set(record.name, new Set()).get(record.name);
      for (const [name, bytes] of Object.entries(headers)) {
        names?.add(name);
        const { pattern = '^$' } = document.components.messages[record.name]?.headers?.properties[name] ?? {};
        expect(Buffer.from(bytes).toString(), `${record.name} ${name}`).toMatch(new RegExp(pattern));
      }
    }
  }
  expect([...met.keys()]).toEqual(expect.arrayContaining(['TwinChanged', 'Gap', DeadLettered.avro.name]));
  for (const [record, names] of met) {
    const described = Object.keys(document.components.messages[record]?.headers?.properties ?? {});
    expect([record, [...names]]).toEqual([record, described]);
  }
});
