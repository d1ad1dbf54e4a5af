import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Table } from '#sdk';
import { applyTables, planOfTables } from '#cli/tables.ts';
import { loadConfig } from '#runtime/config.ts';
import { tables } from '#schemas';
import { type ChdbServer, startChdbServer } from '../stack/chdb-server.ts';
import { fleetstream, startUp } from './process.ts';

const folder = mkdtempSync(join(tmpdir(), 'tables-'));
let server: ChdbServer | null = null;

afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('fleetstream tables, in a data folder', () => {
  const data = join(folder, 'embedded');
  const command = (...args: string[]) => fleetstream(['tables', ...args], { FLEETSTREAM_DATA: data }, '', folder);

  test('before a run everything is to be made; apply makes it, and then nothing is left', () => {
    const before = command('plan');
    expect(before).toMatchObject({ status: 2, stderr: '' });
    expect(before.stdout).toMatch(/^\+ telemetry: MergeTree; is made, empty; the sink fills it from the log$/m);
    expect(before.stdout).toMatch(/^\+ twins_at: view; is made$/m);
    expect(command('apply')).toMatchObject({ status: 0, stderr: '' });
    expect(command('plan')).toMatchObject({ status: 0, stdout: 'every table and view is as declared' });
    expect(JSON.parse(command('plan', '--json').stdout)).toEqual([]);
  });

  test('of a running pipeline the plan is read, and apply is told to wait for its end', async () => {
    const running = await startUp(folder, ['--no-demo'], { FLEETSTREAM_DATA: data });
    const during = { ...running.env, FLEETSTREAM_DATA: data };
    expect(fleetstream(['tables', 'plan'], during, '', folder)).toMatchObject({ status: 0, stderr: '' });
    const refused = fleetstream(['tables', 'apply'], during, '', folder);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /^folder_in_use: a pipeline runs on this data folder; .* stop it, apply, and start it again$/m,
    );
    running.child.kill('SIGINT');
    expect(await running.exited).toBe(0);
  });
});

describe('fleetstream tables, in a server (chdb behind HTTP, not a ClickHouse server)', () => {
  const at = (url: string) => loadConfig({ env: { FLEETSTREAM_CLICKHOUSE_URL: url }, overrides: {} });
  const all = Object.values(tables) as Table[];

  test('what would lose rows says so, and waits to be asked for', async () => {
    server = await startChdbServer({ path: join(folder, 'server') });
    const config = at(server.url);
    const plan = () => planOfTables(config, { json: false, tables: all });
    const apply = (destructive: boolean) => applyTables(config, { json: false, destructive, tables: all });
    expect((await plan()).exitCode).toBe(2);
    expect((await apply(false)).exitCode).toBe(0);
    expect((await plan()).exitCode).toBe(0);
    const run = (query: string) => server?.engine.client.command({ query });
    await run('ALTER TABLE fleet.gaps ADD COLUMN extra Int32');
    await run("INSERT INTO fleet.gaps (tenant, extra) SELECT 'acme', number FROM numbers(1000)");
    await run("ALTER TABLE fleet.gaps COMMENT COLUMN tenant 'x'");
    const found = await plan();
    expect(found.exitCode).toBe(2);
    const lost = /^! {3}column extra Int32 → none: refused: its values of 1,000 rows would be lost, .* on disk$/m;
    expect(found.text).toMatch(lost);
    const applied = await apply(false);
    expect(applied.exitCode).toBe(1);
    expect(applied.text).toMatch(/^~ {3}column tenant comment x → Who owns the device\.: is written anew$/m);
    expect(applied.text).toMatch(/1 left as they are$/m);
    expect((await apply(true)).exitCode).toBe(0);
    expect((await plan()).exitCode).toBe(0);
  });

  test('a server that is away is named, without its password', async () => {
    const away = planOfTables(at('http://u:secret-word@127.0.0.1:1'), { json: false, tables: all });
    const error = await away.catch((reason: unknown) => String(reason));
    expect(error).toMatch(/clickhouse_away: http:\/\/127\.0\.0\.1:1 does not answer \(ECONNREFUSED\); /);
    expect(error).not.toContain('secret-word');
  });
});
