import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedTarget } from '#runtime/clickhouse/embedded.ts';
import { openEngine } from '#runtime/clickhouse/engine.ts';
import { targetContract } from '../../contract/target.ts';
import { storageOf } from './house.ts';

targetContract('embedded', async () => {
  const path = await mkdtemp(join(tmpdir(), 'fleetstream-target-'));
  const engine = await openEngine({ path });
  const close = async () => {
    await engine.close();
    await rm(path, { recursive: true, force: true });
  };
  return { target: new EmbeddedTarget(engine), ...storageOf(engine, 'fleet'), close };
});
