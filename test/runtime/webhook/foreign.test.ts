// A receiver that we did not write: Python's own server, with the reference library of Standard Webhooks.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openReceiver } from '#runtime/webhook/receiver.ts';
import { keyOfSecret } from '#runtime/webhook/signature.ts';
import { has } from '../../integration/program.ts';
import { OLD_SECRET, SECRET, until } from './hook.ts';
import { closing, world } from './world.ts';

const PYTHON = process.env['STACK_PYTHON'] ?? 'python3';

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Line {
  readonly status: number;
  readonly id: string;
  readonly told: unknown;
}

async function startForeign(secret: string) {
  const child = spawn(PYTHON, [join(import.meta.dirname, 'receiver.py'), secret], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  closing.push(async () => void child.kill());
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  await until('it listens', () => lines.length > 0);
  return { url: `http://127.0.0.1:${lines[0]}/`, got: () => lines.slice(1).map((line) => JSON.parse(line) as Line) };
}

test('a foreign receiver verifies what it is sent, in order, and is asked again when it was busy', async ({ skip }) => {
  has(PYTHON, ['-c', 'import standardwebhooks'], skip);
  const { url, got } = await startForeign(SECRET);
  const { begin, say } = await world(1);
  const keys = [OLD_SECRET, SECRET].map((secret) => keyOfSecret(secret) as Buffer);
  const receiver = openReceiver({ url, keys, timeoutMs: 10_000, agent: 'fleetstream/test', now: Date.now });
  const webhook = await begin({ receiver });
  await say('a 1', 'a 2', 'a 3');
  await until('all came', () => webhook.stats().delivered === 3);
  await until('every line came', () => got().length === 4);
  expect(got().map(({ status, id }) => `${status} ${id}`)).toEqual(['503 a-1', '204 a-1', '204 a-2', '204 a-3']);
  expect(got().at(-1)?.told).toEqual({ text: '3' });
});

test('a foreign receiver that does not know our secret refuses', async ({ skip }) => {
  has(PYTHON, ['-c', 'import standardwebhooks'], skip);
  const { url, got } = await startForeign(OLD_SECRET);
  const key = keyOfSecret(SECRET) as Buffer;
  const receiver = openReceiver({ url, keys: [key], timeoutMs: 10_000, agent: 'fleetstream/test', now: Date.now });
  const answer = await receiver.send({ id: 'm1', body: '{}' }, new AbortController().signal);
  expect(answer).toMatchObject({ outcome: 'refused', detail: '400' });
  await until('its line came', () => got().length > 0);
  expect(got()).toMatchObject([{ status: 400, told: 'No matching signature found' }]);
});
