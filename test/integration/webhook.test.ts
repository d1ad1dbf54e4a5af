import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { isSignedBy, SECRET, startHook, until } from '../runtime/webhook/hook.ts';
import { canRun, ownKafka, registryUrl } from './faults/own.ts';
import { type RunningService, startService } from './service.ts';

const WATCHER = resolve('test/processors/alerts/watcher.ts');

test.skipIf(!canRun)(
  'alerts on Kafka come to their receiver, each in its order, whichever copy is killed and however long it is away',
  { timeout: 240_000 },
  async () => {
    const kafka = await ownKafka();
    const hook = await startHook();
    onTestFinished(hook.close);
    const env = (instance: string) => ({
      FLEETSTREAM_KAFKA_BROKERS: kafka.brokers.join(','),
      FLEETSTREAM_KAFKA_INSTANCE: instance,
      FLEETSTREAM_REGISTRY_URL: registryUrl(),
      FLEETSTREAM_PARTITIONS: '4',
      FLEETSTREAM_DATA: dataFolder(),
      FLEETSTREAM_WEBHOOK_URL: hook.url,
      FLEETSTREAM_WEBHOOK_SECRETS: SECRET,
    });
    const doors = await startService(['connect'], env('doors'), /HTTP http:[^\s,]+/);
    const fold = ['run', 'ledger', 'operators', 'alerts', WATCHER, '--app', 'fleet', '--threads', '1'];
    await startService(fold, env('fold'), /health http:[^\s"]+/);
    const copy = (name: string) => startService(['webhook'], env(name), /health http:[^\s"]+/);
    const first = await copy('first');
    await untilActive(first);
    const second = await copy('second');

    const http = doors.ready.replace('HTTP ', '');
    await say(http, 'd1', 'down', 1);
    await until('the first alert came', () => hook.got.length > 0, 60_000);

    hook.hook.fate = () => 503;
    await say(http, 'd2', 'down', 1);
    await until('the second was tried', () => hook.got.some(({ body }) => body.includes('offline/d2')), 60_000);
    first.child.kill('SIGKILL');
    await say(http, 'd2', 'up', 2);
    await say(http, 'd1', 'up', 2);
    await untilActive(second);
    const before = hook.got.length;
    hook.hook.fate = () => 204;
    const since = () => hook.got.slice(before).map(({ body }) => typeOf(body));
    const wanted = ['d1 alert.resolved', 'd2 alert.opened', 'd2 alert.resolved'];
    await until('all came', () => wanted.every((each) => since().includes(each)), 120_000);
    expect(since().indexOf('d2 alert.opened')).toBeLessThan(since().indexOf('d2 alert.resolved'));
    expect(hook.got.filter((one) => !isSignedBy(SECRET, one))).toEqual([]);
    const ids = hook.got.filter(({ body }) => typeOf(body) === 'd2 alert.opened').map(({ id }) => id);
    expect(new Set(ids).size).toBe(1);

    // What was told is not told again after a quiet end.
    expect(await second.stop(), second.output()).toBe(0);
    const told = hook.got.length;
    const third = await copy('third');
    await untilActive(third);
    await say(http, 'd3', 'down', 1);
    await until('the last came', () => hook.got.some(({ body }) => body.includes('offline/d3')), 60_000);
    expect(hook.got.slice(told).map(({ body }) => typeOf(body))).toEqual(['d3 alert.opened']);
  },
);

function typeOf(body: string): string {
  const { type, data } = JSON.parse(body) as { readonly type: string; readonly data: { readonly device: string } };
  return `${data.device} ${type}`;
}

async function say(http: string, device: string, message: string, sequence: number): Promise<void> {
  const body = JSON.stringify({ tenant: 'acme', device, type: 'log', sequence, level: 'WARN', message });
  const headers = { 'content-type': 'application/json' };
  const sent = await fetch(new URL('/v1/events', http), { method: 'POST', headers, body });
  expect(sent.status).toBe(202);
}

/** Waits until a copy says that it is its turn. */
async function untilActive(service: RunningService): Promise<void> {
  while (!service.output().includes('webhook_active')) await pause(50);
}

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fleetstream-webhook-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
