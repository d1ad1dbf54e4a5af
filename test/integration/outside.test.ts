import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { fleetstream } from '../cli/process.ts';
import { canRun, ownKafka, registryUrl } from './faults/own.ts';
import { has, run } from './program.ts';
import { startService } from './service.ts';

test('a processor of a folder of its own: its types are as its schemas, and its own test runs', () => {
  const folder = outside();
  const { status, stdout } = fleetstream(['schemas', 'generate', '--check', folder], {});
  expect([status, stdout]).toEqual([0, 'every type is as its schema']);
  const own = spawnSync(process.execPath, ['--test'], { cwd: folder, encoding: 'utf8', env: plain() });
  expect(own.status, own.stdout + own.stderr).toBe(0);
  const types = spawnSync(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '--noEmit', '-p', folder]);
  expect(types.status, String(types.stdout)).toBe(0);
});

test.skipIf(!canRun)(
  'it runs on Kafka beside the others, as an app of its own',
  { timeout: 120_000 },
  async ({ skip }) => {
    has('kcat', ['-V'], skip);
    const folder = outside();
    const kafka = await ownKafka();
    const brokers = kafka.brokers.join(',');
    const env = {
      FLEETSTREAM_KAFKA_BROKERS: brokers,
      FLEETSTREAM_REGISTRY_URL: registryUrl(),
      FLEETSTREAM_PARTITIONS: '2',
      FLEETSTREAM_DATA: join(folder, '.fleetstream'),
    };
    const file = join(folder, 'processor.ts');
    expect(fleetstream(['schemas', 'register', '--processor', file], env)).toMatchObject({ status: 0 });
    const applied = fleetstream(['topics', 'apply', '--processor', file], env);
    expect([applied.status, applied.stdout]).toEqual([0, expect.stringContaining('+ frost.changes: ')]);
    expect(fleetstream(['topics', 'plan', '--processor', file], env)).toMatchObject({ status: 0 });
    const doors = await startService(['connect'], { ...env, FLEETSTREAM_KAFKA_INSTANCE: 'doors' }, /HTTP http:[^\s,]+/);
    const frost = await startService(['run', './processor.ts', '--app', 'frost'], env, /health http:[^\s"]+/, folder);
    while ((await fetch(frost.ready.replace('health ', ''))).status !== 200) await pause(50);
    const send = async (sequence: number, temperatureC: number) => {
      const event = { tenant: 'acme', device: 'd1', type: 'telemetry', sequence, metrics: { temperatureC } };
      const headers = { 'content-type': 'application/json' };
      const url = `${doors.ready.replace('HTTP ', '')}/v1/events`;
      expect((await fetch(url, { method: 'POST', headers, body: JSON.stringify(event) })).status).toBe(202);
    };
    await send(1, -5);
    await send(2, -6);
    await send(3, 4);
    const read = ['-C', '-b', brokers, '-t', 'frost.changes', '-o', 'beginning', '-c', '2', '-f', '%k\n', '-q'];
    expect(run('kcat', [...read, '-X', 'isolation.level=read_committed'])).toBe('acme/d1\nacme/d1\n');
    expect(await frost.stop(), frost.output()).toBe(0);
    expect(await doors.stop(), doors.output()).toBe(0);
  },
);

/** The example as a user has it: in a folder of its own, with this package linked. */
function outside(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fleetstream-outside-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync('examples/frost', folder, { recursive: true });
  mkdirSync(join(folder, 'node_modules/@types'), { recursive: true });
  symlinkSync(resolve('.'), join(folder, 'node_modules/fleetstream'));
  for (const name of ['@types/node', 'undici-types'])
    symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name));
  return folder;
}

/** Node's test runner says that it runs in another one otherwise, and runs nothing. */
function plain(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return env;
}
