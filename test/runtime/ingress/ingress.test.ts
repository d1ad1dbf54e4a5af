import { describe, expect, test } from 'vitest';
import { connector, type Message, mqtt as topics, reject } from '#sdk';
import { mqtt } from '#connectors';
import { telemetryReported } from '#schemas';
import { Allowance, REFUSALS_PER_MINUTE_MAX, SOURCES_MAX } from '#runtime/ingress/allowance.ts';
import { REFUSED_MS_MAX } from '#runtime/ingress/ingress.ts';
import { partitionOf } from '#runtime/log/partition.ts';
import { harness, PARTITIONS, until } from '../transports/held-log.ts';

const message = (device: string, body: string, route = 'telemetry'): Message => ({
  address: `fleetstream/v1/acme/${device}/${route}`,
  params: {},
  contentType: '',
  body: Buffer.from(body),
  receivedAt: 1_780_315_200_000,
  sourceAddress: null,
  region: null,
});
const ok = '{"sequence":1,"metrics":{"a":1}}';

describe('ingress', () => {
  test('an event goes framed to the partition of its key', async () => {
    const h = await harness();
    const outcome = await h.ingress.publish(mqtt, message('d7', ok));
    expect(outcome).toMatchObject({
      kind: 'taken',
      items: [{ kind: 'accepted', eventId: expect.stringMatching(/^[0-9a-f]{32}$/) }],
    });
    const partition = partitionOf(Buffer.from('acme/d7'), PARTITIONS);
    const records = h.log.all('fleet.events', partition).filter(({ key }) => key !== null);
    expect(records).toHaveLength(1);
    expect(records[0]?.value?.[0]).toBe(0);
    expect(h.events()).toMatchObject([{ key: 'acme/d7', value: { sequence: 1 } }]);
  });

  test('every partition is told when ingress begins and ends', async () => {
    const h = await harness({ connectors: [mqtt] });
    await h.ingress.close();
    for (let partition = 0; partition < PARTITIONS; partition++) {
      expect(h.log.all('fleet.events', partition).map(({ key }) => key)).toEqual([null, null]);
    }
  });

  test('a dead letter is durable before the sender hears of it', async () => {
    const h = await harness();
    h.log.hold();
    let heard = false;
    const published = h.ingress.publish(mqtt, message('d1', 'nonsense')).then((outcome) => {
      heard = true;
      return outcome;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([heard, h.deadLetters().length]).toEqual([false, 0]);
    h.log.release();
    expect(await published).toMatchObject({ kind: 'taken', items: [{ code: 'json_malformed' }] });
    expect(h.deadLetters()).toMatchObject([
      { code: 'json_malformed', tenant: 'acme', device: 'd1', topic: null, value: Buffer.from('nonsense') },
    ]);
  });

  test('what does not fit is busy, writes nothing, and room comes', async () => {
    const h = await harness({ eventsInflightMax: 2 });
    h.log.hold();
    const first = [h.ingress.publish(mqtt, message('d1', ok)), h.ingress.publish(mqtt, message('d2', ok))];
    expect(await h.ingress.publish(mqtt, message('d3', ok))).toEqual({ kind: 'busy' });
    let hasRoom = false;
    const room = h.ingress.room().then(() => {
      hasRoom = true;
    });
    await Promise.resolve();
    expect(hasRoom).toBe(false);
    h.log.release();
    await Promise.all([...first, room]);
    expect(await h.ingress.publish(mqtt, message('d3', ok))).toMatchObject({ kind: 'taken' });
    expect(h.events()).toHaveLength(3);
    expect(h.ingress.counts()).toEqual({
      accepted: 3,
      rejected: 0,
      busy: 1,
      refused: 0,
      unkept: 0,
      eventsInflight: 0,
      bytesInflight: 0,
    });
  });

  test('bytes are bounded too, but one large message alone goes', async () => {
    const h = await harness({ bytesInflightMax: 100 });
    h.log.hold();
    const large = h.ingress.publish(mqtt, message('d1', `{"metrics":{},"labels":{"a":"${'x'.repeat(500)}"}}`));
    expect(await h.ingress.publish(mqtt, message('d2', ok))).toEqual({ kind: 'busy' });
    h.log.release();
    expect(await large).toMatchObject({ kind: 'taken' });
  });

  test('a refusing log is a value, and nothing stays in flight', async () => {
    const h = await harness();
    h.log.refuse(true);
    expect(await h.ingress.publish(mqtt, message('d1', ok))).toMatchObject({ kind: 'refused' });
    expect(h.ingress.counts()).toMatchObject({ refused: 1, accepted: 0, eventsInflight: 0, bytesInflight: 0 });
  });

  test('it is ready until the log refuses, then once the log takes something, and never while it drains', async () => {
    let now = 0;
    const h = await harness({ clock: () => now });
    expect(h.ingress.isReady()).toBe(true);
    h.log.refuse(true);
    await h.ingress.publish(mqtt, message('d1', ok));
    now += REFUSED_MS_MAX - 1;
    expect(h.ingress.isReady()).toBe(false);
    h.log.refuse(false);
    await h.ingress.publish(mqtt, message('d1', ok));
    expect(h.ingress.isReady()).toBe(true);
    h.ingress.drain();
    expect(h.ingress.isReady()).toBe(false);
    expect(await h.ingress.publish(mqtt, message('d1', ok))).toMatchObject({ kind: 'taken' });
    expect(h.ingress.isReady()).toBe(false);
  });

  test('it asks to be tried again when nothing was sent since a refusal, as behind a load balancer', async () => {
    let now = 0;
    const h = await harness({ clock: () => now });
    h.log.refuse(true);
    await h.ingress.publish(mqtt, message('d1', ok));
    now += REFUSED_MS_MAX;
    expect(h.ingress.isReady()).toBe(true);
    await h.ingress.publish(mqtt, message('d1', ok));
    expect(h.ingress.isReady()).toBe(false);
  });

  describe('what a transport refuses', () => {
    const from = (sourceAddress: string, receivedAt: number): Message => ({
      ...message('d1', 'payload'),
      sourceAddress,
      receivedAt,
    });
    const rejection = reject('topic_forbidden', 'no connector takes this topic');

    test('is a dead letter up to a share for each source in each minute, and counted beyond it', async () => {
      const h = await harness();
      const refuse = (source: string, at: number) => h.ingress.refuse('mqtt', from(source, at), rejection);
      for (let i = 0; i < REFUSALS_PER_MINUTE_MAX; i++) await refuse('10.0.0.1', 60_000 + i);
      expect(await refuse('10.0.0.1', 119_999)).toEqual({ kind: 'taken', items: [rejection] });
      expect(h.ingress.counts()).toMatchObject({ rejected: REFUSALS_PER_MINUTE_MAX, unkept: 1 });
      await refuse('10.0.0.2', 119_999);
      await refuse('10.0.0.1', 120_000);
      expect(h.deadLetters()).toHaveLength(REFUSALS_PER_MINUTE_MAX + 2);
      expect(h.deadLetters().at(-1)).toMatchObject({
        code: 'topic_forbidden',
        origin: 'mqtt',
        tenant: null,
        value: Buffer.from('payload'),
      });
    });

    test('costs nothing of the share while the log refuses', async () => {
      const h = await harness();
      h.log.refuse(true);
      for (let i = 0; i < 2 * REFUSALS_PER_MINUTE_MAX; i++) {
        expect(await h.ingress.refuse('mqtt', from('10.0.0.1', 1), rejection)).toMatchObject({ kind: 'refused' });
      }
      h.log.refuse(false);
      await h.ingress.refuse('mqtt', from('10.0.0.1', 1), rejection);
      expect(h.deadLetters()).toHaveLength(1);
    });

    test('more sources than are told apart have no share', () => {
      const allowance = new Allowance();
      for (let i = 0; i < SOURCES_MAX; i++) expect(allowance.take(`source ${i}`, 0)).toBe(true);
      expect([allowance.take('another', 0), allowance.take('source 0', 0)]).toEqual([false, true]);
      expect(allowance.take('another', 60_000)).toBe(true);
    });
  });

  test('an event larger than any buffer so far is written whole', async () => {
    const h = await harness();
    const metrics = Object.fromEntries(Array.from({ length: 256 }, (_, i) => [`m${i}${'x'.repeat(400)}`, i]));
    for (let i = 0; i < 20; i++) await h.ingress.publish(mqtt, message(`d${i}`, JSON.stringify({ metrics })));
    expect(h.events().filter(({ value }) => Object.keys(value['metrics'] as object).length === 256)).toHaveLength(20);
  });

  test('a connector whose event is not of its record gets a dead letter with the path', async () => {
    const broken = connector({
      name: 'broken',
      doc: 'Makes events that Avro cannot hold.',
      source: topics.topics('x'),
      produces: [telemetryReported],
      translate: (received) =>
        mqtt
          .translate(received)
          .map((outcome) =>
            outcome.kind === 'event'
              ? { ...outcome, value: { ...outcome.value, metrics: { a: 'warm' } } as never }
              : outcome,
          ),
    });
    const h = await harness({ connectors: [broken] });
    expect(await h.ingress.publish(broken, message('d1', ok))).toMatchObject({
      kind: 'taken',
      items: [{ code: 'event_invalid', path: '/metrics/a' }],
    });
    expect(h.deadLetters()).toMatchObject([
      { code: 'event_invalid', path: '/metrics/a', origin: 'broken', device: 'd1' },
    ]);
  });

  test('close waits for what is in flight', async () => {
    const h = await harness();
    h.log.hold();
    const published = h.ingress.publish(mqtt, message('d1', ok));
    const closing = h.ingress.close();
    await until(() => h.ingress.counts().eventsInflight === 1, 'the event in flight');
    h.log.release();
    await Promise.all([published, closing]);
    const last = h.log.all('fleet.events', partitionOf(Buffer.from('acme/d1'), PARTITIONS)).at(-1);
    expect(last?.key).toBeNull();
  });
});
