// Alerts on their way out: what is sent, to whom, and that it comes although the process that sends it is killed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig, secretsOf } from '#runtime/config.ts';
import { alertMessage, tellingOf } from '#cli/telling.ts';
import { Tenant } from '../processors/alerts/tenant.ts';
import { isSignedBy, SECRET, startHook, until } from '../runtime/webhook/hook.ts';
import { fleetstream, type Running, startUp } from './process.ts';

const WATCHER = resolve('test/processors/alerts/watcher.ts');
const settings = (env: Readonly<Record<string, string>>) =>
  loadConfig({
    env: Object.fromEntries(Object.entries(env).map(([key, value]) => [`FLEETSTREAM_WEBHOOK_${key}`, value])),
  });

describe('the settings of the webhook', () => {
  test('without an address tell nobody', () => {
    expect(tellingOf(settings({}))).toBeNull();
  });

  test.each([
    [{ URL: 'https://alerts.example/hook' }, /^webhook_unsigned: .*FLEETSTREAM_WEBHOOK_SECRETS/],
    [{ URL: 'http://alerts.example/hook', SECRETS: SECRET }, /^webhook_plain: .*alerts\.example without TLS/],
  ])('%j are refused', (env, problem) => {
    expect(() => tellingOf(settings(env))).toThrow(
      expect.objectContaining({ message: expect.stringMatching(problem) }),
    );
  });

  test.each([
    { URL: 'https://alerts.example/hook', SECRETS: SECRET },
    { URL: 'http://localhost:8080/hook', SECRETS: `${SECRET}, ${SECRET}` },
    { URL: 'http://[::1]:8080/hook', SECRETS: SECRET },
    { URL: 'http://alerts.example/hook', SECRETS: SECRET, PLAIN: 'on' },
  ])('%j are taken', (env) => {
    expect(tellingOf(settings(env))).toMatchObject({ giveUpMs: 3_600_000, keepMs: 72 * 3_600_000 });
  });

  test('are refused with a secret that is none, which is not told', () => {
    const refused = () => settings({ URL: 'https://alerts.example', SECRETS: 'hunter2hunter2hunter2' });
    expect(refused).toThrow(/^config_invalid: webhook\.secrets/);
    expect(refused).not.toThrow(/hunter2/);
    expect(secretsOf(settings({ SECRETS: SECRET }))).toContain(SECRET);
  });
});

describe('a message', () => {
  const opened = () => new Tenant().raise('rules.hot/d1', { severity: 'HIGH', title: 'hot' });

  test('is the alert as it is in the log, in the shape of Standard Webhooks', () => {
    const message = alertMessage(opened().newest, 'native', '0.1.0');
    expect(message?.lane).toBe('acme/rules.hot/d1');
    expect(JSON.parse(message?.body ?? '')).toMatchObject({
      type: 'alert.opened',
      timestamp: '2026-11-01T00:00:00.000Z',
      data: { tenant: 'acme', alert: 'rules.hot/d1', severity: 'HIGH', title: 'hot', number: 1, status: 'OPEN' },
    });
  });

  test('is a finding of OCSF, with the id of the message', () => {
    const message = alertMessage(opened().newest, 'ocsf', '0.1.0');
    expect(JSON.parse(message?.body ?? '')).toMatchObject({ class_uid: 2004, metadata: { uid: message?.id } });
  });

  test('has the same id whenever it is made, and another than any other', () => {
    const tenant = opened().clear('rules.hot/d1').raise('rules.hot/d1');
    const ids = tenant.changes.map((change) => alertMessage(change, 'native', '0.1.0')?.id);
    expect(new Set(ids).size).toBe(3);
    expect(alertMessage(opened().newest, 'ocsf', '9.9.9')?.id).toBe(ids[0]);
  });

  test('of what was held back is news to the receiver, and of what is held back there is none', () => {
    const tenant = new Tenant().raise('rules.hot/d1', { behind: ['gw1'] });
    expect(alertMessage(tenant.newest, 'native', '0.1.0')).toBeNull();
    const { body } = alertMessage(tenant.tick(60_000).newest, 'native', '0.1.0') ?? {};
    expect(JSON.parse(body ?? '')).toMatchObject({ type: 'alert.opened' });
  });
});

describe('up with a webhook', () => {
  const folder = mkdtempSync(join(tmpdir(), 'webhook-'));
  let running: Running | null = null;
  afterAll(() => {
    running?.child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const say = (device: string, message: string) => {
    const event = JSON.stringify({ level: 'WARN', message });
    const told = fleetstream(['send', 'log', event, '--tenant', 'acme', '--device', device], running?.env ?? {});
    expect(told.stderr).toBe('');
  };

  test('tells the receiver of alerts, also of those that opened while it was away and the process was killed', async () => {
    const hook = await startHook();
    const env = {
      FLEETSTREAM_PROCESSORS: `ledger,twin,operators,alerts,${WATCHER}`,
      FLEETSTREAM_WEBHOOK_URL: hook.url,
      FLEETSTREAM_WEBHOOK_SECRETS: SECRET,
    };
    try {
      running = await startUp(folder, ['--no-demo'], env);
      say('d1', 'down');
      await until('the first alert came', () => hook.got.length > 0);
      const [first] = hook.got;
      expect(isSignedBy(SECRET, first as never)).toBe(true);
      expect(JSON.parse(first?.body ?? '')).toMatchObject({
        type: 'alert.opened',
        data: { alert: 'connectivity.offline/d1', device: 'd1', tenant: 'acme' },
      });
      hook.hook.fate = () => 500;
      say('d2', 'down');
      await until('the second was tried', () => hook.got.some(({ body }) => body.includes('offline/d2')));
      running.child.kill('SIGKILL');
      await running.exited;
      hook.hook.fate = () => 204;
      const before = hook.got.length;
      running = await startUp(folder, ['--no-demo'], env);
      say('d1', 'up');
      const since = () => hook.got.slice(before).map(({ body }) => (JSON.parse(body) as { type: string }).type);
      await until('both came', () => since().includes('alert.opened') && since().includes('alert.resolved'));
      const ids = hook.got.filter(({ body }) => body.includes('offline/d2')).map(({ id }) => id);
      expect(new Set(ids).size).toBe(1);
      const open = "SELECT alert, status FROM alerts_current WHERE status = 'OPEN'";
      await until('the table has it', () => fleetstream(['sql', open, '--format', 'TSV'], clientEnv()).stdout !== '');
      expect(fleetstream(['sql', open, '--format', 'TSV'], clientEnv()).stdout).toBe('connectivity.offline/d2\tOPEN');
    } finally {
      await hook.close();
    }
  }, 120_000);

  const clientEnv = () => running?.env ?? {};
});
