import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { SUBSCRIPTIONS_MAX } from '#runtime/transports/mqtt-broker.ts';
import { closed, start, telemetry, TOPIC } from './brokers.ts';
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

  test.each([
    'fleetstream/v1/acme/d1/twin/desired',
    '$SYS/broker/uptime',
    '$share/g/fleetstream/v1/a/b/telemetry',
    'other',
    `fleetstream/v1/acme/d1/${'x'.repeat(600)}`,
  ])('a device that publishes to %.40s is cut off', async (topic) => {
    const h = await harness();
    const { connect, report } = await start(h);
    const client = await connect();
    const end = closed(client);
    client.publish(topic, '{"patch":{}}', { qos: 1 }, () => undefined);
    expect(await end).toBe('closed');
    expect(report.kept).toContainEqual({ level: 'warn', code: 'topic_forbidden' });
    expect(h.events()).toHaveLength(0);
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
    const { connect } = await start(h);
    const client = await connect();
    await client.publishAsync(TOPIC, telemetry(1), { qos: 1, retain: true });
    const heard: string[] = [];
    client.on('message', (topic) => heard.push(topic));
    await client.subscribeAsync('fleetstream/v1/#');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(heard).toEqual([]);
    expect(h.events()).toHaveLength(1);
  });

  test('a will becomes an event when the connection breaks, and is refused for another topic', async () => {
    const h = await harness();
    const { connect, report } = await start(h);
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
    await expect(connect({ will: { ...will, topic: 'fleetstream/v1/acme/d2/twin/desired' } })).rejects.toThrow(
      "Couldn't connect to server",
    );
    await expect(connect({ will: { ...will, topic: '$SYS/x' } })).rejects.toThrow("Couldn't connect to server");
    expect(report.kept.filter(({ code }) => code === 'topic_forbidden')).toHaveLength(2);
  });

  test('subscriptions end at the platform’s topics and at a count', async () => {
    const { connect } = await start(await harness());
    const client = await connect();
    for (const topic of ['#', '$SYS/#', '+/v1/#', 'fleetstream/#']) {
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

describe('tokens of the embedded broker', () => {
  test('the password is a token, and only an operator hears all devices', async () => {
    const { connect } = await start(await harness(), { deviceToken: 'dev', operatorToken: 'op' });
    await expect(connect()).rejects.toThrow(/Not authorized|Bad username or password/i);
    await expect(connect({ username: 'd1', password: 'wrong' })).rejects.toThrow(
      /Not authorized|Bad username or password/i,
    );
    const device = await connect({ username: 'd1', password: 'dev' });
    const refused = await device.subscribeAsync('fleetstream/v1/+/+/twin/desired').catch(() => [{ qos: 128 }]);
    expect(refused[0]?.qos).toBe(128);
    expect((await device.subscribeAsync('fleetstream/v1/acme/d1/twin/desired'))[0]?.qos).toBe(0);
    const operator = await connect({ username: 'ann', password: 'op' });
    expect((await operator.subscribeAsync('fleetstream/v1/#'))[0]?.qos).toBe(0);
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
