import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { canRun, ownKafka, registryUrl } from './faults/own.ts';
import { startService } from './service.ts';

const SENTENCE =
  'connectivity, which alerts waits for; run connectivity in an app too, or take it out of FLEETSTREAM_PROCESSORS';

test.skipIf(!canRun)(
  'an app whose stage waits for a processor that no app runs says which, until one does',
  { timeout: 300_000 },
  async () => {
    const kafka = await ownKafka();
    const env = (instance: string) => ({
      FLEETSTREAM_KAFKA_BROKERS: kafka.brokers.join(','),
      FLEETSTREAM_KAFKA_INSTANCE: instance,
      FLEETSTREAM_REGISTRY_URL: registryUrl(),
      FLEETSTREAM_PARTITIONS: '2',
      FLEETSTREAM_PROCESSORS: 'operators,connectivity,alerts',
      FLEETSTREAM_DATA: dataFolder(),
    });
    await startService(['connect'], env('doors'), /HTTP http:[^\s,]+/);
    const run = (names: readonly string[], app: string) =>
      startService(['run', ...names, '--app', app, '--threads', '2'], env(app), /health http:[^\s"]+/);
    const fleet = await run(['operators', 'alerts'], 'fleet');
    const url = fleet.ready.replace('health ', '');
    const body = async () => (await (await fetch(url)).json()) as { status: string; missing?: readonly string[] };
    const until = async (wanted: string) => {
      for (let answer = await body(); ; answer = await body()) {
        if (answer.status === wanted) return answer;
        await pause(500);
      }
    };
    expect((await until('ready')).missing).toBeUndefined();
    expect(await until('not_ready')).toEqual({ status: 'not_ready', missing: [SENTENCE] });
    expect(fleet.output()).toContain('upstream_missing');
    await run(['connectivity'], 'other');
    expect(await until('ready')).toEqual({ status: 'ready' });
  },
);

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fleetstream-upstream-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
