// Alerts a week are told before a policy is in force, by a pipeline with three days behind it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { envelope, EVENTS_TOPIC, keyOf } from '#sdk';
import { behaviourReported } from '#schemas';
import { frame } from '#runtime/avro.ts';
import { openTicker } from '#runtime/engine/ticker.ts';
import { Types } from '#runtime/engine/types.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import { partitionOf } from '#runtime/log/partition.ts';
import { openEmbeddedRegistry } from '#runtime/registry/embedded.ts';
import { behaviour, profiles, report } from '../processors/detect/profile.ts';
import { fleetstream, type Running, startUp } from './process.ts';

const START_MS_MAX = 180_000;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const PARTITIONS = 2;
const DEVICES = ['d0', 'd1', 'd2', 'd3'];

const folder = mkdtempSync(join(tmpdir(), 'expected-'));
const data = join(folder, 'data');
let running: Running | undefined;
const env = () => (running as Running).env;

/** Three days and an hour in which each device sends much for five minutes, every eight hours. */
async function writePast(): Promise<void> {
  mkdirSync(data, { recursive: true });
  const log = await openEmbeddedLog({ path: join(data, 'log') });
  const registry = await openEmbeddedRegistry(join(data, 'registry.json'));
  const types = new Types(registry);
  await types.register(behaviourReported.record);
  const end = Date.now() - MINUTE;
  let now = end - 3 * DAY - 60 * MINUTE;
  const ticker = await openTicker({
    log,
    registry,
    partitions: PARTITIONS,
    clock: { now: () => now, sleep: async () => {} },
  });
  for (let minute = 0; now < end; now += MINUTE, minute++) {
    await ticker.tick();
    if (minute % 6 > 0) continue;
    await log.append(
      DEVICES.map((device) => {
        const bytesOut = minute % 480 === 120 ? 5_000_000 : 1_000;
        const said = { device, ...report({ bytesOut }) };
        const who = { tenant: 'acme', device, source: 'test', sourceAddress: null, region: null, correlationId: null };
        const when = { deviceTime: now, receivedAt: now, epoch: null, sequence: null, historical: false };
        const sealed = envelope({ ...who, ...when, payload: JSON.stringify({ ...said, now }), payloadBytes: 100 });
        const event = { ...said, ...sealed };
        const key = Buffer.from(keyOf(event));
        const value = frame(types.typeOf(behaviourReported.record), types.idOf(behaviourReported.record), event);
        return { topic: EVENTS_TOPIC, partition: partitionOf(key, PARTITIONS), key, value, timestamp: now };
      }),
    );
  }
  await log.close();
}

beforeAll(async () => {
  await writePast();
  running = await startUp(folder, [], { FLEETSTREAM_DATA: data, FLEETSTREAM_PARTITIONS: String(PARTITIONS) });
  const deadline = Date.now() + START_MS_MAX / 2;
  const query = "SELECT count() FROM log_archive WHERE topic = 'fleet.events' AND key IS NOT NULL";
  for (let rows = 0; rows < (3 * DAY * DEVICES.length) / (6 * MINUTE); ) {
    rows = Number(fleetstream(['sql', query, '--format', 'TSV'], env()).stdout);
    if (Date.now() > deadline) throw new Error(`only ${rows} rows are in the archive`);
  }
}, START_MS_MAX);

afterAll(() => {
  running?.child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function dryRun(policy: string, value: unknown, more: readonly string[] = []): string {
  const file = join(folder, 'policy.json');
  writeFileSync(file, JSON.stringify({ policy, value }));
  const { status, stdout, stderr } = fleetstream(['policy', 'apply', '-f', file, '--dry-run', ...more], env());
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

const quiet = (threshold: number) =>
  profiles([behaviour({ metric: 'aws:all-bytes-out', operator: 'less-than-equals', threshold })]);

test('of a security profile, stored events are folded anew, with nothing in force by then', () => {
  const text = dryRun('security-profiles', quiet(100_000));
  // Four devices, three times a day.
  expect(text).toMatch(
    /^ {2}8\d alerts a week \(95 %: \d+ to \d+\), 0 \(0 to \d\) with what is in force; by 3 days of /m,
  );
  const [line] = dryRun('security-profiles', quiet(100_000), ['--json']).split('\n').slice(1);
  const { before, after } = JSON.parse(line as string) as {
    after: { perWeek: number; low: number; high: number };
    before: object;
  };
  expect(after.perWeek).toBeCloseTo(7 * 3 * DEVICES.length, 5);
  expect([after.low < 84, after.high > 84]).toEqual([true, true]);
  expect(before).toMatchObject({ perWeek: 0 });
  expect(dryRun('security-profiles', quiet(10_000_000))).toMatch(/^ {2}0 alerts a week/m);
  expect(fleetstream(['policy', 'list'], env()).stdout).toContain('as shipped: {"profiles":[]}');
});

test('where nothing is stored that would tell, it says so', () => {
  expect(dryRun('anomaly', { alertProbability: 1e-4, valuesMin: 500 })).toContain(
    'is not known: nothing is in anomalies yet; see whether the processor anomaly runs',
  );
  const plan = { monthlyBytes: 1_000_000, warnShare: 0.5 };
  expect(dryRun('data-plan', plan)).toMatch(/ alerts a week|raises no alerts of its own/);
});
