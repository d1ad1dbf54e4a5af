import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openFleet } from './fleet.ts';
import { canRun, LONG, ownKafka, registryUrl, seedOf } from './own.ts';

const BOUNCES = LONG ? 5 : 1;

test.skipIf(!canRun)(
  `${BOUNCES} clean and ${BOUNCES} violent bounces of the broker: the derived topics equal the oracle`,
  {
    timeout: LONG ? 900_000 : 240_000,
  },
  async () => {
    const seed = seedOf('bounce');
    const kafka = await ownKafka();
    const events = LONG ? 200_000 : 30_000;
    const fleet = await openFleet({ brokers: kafka.brokers, registry: registryUrl(), seed, events, rate: 1_000 });
    const worker = fleet.start('a');
    for (let bounce = 0; bounce < 2 * BOUNCES; bounce++) {
      await pause(4_000);
      const end = bounce % 2 === 0 ? kafka.stop() : kafka.kill();
      await end;
      await pause(2_000);
      await kafka.start();
    }
    await fleet.sent;
    await fleet.drained(120_000);
    await worker.stop();
    expect(await fleet.differs()).toBeNull();
    await fleet.close();
  },
);
