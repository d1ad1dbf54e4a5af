import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FREE_PORTS, freePort } from './process.ts';

test.each(['connect', 'run', 'sink'])(
  '%s lives, and is not ready, while it waits for Kafka',
  async (command) => {
    const folder = mkdtempSync(join(tmpdir(), 'health-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const port = await freePort();
    const env = {
      ...process.env,
      ...FREE_PORTS,
      FLEETSTREAM_HTTP_PORT: String(port),
      FLEETSTREAM_KAFKA_BROKERS: `127.0.0.1:${await freePort()}`,
      FLEETSTREAM_CLICKHOUSE_URL: `http://127.0.0.1:${await freePort()}`,
    };
    const child = spawn(process.execPath, [resolve('main.ts'), command], { cwd: folder, env, stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    const ask = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: response.status, body: await response.json() };
    };
    const live = { status: 200, body: { status: 'live' } };
    await expect.poll(() => ask('/health/live').catch(() => null), { timeout: 20_000 }).toEqual(live);
    expect(await ask('/health/ready')).toEqual({ status: 503, body: { status: 'not_ready', missing: ['start'] } });
    expect(await ask('/nowhere')).toMatchObject({ status: 404 });
  },
  30_000,
);
