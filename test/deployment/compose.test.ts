// The compose file as far as it can be tried without an engine: no image is built or started.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { DATABASE } from '#runtime/clickhouse/place.ts';
import { loadConfig } from '#runtime/config.ts';
import { CLICKHOUSE, PROMETHEUS } from '../../dashboards/lib/board.ts';
import { hasPromtool, promtool } from '../dashboards/promtool.ts';
import { KAFKA_VERSION, REGISTRY_VERSION } from '../stack/versions.ts';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly user?: string;
  readonly init?: boolean;
  readonly profiles?: readonly string[];
  readonly env_file?: readonly { readonly path: string; readonly required: boolean }[];
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

const read = (file: string): unknown => parse(readFileSync(file, 'utf8'));

/** What Prometheus reads under the name of a service. */
function targetsOf(job: string): readonly string[] {
  const { scrape_configs: scraped } = read('deploy/prometheus/prometheus.yml') as {
    readonly scrape_configs: readonly {
      readonly job_name: string;
      readonly static_configs?: readonly { readonly targets: readonly string[] }[];
      readonly dns_sd_configs?: readonly { readonly names: readonly string[]; readonly port: number }[];
    }[];
  };
  return scraped
    .filter(({ job_name: name }) => name === job)
    .flatMap(({ static_configs: fixed = [], dns_sd_configs: found = [] }) => [
      ...fixed.flatMap(({ targets }) => targets),
      ...found.flatMap(({ names, port }) => names.map((each) => `${each}:${port}`)),
    ]);
}

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

function environmentOf({ environment = {} }: Service): Record<string, string> {
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
    const set = Object.values(services).flatMap(({ environment = {} }) => Object.entries(environment));
    const secret = set.filter(([name]) => /PASSWORD|TOKEN|SECRET|CLICKHOUSE_URL/.test(name));
    expect(secret.length).toBeGreaterThan(0);
    expect(secret.filter(([, value]) => !String(value).includes(':?'))).toEqual([]);
  });

  test.each(ours)('sets %s as the settings want it', (_, service) => {
    const env = environmentOf(service);
    const config = loadConfig({ env });
    expect(config.kafka.brokers).toBe('kafka:9092');
    expect(Object.keys(env).filter((name) => !/^(?:FLEETSTREAM|OTEL)_/.test(name))).toEqual([]);
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

  test('starts the webhook only where it is asked for, with its receiver from a file that is not in the repository', () => {
    const asked = Object.entries(services).filter(([, { profiles }]) => profiles !== undefined);
    expect(asked.map(([name, { profiles, env_file: files }]) => [name, profiles, files])).toEqual([
      ['webhook', ['webhook'], [{ path: 'webhook.env', required: false }]],
    ]);
    expect(readFileSync('.gitignore', 'utf8').split('\n')).toContain('webhook.env');
  });

  test('names each process of ours differently, with data of its own', () => {
    const instances = ours.map(([, { environment }]) => environment?.['FLEETSTREAM_KAFKA_INSTANCE']);
    expect(new Set(instances).size).toBe(ours.length);
    expect(new Set(ours.map(([, { volumes: own }]) => own?.join())).size).toBe(ours.length);
  });

  test('runs the versions that the tests run', () => {
    expect(services['kafka']?.image).toBe(`apache/kafka:${KAFKA_VERSION}`);
    expect(services['registry']?.image).toBe(`apicurio/apicurio-registry:${REGISTRY_VERSION}`);
  });

  test.each(Object.entries(services))('bounds, watches and pins %s', (name, service) => {
    expect(service.image).toMatch(/:v?\d+\.\d+/);
    // Its image has nothing that could ask, so Prometheus does.
    const isWatched = name === 'otel-collector' ? targetsOf(name).length > 0 : service.healthcheck?.test[0] === 'CMD';
    expect(isWatched).toBe(true);
    expect(Object.keys(service.deploy?.resources.limits ?? {})).toEqual(['cpus', 'memory']);
    expect(service.ports?.filter((port) => !port.startsWith('127.0.0.1:')) ?? []).toEqual([]);
    const sources = (service.volumes ?? []).map((one) => one.split(':')[0] ?? '');
    expect(Object.keys(volumes)).toEqual(expect.arrayContaining(sources.filter((source) => !source.startsWith('./'))));
    // What is read from this folder is there, and cannot be written.
    for (const file of (service.volumes ?? []).filter((one) => one.startsWith('./'))) {
      expect(existsSync(file.split(':')[0] ?? ''), file).toBe(true);
      expect(file).toMatch(/:ro$/);
    }
  });

  test.each(ours)('has %s read by Prometheus, where its metrics are', (name, service) => {
    const { telemetry } = loadConfig({ env: environmentOf(service) });
    expect(telemetry).toMatchObject({ metrics: 'prometheus', host: '0.0.0.0' });
    expect(targetsOf(name)).toEqual([`${name}:${telemetry.port}`]);
  });

  test('provisions the datasources that the boards ask, as a user who may only read', () => {
    const { datasources } = read('deploy/grafana/datasources.yml') as {
      readonly datasources: readonly { readonly uid: string; readonly type: string; readonly jsonData: object }[];
    };
    const known = datasources.map(({ uid, type }) => ({ type, uid }));
    expect(known).toEqual([CLICKHOUSE, PROMETHEUS]);
    expect(datasources[0]?.jsonData).toMatchObject({ username: 'analyst', defaultDatabase: DATABASE });
    const user = readFileSync('deploy/clickhouse/analyst.xml', 'utf8');
    expect(user).toContain('<readonly>1</readonly>');
    expect(Array.from(user.matchAll(/<query>(.*)<\/query>/g), ([, grant]) => grant)).toEqual([
      `GRANT SELECT ON ${DATABASE}.*`,
      'GRANT SELECT ON otel.*',
    ]);
    const texts = ['grafana/datasources.yml', 'clickhouse/analyst.xml', 'collector/collector.yml'];
    for (const text of texts) {
      for (const [line] of readFileSync(`deploy/${text}`, 'utf8').matchAll(/^.*password.*$/gm)) {
        expect(line).toMatch(
          /: \$(?:\{env:)?CLICKHOUSE_(?:ANALYST_)?PASSWORD\}?$|from_env="CLICKHOUSE_ANALYST_PASSWORD"/,
        );
      }
    }
  });

  test('has traces sent to where the collector takes them', () => {
    const { receivers } = read('deploy/collector/collector.yml') as {
      readonly receivers: { readonly otlp: { readonly protocols: { readonly http: { readonly endpoint: string } } } };
    };
    const [, port] = receivers.otlp.protocols.http.endpoint.split(':');
    for (const [, service] of ours) {
      expect(environmentOf(service)['OTEL_EXPORTER_OTLP_ENDPOINT']).toBe(`http://otel-collector:${port}`);
    }
  });

  test('configures Prometheus rightly, as promtool judges', ({ skip }) => {
    if (!hasPromtool) skip('promtool is not here');
    const judge = (text: string) => {
      const file = join(folder, 'prometheus.yml');
      // The rules lie where the container has them.
      writeFileSync(file, text.replace('/etc/prometheus/', `${resolve('deploy/prometheus')}/`));
      return promtool(['check', 'config', file]);
    };
    const text = readFileSync('deploy/prometheus/prometheus.yml', 'utf8');
    expect(judge(text)).toMatchObject({ status: 0 });
    expect(judge(text.replace('scrape_configs', 'scrapes'))).not.toMatchObject({ status: 0 });
  });

  test('configures the collector rightly, as its own reader judges (named by OTELCOL)', ({ skip }) => {
    const collector = process.env['OTELCOL'];
    if (collector === undefined) skip('no collector is here; set OTELCOL to one');
    const judge = (text: string) => {
      const file = join(folder, 'collector.yml');
      writeFileSync(file, text);
      const env = { ...process.env, CLICKHOUSE_PASSWORD: 'secret' };
      return spawnSync(collector ?? '', ['validate', `--config=file:${file}`], { env, encoding: 'utf8' });
    };
    const text = readFileSync('deploy/collector/collector.yml', 'utf8');
    expect(judge(text)).toMatchObject({ status: 0, stderr: '' });
    expect(judge(text.replace('create_schema', 'creates_schema'))).not.toMatchObject({ status: 0 });
    expect(judge(text.replace('[memory_limiter, batch]', '[memory]'))).not.toMatchObject({ status: 0 });
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
