import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type DlqOutput, listLetters, redriveLetters, showLetter } from '#cli/dlq.ts';
import { loadConfig } from '#runtime/config.ts';
import { fleetstream, startUp } from './process.ts';

const folder = mkdtempSync(join(tmpdir(), 'dlq-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TOKENS = {
  FLEETSTREAM_TOKENS_DEVICE: 'device-token-0123456789',
  FLEETSTREAM_TOKENS_OPERATOR: 'operator-token-0123456789',
};

const quiet: DlqOutput = { json: false, print: () => undefined, progress: null };

test('dead letters are told by a pipeline that runs, and read from the folder of one that ended', async () => {
  const running = await startUp(folder, ['--no-demo'], TOKENS);
  const dlq = (args: readonly string[], env = {}) =>
    fleetstream(['dlq', ...args], { ...running.env, ...env }, '', folder);
  const response = await fetch(`http://127.0.0.1:${running.env['FLEETSTREAM_HTTP_PORT']}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKENS.FLEETSTREAM_TOKENS_DEVICE}` },
    body: '{"tenant":"acme","device":"d1","type":"nothing"}',
  });
  expect(response.status).toBe(400);
  const listed = dlq(['list']);
  expect(listed).toMatchObject({ status: 0, stderr: '' });
  expect(listed.stdout).toMatch(/\d+-0 .* unknown_event +http +acme\/d1 /);
  expect(listed.stdout).toMatch(/^ +1 unknown_event$/m);
  const stranger = dlq(['list'], { FLEETSTREAM_TOKENS_OPERATOR: 'another-operator-0123456' });
  expect(stranger).toMatchObject({ status: 1, stdout: '' });
  expect(stranger.stderr).toMatch(/^operator_only: .*FLEETSTREAM_TOKENS_OPERATOR/);

  running.child.kill('SIGTERM');
  expect(await running.exited).toBe(0);
  const { id } = JSON.parse(dlq(['list', '--json']).stdout) as { id: string };
  expect(dlq(['show', id]).stdout).toContain('{"tenant":"acme","device":"d1","type":"nothing"}');
  const redriven = dlq(['redrive', id, '0-99']);
  expect(redriven).toMatchObject({ status: 1, stderr: '' });
  expect(redriven.stdout).toMatch(/refused: letter_of_door: it was refused at the door of http/);
  expect(redriven.stdout).toMatch(/0-99 +refused: letter_unknown/);

  expect(dlq(['redrive', '--origin', 'mqtt'])).toMatchObject({ status: 0, stdout: 'nothing was to do' });
  for (const action of ['redrive', 'list']) {
    const wrong = dlq([action, '--origin', 'nope']);
    expect(wrong, action).toMatchObject({ status: 1, stdout: '' });
    expect(wrong.stderr).toMatch(/^origin_unknown: there is no origin nope; there are mqtt, http, .*, webhook, .*$/);
  }
}, 60_000);

test('wrong words are refused before anything is read', async () => {
  const config = loadConfig({ env: { FLEETSTREAM_DATA: join(folder, 'absent') } });
  const nothing = { all: false, again: false, dryRun: false };
  await expect(redriveLetters(config, [], nothing, quiet)).rejects.toMatchObject({ code: 'letters_unnamed' });
  await expect(redriveLetters(config, ['x'], nothing, quiet)).rejects.toMatchObject({ code: 'id_malformed' });
  const since = { since: 'yesterday', limit: 1 };
  await expect(listLetters(config, since, quiet)).rejects.toMatchObject({ code: 'time_malformed' });
  await expect(showLetter(config, '0-1', quiet)).rejects.toMatchObject({ code: 'log_absent' });
});
