import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { REFUSALS_PER_MINUTE_MAX } from '#runtime/ingress/allowance.ts';
import { SUBSCRIPTIONS_MAX } from '#runtime/transports/mqtt-policy.ts';
import { start, telemetry, TOPIC } from './brokers.ts';
import { harness, until } from './held-log.ts';

describe('the embedded broker', () => {
  test.each([1, 2] as const)('QoS %i is acknowledged only after the log has the event', async (qos) => {
    const h = await harness();
    const { connect } = await start(h);
    const client = await connect();
    h.log.hold();
    let acknowledged = false;
    const published = client.publishAsync(TOPIC, telemetry(1), { qos }).then(() => {
      acknowledged = true;
    });
    await until(() => h.ingress.counts().eventsInflight === 1, 'the event in flight');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(acknowledged).toBe(false);
    expect(h.events()).toHaveLength(0);
    h.log.release();
    await published;
    expect(h.events()).toMatchObject([
      { name: 'TelemetryReported', key: 'acme/d1', value: { sequence: 1, source: 'mqtt', sourceAddress: '127.0.0.1' } },
    ]);
  });

  test('nothing is acknowledged while the log refuses, and everything after', async () => {
    const h = await harness();
    const { connect } = await start(h);
    const client = await connect();
    h.log.refuse(true);
    let acknowledged = 0;
    const published = [1, 2, 3].map((sequence) =>
      client.publishAsync(TOPIC, telemetry(sequence), { qos: 1 }).then(() => {
        acknowledged++;
      }),
    );
    await until(() => h.ingress.counts().refused > 2, 'a refusal');
    expect(acknowledged).toBe(0);
    h.log.refuse(false);
    await Promise.all(published);
    expect(new Set(h.events().map(({ value }) => value['sequence']))).toEqual(new Set([1, 2, 3]));
  });

  test('events of one device keep their order', async () => {
    const h = await harness();
    const { connect } = await start(h);
    const client = await connect();
    await Promise.all(Array.from({ length: 500 }, (_, i) => client.publishAsync(TOPIC, telemetry(i), { qos: 1 })));
    expect(h.events().map(({ value }) => value['sequence'])).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });

  test('a bad payload is acknowledged and a dead letter, and the connection stays', async () => {
    const h = await harness();
    const { connect } = await start(h);
    const client = await connect();
    const payloads = [Buffer.from('{"metrics":{"a":1e999}}'), Buffer.from([0, 255, 254]), Buffer.alloc(0)];
    for (const payload of payloads) await client.publishAsync(TOPIC, payload, { qos: 1 });
    await client.publishAsync('fleetstream/v1/acme/d1/nonsense', '{}', { qos: 1 });
    await client.publishAsync('fleetstream/v1/acme/../twin/reported', '{}', { qos: 1 });
    expect(new Set(h.deadLetters().map(({ code }) => code))).toEqual(
      new Set(['invalid_name', 'invalid_number', 'invalid_utf8', 'json_malformed', 'unknown_event']),
    );
    expect(h.deadLetters().find(({ code }) => code === 'invalid_utf8')?.['value']).toEqual(payloads[1]);
    expect(client.connected).toBe(true);
    expect(h.events()).toHaveLength(0);
  });

  describe.each([0, 1, 2] as const)('at QoS %i', (qos) => {
    test.each([
      ['operator_only', 'fleetstream/v1/acme/d1/twin/desired'],
      ['topic_forbidden', '$SYS/broker/uptime'],
      ['topic_forbidden', '$share/g/fleetstream/v1/a/b/telemetry'],
      ['topic_forbidden', '$refused'],
      ['topic_forbidden', 'other'],
      ['topic_too_long', `fleetstream/v1/acme/d1/${'x'.repeat(600)}`],
      ['topic_too_long', `fleetstream/v1/acme/d1/${'x/'.repeat(97)}`],
    ])('%s: a message to %.40s is acknowledged, a dead letter, and heard by nobody', async (code, topic) => {
      const h = await harness();
      const { connect, report } = await start(h, { operatorToken: 'op', deviceToken: 'dev' });
      const client = await connect({ username: 'd1', password: 'dev' });
      const heard: string[] = [];
      for (const ear of [await connect({ username: 'ann', password: 'op' }), client]) {
        ear.on('message', (at) => heard.push(at));
        await ear.subscribeAsync('fleetstream/v1/acme/d1/twin/desired', { qos: 1 });
      }
      await client.publishAsync(topic, '{"patch":{"led":"on"}}', { qos, retain: true });
      await client.publishAsync(TOPIC, telemetry(1), { qos: 1 });
      await until(() => h.deadLetters().length === 1, 'the dead letter');
      expect(h.deadLetters()).toMatchObject([
        { code, origin: 'mqtt', address: topic.slice(0, 512), value: Buffer.from('{"patch":{"led":"on"}}') },
      ]);
      expect(h.events().map(({ name }) => name)).toEqual(['TelemetryReported']);
      expect(client.connected).toBe(true);
      expect(heard).toEqual([]);
      expect(report.kept).toContainEqual({ level: 'warn', code });
    });
  });

  test('a refused message is acknowledged only after its dead letter is in the log', async () => {
    const h = await harness();
    const { connect } = await start(h);
    const client = await connect();
    h.log.refuse(true);
    let acknowledged = false;
    const published = client.publishAsync('other', 'x', { qos: 1 }).then(() => {
      acknowledged = true;
    });
    await until(() => h.ingress.counts().refused > 1, 'a refusal by the log');
    expect(acknowledged).toBe(false);
    h.log.refuse(false);
    await published;
    expect(h.deadLetters()).toMatchObject([{ code: 'topic_forbidden', value: Buffer.from('x') }]);
  });

  test('one address fills the log with refusals up to a bound, and is acknowledged beyond it', async () => {
    const h = await harness();
    const { connect } = await start(h, { clock: () => 1_780_315_200_000 });
    const clients = [await connect(), await connect()];
    await Promise.all(
      counted(REFUSALS_PER_MINUTE_MAX).flatMap((i) =>
        clients.map((client) => client.publishAsync('other', `${i}`, { qos: 1 })),
      ),
    );
    expect(h.deadLetters()).toHaveLength(REFUSALS_PER_MINUTE_MAX);
    expect(h.ingress.counts()).toMatchObject({
      rejected: REFUSALS_PER_MINUTE_MAX,
      unkept: REFUSALS_PER_MINUTE_MAX,
      accepted: 0,
    });
  });

  test('desired state reaches the device, and one that subscribes later', async () => {
    const { broker, connect } = await start(await harness());
    const address = 'fleetstream/v1/acme/d1/twin/desired';
    const subscribe = async () => {
      const client = await connect();
      const heard = new Promise((resolve) =>
        client.once('message', (topic, payload, { qos }) => resolve([topic, payload.toString(), qos])),
      );
      await client.subscribeAsync(address, { qos: 1 });
      return heard;
    };
    const early = subscribe();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await broker.send({ address, body: '{"version":1}', retain: true });
    expect(await early).toEqual([address, '{"version":1}', 1]);
    expect(await subscribe()).toEqual([address, '{"version":1}', 1]);
  });

  test('what devices retain is taken but not kept', async () => {
    const h = await harness();
    const { connect } = await start(h, { operatorToken: 'op' });
    const client = await connect({ username: 'ann', password: 'op' });
    await client.publishAsync(TOPIC, telemetry(1), { qos: 1, retain: true });
    const heard: string[] = [];
    client.on('message', (topic) => heard.push(topic));
    await client.subscribeAsync('fleetstream/v1/#');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(heard).toEqual([]);
    expect(h.events()).toHaveLength(1);
  });

  test('a will becomes an event when the connection breaks, and a dead letter where devices cannot publish', async () => {
    const h = await harness();
    const { connect } = await start(h);
    const will = {
      topic: 'fleetstream/v1/acme/d1/session/ended',
      payload: Buffer.from('{"sessionId":"s1"}'),
      qos: 1 as const,
      retain: true,
    };
    const client = await connect({ will });
    client.stream.destroy();
    await until(() => h.events().length === 1, 'the will');
    expect(h.events()).toMatchObject([{ name: 'SessionEnded', value: { sessionId: 's1' } }]);
    const desired = 'fleetstream/v1/acme/d2/twin/desired';
    for (const topic of [desired, '$SYS/x', 'a/'.repeat(200)]) {
      const bad = await connect({ will: { ...will, topic } });
      bad.stream.destroy();
    }
    await until(() => h.deadLetters().length === 3, 'the dead letters');
    expect(new Set(h.deadLetters().map(({ code, address }) => `${String(code)} ${String(address)}`))).toEqual(
      new Set([`operator_only ${desired}`, 'topic_forbidden $SYS/x', `topic_too_long ${'a/'.repeat(200)}`]),
    );
    expect(h.deadLetters().every(({ value }) => will.payload.equals(value as Buffer))).toBe(true);
    expect(h.events()).toHaveLength(1);
  });

  test('subscriptions end at the platform’s topics and at a count', async () => {
    const { connect } = await start(await harness());
    const client = await connect();
    const foreign = [
      '#',
      '$SYS/#',
      '$refused',
      '$share/g/fleetstream/v1/acme/d1/twin/desired',
      '+/v1/#',
      'fleetstream/#',
    ];
    for (const topic of [...foreign, ...WILD, TOPIC]) {
      const granted = await client.subscribeAsync(topic).catch(() => [{ qos: 128 }]);
      expect([topic, granted[0]?.qos]).toEqual([topic, 128]);
    }
    const topics = Array.from({ length: SUBSCRIPTIONS_MAX + 5 }, (_, i) => `fleetstream/v1/acme/d${i}/twin/desired`);
    const granted = await client.subscribeAsync(topics.slice(0, SUBSCRIPTIONS_MAX));
    expect(granted.every(({ qos }) => qos === 0)).toBe(true);
    for (const topic of topics.slice(SUBSCRIPTIONS_MAX))
      await expect(client.subscribeAsync(topic)).rejects.toThrow('Subscribe error');
    await client.subscribeAsync(topics[0] as string);
  });
});

const counted = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Filters that would tell of other devices. */
const WILD = [
  'fleetstream/v1/#',
  'fleetstream/v1/+/+/twin/desired',
  'fleetstream/v1/acme/+/twin/desired',
  'fleetstream/v1/+/d1/twin/desired',
  'fleetstream/v1/acme/#',
  'fleetstream/v1/acme/d2/#',
];

describe('tokens of the embedded broker', () => {
  test('the password is a token, and only an operator hears all devices', async () => {
    const { connect } = await start(await harness(), { deviceToken: 'dev', operatorToken: 'op' });
    await expect(connect()).rejects.toThrow(/Not authorized|Bad username or password/i);
    await expect(connect({ username: 'd1', password: 'wrong' })).rejects.toThrow(
      /Not authorized|Bad username or password/i,
    );
    const device = await connect({ username: 'd1', password: 'dev' });
    for (const filter of WILD) {
      const refused = await device.subscribeAsync(filter).catch(() => [{ qos: 128 }]);
      expect([filter, refused[0]?.qos]).toEqual([filter, 128]);
    }
    expect((await device.subscribeAsync('fleetstream/v1/acme/d1/twin/desired'))[0]?.qos).toBe(0);
    const operator = await connect({ username: 'ann', password: 'op' });
    for (const filter of WILD) expect((await operator.subscribeAsync(filter))[0]?.qos).toBe(0);
    for (const filter of ['#', '$SYS/#', '$refused', '+/v1/#']) {
      await expect(operator.subscribeAsync(filter)).rejects.toThrow('Subscribe error');
    }
  });

  test('listening beyond loopback needs a token', async () => {
    const listen = { host: '0.0.0.0', port: 0, portSetting: 'P', tokenSetting: 'FLEETSTREAM_MQTT_DEVICE_TOKEN' };
    await expect(start(await harness(), { listen })).rejects.toMatchObject({ code: 'token_required' });
  });

  test('a taken port is one line with the setting', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { readonly port: number };
    const listen = { host: '127.0.0.1', port, portSetting: 'FLEETSTREAM_MQTT_PORT', tokenSetting: 'T' };
    await expect(start(await harness(), { listen })).rejects.toThrow(
      /^port_taken: MQTT port \d+ .*FLEETSTREAM_MQTT_PORT/,
    );
    await new Promise((resolve) => other.close(resolve));
  });
});
