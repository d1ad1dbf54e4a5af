import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { freePorts, startProxy } from '../../stack/index.ts';
import { openFleet } from './fleet.ts';
import { canRun, LONG, ownKafka, registryUrl, seedOf } from './own.ts';

const DARK_MS = LONG ? 60_000 : 20_000;

test.skipIf(!canRun)(
  `a slow and lossy network, then none for ${DARK_MS} ms: the derived topics equal the oracle`,
  { timeout: 400_000 },
  async () => {
    const seed = seedOf('network');
    const [port = 0] = await freePorts(1);
    const kafka = await ownKafka({ advertised: port });
    let proxy = await startProxy({ target: kafka.direct, port });
    const events = LONG ? 50_000 : 8_000;
    const fleet = await openFleet({ brokers: kafka.brokers, registry: registryUrl(), seed, events, rate: 400 });
    const worker = fleet.start('a');
    await expect.poll(() => fleet.derived(), { timeout: 60_000 }).toBeGreaterThan(0);
    await proxy.close();
    proxy = await startProxy({ target: kafka.direct, port, latencyMs: 200, resetShare: 0.05, seed });
    await pause(10_000);
    const resets = proxy.resets();
    await proxy.close();
    proxy = await startProxy({ target: kafka.direct, port });
    await pause(3_000);
    proxy.block();
    await pause(DARK_MS);
    expect(await Promise.race([worker.ended, pause(0, 'lives')])).toBe('lives');
    proxy.unblock();
    await fleet.sent;
    await fleet.drained(120_000);
    console.log(`${resets} connections were reset`);
    expect(resets).toBeGreaterThan(0);
    await worker.stop();
    expect(await fleet.differs()).toBeNull();
    await fleet.close();
    await proxy.close();
  },
);
