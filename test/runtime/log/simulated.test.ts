import { SimulatedClock } from '../../../runtime/log/simulated/clock.ts';
import { SimulatedLog } from '../../../runtime/log/simulated/log.ts';
import { logContract } from '../../contract/log.ts';

logContract('simulated', async () => {
  const clock = new SimulatedClock(0);
  const log = new SimulatedLog(clock);
  return {
    log,
    // The simulated log is its own storage, and outlives whoever uses it.
    reopen: async () => log,
    forget: async (topic, partition, below) => log.forget(topic, partition, below),
    close: () => log.close(),
    run: (work) => clock.run(work),
  };
});
