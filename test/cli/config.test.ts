import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, loadConfig, secretsOf, settings } from '#runtime/config.ts';

const file = join(mkdtempSync(join(tmpdir(), 'config-')), 'fleetstream.json');

function withFile(content: unknown, env: Readonly<Record<string, string>> = {}) {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return loadConfig({ env, file });
}

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('settings', () => {
  test('have defaults that listen on this machine only', () => {
    const config = loadConfig({ env: {} });
    expect(config.data).toBe('./.fleetstream');
    expect([config.mqtt.host, config.http.host, config.clickhouse.host]).toEqual([
      '127.0.0.1',
      '127.0.0.1',
      '127.0.0.1',
    ]);
    expect([config.mqtt.port, config.http.port, config.clickhouse.port]).toEqual([1883, 8080, 8123]);
    expect(config.partitions).toBe(16);
  });

  test('come from the file, before it from the environment, before both from the command line', () => {
    const content = { http: { port: 1 }, mqtt: { port: 1 }, log: { level: 'warn' } };
    writeFileSync(file, JSON.stringify(content));
    const env = { FLEETSTREAM_HTTP_PORT: '2', FLEETSTREAM_LOG_LEVEL: 'error', OTHER: 'x' };
    const config = loadConfig({ env, file, overrides: { 'log.level': 'debug', data: undefined } });
    expect([config.mqtt.port, config.http.port, config.log.level, config.data]).toEqual([
      1,
      2,
      'debug',
      './.fleetstream',
    ]);
  });

  test('all have a meaning and say what they expect', () => {
    for (const { key, doc, expected, variable } of settings()) {
      expect(doc, key).toMatch(/\.$/);
      expect(expected, key).not.toBe('');
      expect(variable).toBe(`FLEETSTREAM_${key.replaceAll('.', '_').toUpperCase()}`);
    }
  });

  test('take every variable that the table names', () => {
    for (const { key, variable, standard } of settings()) {
      if (standard === null) continue;
      const config = loadConfig({ env: { [variable]: String(standard) } }) as unknown as Record<string, never>;
      expect(key.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], config)).toBe(
        standard,
      );
    }
  });
});

describe('a wrong setting is one line with the key, what was expected and what to do', () => {
  test.each([
    [
      { FLEETSTREAM_MQTT_PORT: 'abc' },
      /^config_invalid: mqtt\.port \(FLEETSTREAM_MQTT_PORT\) is "abc"; expected a port .*; correct it or leave it out for 1883\.$/,
    ],
    [{ FLEETSTREAM_HTTP_PORT: '65536' }, /^config_invalid: http\.port .* is 65536; expected a port from 0 to 65535/],
    [
      { FLEETSTREAM_PARTITIONS: '1.5' },
      /^config_invalid: partitions .* is 1\.5; expected a whole number from 1 to 1024/,
    ],
    [
      { FLEETSTREAM_LOG_LEVEL: 'loud' },
      /^config_invalid: log\.level .* is "loud"; expected one of debug, info, warn, error/,
    ],
    [{ FLEETSTREAM_MQTT_BROKER: 'http://x' }, /^config_invalid: mqtt\.broker .* expected a URL such as mqtts:/],
    [
      { FLEETSTREAM_CLICKHOUSE_URL: 'tcp://x:9000' },
      /^config_invalid: clickhouse\.url .* expected a URL such as https:\/\/user:password@clickhouse\.example:8443/,
    ],
    [{ FLEETSTREAM_CLICKHOUSE_DATABASE: 'a b' }, /^config_invalid: clickhouse\.database .* expected a name of letters/],
    [{ FLEETSTREAM_DATA: '' }, /^config_invalid: data .* is ""; expected a folder/],
    [
      { FLEETSTREAM_MQT_PORT: '1' },
      /^config_unknown: there is no environment variable FLEETSTREAM_MQT_PORT; did you mean FLEETSTREAM_MQTT_PORT\?$/,
    ],
    [
      { FLEETSTREAM_ELSE: '1' },
      /^config_unknown: there is no environment variable FLEETSTREAM_ELSE; known are FLEETSTREAM_DATA, /,
    ],
  ])('%j', (env, line) => {
    const message = refusal(() => loadConfig({ env }));
    expect(message).toMatch(line);
    expect(message).not.toContain('\n');
  });

  test.each([
    [{ http: { prot: 1 } }, /^config_unknown: there is no key http\.prot; did you mean http\.port\?$/],
    [{ http: { port: '8080' } }, /^config_invalid: http\.port .* is "8080"; expected a port/],
    [{ mqtt: 5 }, /^config_invalid: mqtt must be an object/],
    ['[]', /holds no JSON object/],
    ['{', /^config_unreadable: .*write one JSON object/],
  ])('in the file: %j', (content, line) => {
    expect(refusal(() => withFile(content))).toMatch(line);
  });

  test('and never shows a secret', () => {
    const env = { FLEETSTREAM_TOKENS_DEVICE: 'hunter2' };
    expect(refusal(() => loadConfig({ env }))).not.toContain('hunter2');
    expect(refusal(() => loadConfig({ env: { FLEETSTREAM_MQTT_BROKER: 'ftp://u:hunter2@h' } }))).not.toContain(
      'hunter2',
    );
  });

  test('as is a file that is named and missing', () => {
    expect(refusal(() => loadConfig({ env: {}, file: '/nonexistent.json' }))).toMatch(
      /^config_unreadable: \/nonexistent\.json/,
    );
  });
});

test('what must not stand in a log is every secret, of a URL its password as written and as meant', () => {
  const secrets = {
    FLEETSTREAM_TOKENS_DEVICE: 'device:0123456789abcdef',
    FLEETSTREAM_TOKENS_OPERATOR: 'operator-0123456789',
    FLEETSTREAM_KAFKA_PASSWORD: 'kafka-password',
    FLEETSTREAM_REGISTRY_URL: 'https://user:p%40ss@registry.example/apis',
    FLEETSTREAM_MQTT_BROKER: 'mqtts://user:half%25@broker.example',
    FLEETSTREAM_CLICKHOUSE_URL: 'https://fleet:clickhouse%2Fpass@tables.example:8443',
  };
  expect(new Set(secretsOf(loadConfig({ env: secrets })))).toEqual(
    new Set([
      'device:0123456789abcdef',
      'operator-0123456789',
      'kafka-password',
      'p%40ss',
      'p@ss',
      'half%25',
      'half%',
      'clickhouse%2Fpass',
      'clickhouse/pass',
    ]),
  );
  expect(secretsOf(loadConfig({ env: { FLEETSTREAM_MQTT_BROKER: 'mqtt://broker.example' } }))).toEqual([]);
});

test.each(['MQTT_BROKER', 'REGISTRY_URL', 'CLICKHOUSE_URL'])(
  'a password that no URL can hold is refused as %s, and not shown',
  (name) => {
    const url = `${name === 'MQTT_BROKER' ? 'mqtts' : 'https'}://user:half%@host.example`;
    const said = refusal(() => loadConfig({ env: { [`FLEETSTREAM_${name}`]: url } }));
    expect(said).toMatch(/^config_invalid: .*a % of the password is %25; correct it/);
    expect(said).not.toContain('half');
  },
);
