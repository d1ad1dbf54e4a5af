// The manifests as far as they can be judged without a cluster.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { openHealth } from '#cli/health.ts';
import { loadConfig } from '#runtime/config.ts';

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Container {
  readonly args: readonly [string];
  readonly env: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef?: object; readonly fieldRef?: object };
  }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly resources: Readonly<Record<'requests' | 'limits', Readonly<Record<string, string>>>>;
  readonly securityContext: object;
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template: { readonly spec: { readonly containers: readonly [Container] } } };
}

const TEXT = readFileSync('deploy/kubernetes/fleetstream.yaml', 'utf8');
const manifests = parseAllDocuments(TEXT).map((each) => each.toJS() as Manifest);
const settings = manifests.find(({ kind }) => kind === 'ConfigMap')?.data ?? {};
const parts = manifests.flatMap(({ kind, metadata: { name }, spec }) =>
  kind === 'StatefulSet' && spec !== undefined ? [{ name, container: spec.template.spec.containers[0] }] : [],
);
/** `kubernetes-validate` of PyPI, which holds the schemas of the API. */
const validator = spawnSync('kubernetes-validate', ['--version']).status === 0;

const SECRETS: Readonly<Record<string, string>> = {
  FLEETSTREAM_TOKENS_DEVICE: 'device-token-of-a-test',
  FLEETSTREAM_TOKENS_OPERATOR: 'operator-token-of-a-test',
  FLEETSTREAM_CLICKHOUSE_URL: 'http://user:password@clickhouse:8123',
  FLEETSTREAM_WEBHOOK_URL: 'https://alerts.example/hook',
  FLEETSTREAM_WEBHOOK_SECRETS: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
};

function configOf({ env }: Container) {
  const own = env.map(({ name, value }) => [name, value ?? SECRETS[name] ?? 'pod-0'] as const);
  return loadConfig({ env: { ...settings, ...Object.fromEntries(own) } });
}

describe('the manifests for Kubernetes', () => {
  test('have the four parts', () => {
    expect(parts.map(({ container }) => container.args[0])).toEqual(['connect', 'run', 'sink', 'webhook']);
  });

  test.each(parts)('set $name as the settings want it, with secrets from a Secret alone', ({ container }) => {
    const config = configOf(container);
    const ports = Object.fromEntries(container.ports.map(({ name, containerPort }) => [name, containerPort]));
    expect(ports).toMatchObject({ http: config.http.port, metrics: config.telemetry.port });
    expect(config.http.host).toBe('0.0.0.0');
    const open = container.env.filter(
      ({ name, valueFrom }) => name in SECRETS && valueFrom?.secretKeyRef === undefined,
    );
    expect(open).toEqual([]);
    expect(Object.keys(settings).filter((name) => /TOKEN|PASSWORD|CLICKHOUSE_URL|WEBHOOK/.test(name))).toEqual([]);
  });

  test.each(parts)('bound $name and give it no rights that it does not need', ({ container }) => {
    expect(Object.keys(container.resources.limits)).toEqual(['cpu', 'memory']);
    expect(container.resources.requests['memory']).toBe(container.resources.limits['memory']);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test.each(parts)('ask $name for what it answers', async ({ container }) => {
    await using stack = new AsyncDisposableStack();
    let isReady = false;
    const config = configOf(container);
    const http = { host: '127.0.0.1', port: 0 };
    const health = await openHealth({ ...config, http }, stack);
    health.began({ processors: () => isReady });
    const ask = async ({ httpGet: { path, port } }: Probe) => {
      expect(port).toBe('http');
      return (await fetch(new URL(path, health.url))).status;
    };
    const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
    expect(await Promise.all(probes.map(ask))).toEqual([200, 200, 503]);
    isReady = true;
    expect(await Promise.all(probes.map(ask))).toEqual([200, 200, 200]);
  });

  test('follow the schemas of the API, as kubernetes-validate judges', ({ skip }) => {
    if (!validator && process.env['REQUIRE_KUBERNETES'] !== '1') skip('kubernetes-validate is not here');
    const folder = mkdtempSync(join(tmpdir(), 'manifests-'));
    const judge = (text: string) => {
      writeFileSync(join(folder, 'manifests.yaml'), text);
      return spawnSync('kubernetes-validate', ['--strict', join(folder, 'manifests.yaml')], { encoding: 'utf8' });
    };
    try {
      expect(judge(TEXT)).toMatchObject({ status: 0 });
      expect(judge(TEXT.replace('terminationGracePeriodSeconds', 'terminationGrace')).status).not.toBe(0);
      expect(judge(TEXT.replace('replicas: 2', 'replicas: two')).status).not.toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
