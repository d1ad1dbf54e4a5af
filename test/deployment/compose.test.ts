// The compose file and the Dockerfile as far as they can be tried without an engine: no image is built or started.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '#runtime/config.ts';
import { KAFKA_VERSION, REGISTRY_VERSION } from '../stack/versions.ts';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string | number>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly user?: string;
  readonly init?: boolean;
  readonly deploy?: { readonly resources: { readonly limits: Readonly<Record<string, string>> } };
}

const TEXT = readFileSync('docker-compose.yml', 'utf8');
const { services, volumes } = parse(TEXT, { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const ours = Object.entries(services).filter(([, { build }]) => build !== undefined);
const DOCKERFILE = readFileSync('Dockerfile', 'utf8');
/** Where a machine must have the foreign judges of these files. */
const REQUIRED = process.env['REQUIRE_COMPOSE'] === '1';
/** The validator of compose-go, which `go install github.com/compose-spec/compose-go/v2/cmd@v2.16.2` makes. */
const VALIDATOR = process.env['COMPOSE_SPEC'];
const hasHadolint = spawnSync('hadolint', ['--version']).status === 0;

let folder = '';
let secrets: Readonly<Record<string, string>> = {};

function writeSecrets() {
  return spawnSync(process.execPath, [resolve('scripts/secrets.ts')], { cwd: folder, encoding: 'utf8' });
}

function readSecrets(): Record<string, string> {
  const lines = readFileSync(join(folder, '.env'), 'utf8').trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.split('=') as [string, string]));
}

/** As compose puts secrets into its texts. */
function filled(value: string | number): string {
  return String(value).replaceAll(/\$\{([A-Z_]+):\?[^}]*\}/g, (_, name: string) => secrets[name] ?? '');
}

function environmentOf({ environment }: Service): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filled(value)]));
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'compose-'));
  writeFileSync(join(folder, 'docker-compose.yml'), TEXT);
  expect(writeSecrets().stderr).toBe('');
  secrets = readSecrets();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('docker-compose.yml', () => {
  test('demands every secret, which the script writes for its owner alone and never changes', () => {
    const names = [...new Set(Array.from(TEXT.matchAll(/\$\{([A-Z_]+)/g), ([, name]) => name))];
    expect(new Set(Object.keys(secrets))).toEqual(new Set(names));
    expect(Array.from(TEXT.matchAll(/\$\{[^}]*\}/g), ([use]) => use)).toEqual(
      Array.from(TEXT.matchAll(/\$\{[A-Z_]+:\?[^}]+\}/g), ([use]) => use),
    );
    for (const value of Object.values(secrets)) expect(value).toMatch(/^[0-9a-f]{48}$/);
    expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600);
    writeFileSync(join(folder, '.env'), 'DEVICE_TOKEN=kept-as-it-was-set');
    expect(writeSecrets().status).toBe(0);
    expect(readSecrets()).toMatchObject({ DEVICE_TOKEN: 'kept-as-it-was-set' });
    expect(Object.keys(readSecrets())).toHaveLength(names.length);
  });

  test('has secrets nowhere in the open', () => {
    const set = Object.values(services).flatMap(({ environment }) => Object.entries(environment));
    const secret = set.filter(([name]) => /PASSWORD|TOKEN|SECRET|CLICKHOUSE_URL/.test(name));
    expect(secret.length).toBeGreaterThan(0);
    expect(secret.filter(([, value]) => !String(value).includes(':?'))).toEqual([]);
  });

  test.each(ours)('sets %s as the settings want it', (_, service) => {
    const env = environmentOf(service);
    const config = loadConfig({ env });
    expect(config.kafka.brokers).toBe('kafka:9092');
    expect(Object.keys(env).every((name) => name.startsWith('FLEETSTREAM_'))).toBe(true);
  });

  test.each(ours)('gives %s no rights that it does not need', (_, service) => {
    const [, user] = /^USER (.+)$/m.exec(DOCKERFILE) ?? [];
    expect(user).toMatch(/^[1-9]/);
    expect(service).toMatchObject({ user, init: true, read_only: true, cap_drop: ['ALL'] });
  });

  test.each(ours)('asks %s for its health, and hears a no', async (_, { healthcheck }) => {
    const [kind, program = '', ...args] = healthcheck?.test ?? [];
    expect(kind).toBe('CMD');
    const answers = [200, 503];
    const server = createServer(({ url }, response) => {
      response.writeHead(url === '/health/ready' ? (answers.shift() ?? 500) : 404).end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const ask = async () => {
      const child = spawn(
        program,
        args.map((text) => text.replace(':8080', `:${port}`)),
      );
      const [code] = (await once(child, 'exit')) as [number];
      return code;
    };
    expect([await ask(), await ask()]).toEqual([0, 1]);
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    expect(await ask()).toBe(1);
  });

  test('names each process of ours differently, with data of its own', () => {
    const instances = ours.map(([, { environment }]) => environment['FLEETSTREAM_KAFKA_INSTANCE']);
    expect(new Set(instances).size).toBe(ours.length);
    expect(new Set(ours.map(([, { volumes: own }]) => own?.join())).size).toBe(ours.length);
  });

  test('runs the versions that the tests run', () => {
    expect(services['kafka']?.image).toBe(`apache/kafka:${KAFKA_VERSION}`);
    expect(services['registry']?.image).toBe(`apicurio/apicurio-registry:${REGISTRY_VERSION}`);
  });

  test.each(Object.entries(services))('bounds, watches and pins %s', (_, service) => {
    expect(service.image).toMatch(/:\d+\.\d+/);
    expect(service.healthcheck).toBeDefined();
    expect(Object.keys(service.deploy?.resources.limits ?? {})).toEqual(['cpus', 'memory']);
    expect(service.ports?.filter((port) => !port.startsWith('127.0.0.1:')) ?? []).toEqual([]);
    expect(Object.keys(volumes)).toEqual(
      expect.arrayContaining((service.volumes ?? []).map((one) => one.split(':')[0])),
    );
  });

  test('follows the Compose specification, as compose-go judges (named by COMPOSE_SPEC)', ({ skip }) => {
    if (VALIDATOR === undefined && !REQUIRED) skip('compose-go is not here; set COMPOSE_SPEC to its validator');
    const judge = (text: string) => {
      const file = join(folder, 'judged.yml');
      writeFileSync(file, filled(text));
      const { status, error } = spawnSync(VALIDATOR ?? 'compose-go', [file]);
      expect(error).toBeUndefined();
      return status;
    };
    expect(judge(TEXT)).toBe(0);
    expect(judge(TEXT.replace('restart: unless-stopped', 'restarts: unless-stopped'))).not.toBe(0);
  });
});

describe('the Dockerfile', { timeout: 60_000 }, () => {
  test('is without fault, as hadolint judges', ({ skip }) => {
    if (!hasHadolint && !REQUIRED) skip('hadolint is not here');
    const { status, stdout } = spawnSync('hadolint', ['Dockerfile'], { encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });

  test.each(ours)('copies all that %s needs', (_, { command = [] }) => {
    const app = mkdtempSync(join(tmpdir(), 'image-'));
    try {
      for (const [, from = ''] of DOCKERFILE.matchAll(/^COPY (.+) \S+$/gm)) {
        for (const source of from.split(' ')) {
          mkdirSync(dirname(join(app, source)), { recursive: true });
          cpSync(source, join(app, source), { recursive: true });
        }
      }
      symlinkSync(resolve('node_modules'), join(app, 'node_modules'));
      const { PATH = '' } = process.env;
      const env = { PATH, FLEETSTREAM_DATA: join(app, 'data'), FLEETSTREAM_HTTP_PORT: '0', FLEETSTREAM_MQTT_PORT: '0' };
      // Without settings each gets as far as to say which of them it lacks.
      const { stderr, status } = spawnSync(process.execPath, [join(app, 'main.ts'), ...command], {
        cwd: app,
        env,
        encoding: 'utf8',
      });
      expect(stderr).toMatch(/^(kafka|clickhouse)_unset: /m);
      expect(status).not.toBe(0);
    } finally {
      rmSync(app, { recursive: true, force: true });
    }
  });
});
