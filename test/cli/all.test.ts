// Every processor in one pipeline, as an operator meets them: a policy, devices that come and go, an alert.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fleetstream, type Running, startUp } from './process.ts';

const folder = mkdtempSync(join(tmpdir(), 'all-'));
let running: Running;

beforeAll(async () => {
  running = await startUp(folder, ['--demo', '--devices', '40', '--seed', '3'], { FLEETSTREAM_PROCESSORS: 'all' });
}, 60_000);

afterAll(() => {
  running.child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const ask = (query: string) => fleetstream(['sql', query, '--format', 'TSV'], running.env).stdout;

async function until(query: string, wanted: (answer: string) => boolean): Promise<string> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = ask(query);
    if (wanted(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`${query} still answers "${answer}"`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

test('a policy is decided, devices that come and go are told of, and a person who saw it is too', {
  timeout: 180_000,
}, async () => {
  const policy = (value: object) => {
    const file = join(folder, 'policy.json');
    writeFileSync(file, JSON.stringify(value));
    return fleetstream(['policy', 'apply', '-f', file], running.env, '', folder);
  };
  expect(policy({ policy: 'presence', value: { silenceMs: 'long' } })).toMatchObject({ status: 1 });
  const list = fleetstream(['policy', 'list', '--json'], running.env, '', folder).stdout.split('\n');
  const shipped = list.map((line) => JSON.parse(line) as { policy: string; value: object });
  const presence = shipped.find((each) => each.policy === 'presence')?.value;
  const decided = policy({ policy: 'presence', value: { ...presence, flapDrops: 3 } });
  expect(decided).toMatchObject({ status: 0, stderr: '' });
  expect(decided.stdout).toContain('presence for all is version 1');
  expect(policy({ policy: 'presence', value: { ...presence, flapDrops: 3 } }).stdout).toContain('0 of 1 changed');

  const events = Array.from({ length: 8 }, (_, i) => {
    const sessionId = `s${i >> 1}`;
    const time = Date.now() - 60_000 + i * 5_000;
    return JSON.stringify({ type: i % 2 === 0 ? 'session/started' : 'session/ended', device: 'f1', time, sessionId });
  });
  const sent = fleetstream(['send', '--tenant', 'test'], running.env, events.join('\n'));
  expect(sent.stderr).toBe('');
  await until("SELECT count() FROM alerts WHERE alert = 'connectivity.flapping/f1'", (answer) => Number(answer) > 0);
  const acknowledged = JSON.stringify({ alert: 'connectivity.flapping/f1', comment: 'seen', actor: 'ann' });
  const ack = ['send', 'alert/acknowledged', '--operator', '--tenant', 'test', '--device', 'f1', acknowledged];
  expect(fleetstream(ack, running.env)).toMatchObject({ status: 0 });
  await until("SELECT count() FROM alerts WHERE change = 'ACKNOWLEDGED'", (answer) => Number(answer) > 0);
});

test('each processor folds, and its tables are filled', { timeout: 180_000 }, async () => {
  for (const table of ['connectivity_changes', 'connectivity_windows', 'descriptions'])
    await until(`SELECT count() FROM ${table}`, (answer) => Number(answer) > 0);
  expect(running.output()).not.toContain('processor_stopped');
});
