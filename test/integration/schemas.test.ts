// The commands of a user, and a whole run, on a real registry.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { AvroField, AvroRecord } from '#sdk';
import { Gap } from '#schemas';
import { openConfluentRegistry } from '#runtime/registry/confluent.ts';
import { allRecords } from '../../cli/registry.ts';
import { fleetstream, type Running, startUp } from '../cli/process.ts';
import { type RegistryNode, startRegistry } from '../stack/index.ts';

const present = inject('stack').registry !== null;

describe.skipIf(!present)('fleetstream with a registry of others', () => {
  const folder = mkdtempSync(join(tmpdir(), 'schemas-'));
  let node: RegistryNode;
  let env: Record<string, string>;
  const schemas = (...args: string[]) => fleetstream(['schemas', ...args], env, '', folder);

  beforeAll(async () => {
    node = await startRegistry();
    env = { FLEETSTREAM_REGISTRY_URL: node.url };
  });

  afterAll(async () => {
    await node.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('check changes nothing, register gives ids, and check then finds the same', () => {
    for (const before of [schemas('check'), schemas('check')]) {
      expect(before).toMatchObject({ status: 0, stderr: '' });
      expect(before.stdout).toMatch(/^ *Gap +fleetstream\.Gap +new subject$/m);
    }
    const done = schemas('register');
    expect(done).toMatchObject({ status: 0, stderr: '' });
    expect(done.stdout).toMatch(/^ *Gap +fleetstream\.Gap +registered +\d+$/m);
    const after = JSON.parse(schemas('check', '--json').stdout) as { state: string; id: number }[];
    expect(after).toHaveLength(allRecords().length);
    expect(new Set(after.map(({ state }) => state))).toEqual(new Set(['same']));
    expect(new Set(after.map(({ id }) => id)).size).toBe(after.length);
  });

  test('a registry that is away at start is waited for, and then everything runs on it', async () => {
    await node.stop();
    const data = mkdtempSync(join(folder, 'run-'));
    const starting = startUp(data, [], env);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await node.start();
    const running: Running = await starting;
    expect(running.output()).toMatch(/waiting for the registry: registry_away: .*cannot be reached/);
    const event = ['telemetry', '{"metrics":{"temperatureC":21.5}}', '--tenant', 'acme', '--device', 'd1'];
    expect(fleetstream(['send', ...event], running.env)).toMatchObject({ status: 0 });
    const query = "SELECT metrics['temperatureC'] FROM telemetry";
    const ask = () => fleetstream(['sql', query, '--format', 'TSV'], running.env).stdout;
    await expect.poll(ask, { timeout: 20_000, interval: 300 }).toBe('21.5');
    running.child.kill('SIGTERM');
    expect(await running.exited).toBe(0);

    // What is stored has the registry's ids, and the embedded one would give them to other schemas.
    await expect(startUp(data, [], {})).rejects.toThrow(/ended with 1: .*registry_changed: /s);
  });

  test('a start that waits for the registry can be ended', async () => {
    await node.stop();
    const data = mkdtempSync(join(folder, 'ended-'));
    const starting = startUp(data, [], env, (child) => setTimeout(() => child.kill('SIGTERM'), 3_000));
    await expect(starting).rejects.toThrow(/ended with 0: .*stopped before it was ready/s);
    await node.start();
  });

  test('a registry that is away fails a check, in one line', async () => {
    await node.stop();
    const { status, stderr } = schemas('check');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^registry_away: the registry at http:\S+ cannot be reached .*$/);
    await node.start();
  });

  test('what does not fit fails the check and the registration, with field and remedy', async () => {
    const other: RegistryNode = await startRegistry();
    try {
      const [first, ...rest] = Gap.avro.fields as readonly [AvroField, ...AvroField[]];
      const earlier: AvroRecord = { ...Gap.avro, fields: [{ ...first, type: 'int' }, ...rest] };
      await (await openConfluentRegistry({ url: other.url })).register(earlier);
      env = { FLEETSTREAM_REGISTRY_URL: other.url };
      for (const command of ['check', 'register']) {
        const { status, stdout } = schemas(command);
        expect(status).toBe(1);
        expect(stdout).toMatch(/^ *Gap +fleetstream\.Gap +incompatible +1$/m);
        expect(stdout).toMatch(new RegExp(`"${first.name}" changed from int to string; keep the type`));
        expect(stdout).toContain('1 of ');
      }
      const subjects: unknown = await (await fetch(`${other.url}/subjects`)).json();
      expect(subjects).toEqual(['fleetstream.Gap']);
    } finally {
      await other.close();
    }
  });
});
