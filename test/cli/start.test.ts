// How a run begins badly, and how it is ended early.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FREE_PORTS, fleetstream, freePort, startUp } from './process.ts';

const START_MS_MAX = 30_000;

describe('a run that cannot start', () => {
  test('a taken port is one line, before anything is opened', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const other = mkdtempSync(join(tmpdir(), 'taken-'));
    const env = { ...FREE_PORTS, FLEETSTREAM_MQTT_PORT: String(port) };
    const { status, stderr } = fleetstream(['up', '--log', 'text'], env, '', other);
    expect(stderr).toBe(
      `port_taken: MQTT port ${port} on 127.0.0.1 is in use; stop what holds it, or set FLEETSTREAM_MQTT_PORT to another.`,
    );
    expect(status).toBe(1);
    expect(readdirSync(other)).toEqual([]);
    server.close();
    rmSync(other, { recursive: true });
  });

  test.each([['up'], ['run', 'ledger']])(
    'a processor that is none is one line, before anything is opened: %s',
    (...args) => {
      const other = mkdtempSync(join(tmpdir(), 'unknown-'));
      const env = { ...FREE_PORTS, FLEETSTREAM_PROCESSORS: 'ledger,nope' };
      const { status, stdout, stderr } = fleetstream(args, env, '', other);
      expect(stderr).toMatch(/^processor_unknown: there is no processor nope; there are ledger, .*$/);
      expect([status, stdout, readdirSync(other)]).toEqual([1, '', []]);
      rmSync(other, { recursive: true });
    },
  );

  test.each(['connect', 'run', 'sink', 'webhook'])(
    '%s without a Kafka cluster is one line, before anything is opened',
    (command) => {
      const other = mkdtempSync(join(tmpdir(), 'unset-'));
      const { status, stdout, stderr } = fleetstream([command], FREE_PORTS, '', other);
      expect(stderr).toBe('kafka_unset: this needs a Kafka cluster; set FLEETSTREAM_KAFKA_BROKERS to its brokers');
      expect([status, stdout, readdirSync(other)]).toEqual([1, '', []]);
      rmSync(other, { recursive: true });
    },
  );

  test('two doors with one port, and a missing token, are one line each', async () => {
    const other = mkdtempSync(join(tmpdir(), 'refused-'));
    const port = String(await freePort());
    const line = (env: Readonly<Record<string, string>>) => {
      const { status, stderr } = fleetstream(['up', '--log', 'text'], { ...FREE_PORTS, ...env }, '', other);
      expect([status, stderr.split('\n').length]).toEqual([1, 1]);
      return stderr;
    };
    expect(line({ FLEETSTREAM_HTTP_PORT: port, FLEETSTREAM_CLICKHOUSE_PORT: port })).toMatch(
      /^port_taken: ClickHouse port .*FLEETSTREAM_CLICKHOUSE_PORT/,
    );
    expect(line({ FLEETSTREAM_HTTP_HOST: '0.0.0.0' })).toMatch(/^token_required: HTTP .*FLEETSTREAM_TOKENS_DEVICE/);
    expect(line({ FLEETSTREAM_CLICKHOUSE_HOST: '::' })).toMatch(/^token_required: .*FLEETSTREAM_TOKENS_ANALYST/);
    expect(readdirSync(other)).toEqual([]);
    rmSync(other, { recursive: true });
  });

  test(
    'a folder that another pipeline holds is one line',
    async () => {
      const other = mkdtempSync(join(tmpdir(), 'held-'));
      const { child, exited } = await startUp(other, ['--no-demo']);
      const { status, stderr } = fleetstream(['up', '--log', 'text'], FREE_PORTS, '', other);
      expect([status, stderr]).toEqual([1, expect.stringMatching(/^folder_in_use: .*stop that process/)]);
      expect(stderr).not.toContain('\n');
      child.kill('SIGINT');
      expect(await exited).toBe(0);
      rmSync(other, { recursive: true });
    },
    START_MS_MAX,
  );
});

describe('a run that is interrupted', () => {
  test(
    'Ctrl-C while it starts ends it with 0, before it is ready',
    async () => {
      const other = mkdtempSync(join(tmpdir(), 'early-'));
      const env = { ...process.env, ...FREE_PORTS };
      const child = spawn(process.execPath, [resolve('main.ts'), 'up', '--log', 'text'], { cwd: other, env });
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => {
        if (text === '') child.kill('SIGINT');
        text += chunk.toString();
      });
      expect(await once(child, 'close')).toEqual([0, null]);
      expect(text).toMatch(/^fleetstream starts.*\n[^]*\nstopped before it was ready\n$/);
      expect(text).not.toContain('ready in');
      rmSync(other, { recursive: true });
    },
    START_MS_MAX,
  );

  test(
    'a second Ctrl-C ends it at once, as the signal would',
    async () => {
      const other = mkdtempSync(join(tmpdir(), 'twice-'));
      const { child, env, exited } = await startUp(other, ['--no-demo']);
      // Draining waits a while for a query that goes on and on.
      const address = `http://127.0.0.1:${env['FLEETSTREAM_CLICKHOUSE_PORT']}/`;
      const query = fetch(address, { method: 'POST', body: 'SELECT sum(number) FROM numbers(1000000000000)' });
      void query.catch(() => undefined);
      await new Promise((end) => setTimeout(end, 500));
      const presses = setInterval(() => child.kill('SIGINT'), 300);
      expect(await exited).toBe(null);
      clearInterval(presses);
      expect(child.signalCode).toBe('SIGINT');
      rmSync(other, { recursive: true });
    },
    START_MS_MAX,
  );
});
