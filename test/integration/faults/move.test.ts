import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Fleet, openFleet } from './fleet.ts';
import { canRun, ownKafka, registryUrl, seedOf } from './own.ts';
import type { WorkerProcess } from './processes.ts';

const OWNED = (by: string) => new RegExp(`^processor_owned: twin is run by app ${by}, so app \\w+ must not; [^\\n]*$`);

test.skipIf(!canRun)(
  'twin moves between apps while its neighbour stays, by a clean stop and after a kill: the topics equal the oracle',
  { timeout: 300_000 },
  async () => {
    const seed = seedOf('move');
    const kafka = await ownKafka();
    const fleet = await openFleet({
      brokers: kafka.brokers,
      registry: registryUrl(),
      seed,
      events: 60_000,
      rate: 1_500,
    });
    const run = (app: string, ...processors: string[]) => fleet.run(app, { app, processors, threads: 1 });

    const both = run('fleet', 'ledger', 'twin');
    await folds(both);
    while ((await fleet.derived()) < 1_000) await pause(50);
    const rival = run('b', 'twin');
    expect((await rival.ended)[0]).toBe(1);
    expect(rival.lines.at(-1)).toMatch(OWNED('fleet'));

    // The first is back before the second comes, without what moves.
    expect(await fleet.outstanding()).toBeGreaterThan(0);
    await both.stop();
    const ledger = run('fleet', 'ledger');
    await folds(ledger);
    const b = run('b', 'twin');
    await folds(b);
    await grows(fleet);
    const late = fleet.run('late', { app: 'fleet', processors: ['ledger', 'twin'], threads: 1 });
    expect((await late.ended)[0]).toBe(1);
    expect(late.lines.at(-1)).toMatch(OWNED('b'));

    // The group holds a killed worker for alive until its session ends, and so long nobody may take its place.
    await b.kill();
    let refusals = 0;
    let c = run('c', 'twin');
    for (; (await settles(c)) === 'ended'; c = run('c', 'twin')) {
      expect(c.lines.at(-1)).toMatch(OWNED('b'));
      refusals++;
    }
    console.log(`after the kill it was refused ${refusals} times`);
    await grows(fleet);

    await fleet.sent;
    await fleet.finished(['fleet', 'c'], 120_000);
    await Promise.all([ledger.stop(), c.stop()]);
    expect(await fleet.differs()).toBeNull();

    const [d, e] = [run('d', 'twin'), run('e', 'twin')];
    const outcomes = await Promise.all([settles(d), settles(e)]);
    console.log(`started at once: ${outcomes.join(', ')}`);
    expect(outcomes).toContain('ended');
    for (const { lines } of [d, e].filter((_, i) => outcomes[i] === 'ended')) {
      expect(lines.at(-1)).toMatch(OWNED('[de]'));
    }
    await fleet.close();
  },
);

async function folds(worker: WorkerProcess): Promise<void> {
  if ((await settles(worker)) === 'ended') throw new Error(worker.lines.slice(-5).join('\n'));
}

/** How a start comes out. */
async function settles({ lines, ended }: WorkerProcess): Promise<'folds' | 'ended'> {
  let outcome: 'folds' | 'ended' | null = null;
  void ended.then(() => (outcome ??= 'ended'));
  while (outcome === null) {
    if (lines.some((line) => line.includes('"share_begins"'))) return 'folds';
    await pause(20);
  }
  return outcome;
}

/** Waits until more has been derived. */
async function grows(fleet: Fleet): Promise<void> {
  const before = await fleet.derived();
  while ((await fleet.derived()) < before + 1_000) await pause(50);
}
