// The Dockerfile as far as it can be tried without an engine: no image is built.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const DOCKERFILE = readFileSync('Dockerfile', 'utf8');
/** Where a machine must have the foreign judge. */
const REQUIRED = process.env['REQUIRE_COMPOSE'] === '1';
const hasHadolint = spawnSync('hadolint', ['--version']).status === 0;

const { services } = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as {
  readonly services: Readonly<Record<string, { readonly build?: string; readonly command?: readonly string[] }>>;
};
const ours = Object.entries(services).filter(([, { build }]) => build !== undefined);

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
      expect(stderr).toMatch(/^(kafka|clickhouse|webhook)_unset: /m);
      expect(status).not.toBe(0);
    } finally {
      rmSync(app, { recursive: true, force: true });
    }
  });
});
