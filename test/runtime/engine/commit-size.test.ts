import { expect, test } from 'vitest';
import { collection, processor, set } from '#sdk';
import { LedgerState, SeriesProfile, telemetryReported } from '#schemas';
import { CHANGED_BYTES_MAX } from '#runtime/engine/options.ts';
import type { Log, NewRecord } from '#runtime/log/log.ts';
import { Bench, settle, telemetryOf, withTransactors } from './examples.ts';

const METRICS = 40;
const ENTRY_BYTES = 4_000;
const large = collection('large', SeriesProfile);

/** Keeps a large entry of each metric, and writes nothing else. */
const hoarder = processor({
  name: 'hoarder',
  version: 1,
  doc: 'Keeps much.',
  inputs: { telemetryReported },
  outputs: [],
  state: LedgerState,
  collections: { large },
  initial: { missing: 0, lost: 0, duplicates: 0, late: 0, resets: 0 },
  latenessMs: 3_600_000,
  apply: {
    telemetryReported: (state, { metrics }) => {
      const entries = Object.entries(metrics);
      return {
        state,
        changes: entries.map(([name, size]) => set(large, name, { floats: new Uint8Array(size) })),
      };
    },
  },
});

/** The log, and the bytes of each commit to it. */
function watched(log: Log): { readonly log: Log; readonly commits: number[] } {
  const commits: number[] = [];
  const counted = withTransactors(log, (transactor) => ({
    commit: (records, progress) => {
      commits.push(records.reduce((sum, { value }: NewRecord) => sum + (value?.length ?? 0), 0));
      return transactor.commit(records, progress);
    },
  }));
  return { commits, log: counted };
}

/** Reports of devices of their own. */
async function reported(bench: Bench, devices: number, from: number, bytes: number): Promise<void> {
  const metrics = Object.fromEntries(Array.from({ length: METRICS }, (_, metric) => [`m${metric}`, bytes]));
  for (let device = from; device < from + devices; device++) {
    await bench.append(telemetryOf({ device: `d${device}`, epoch: 1, sequence: 0, metrics }));
  }
}

test('changes of state that fill a commit are committed at once, however few events made them', async () => {
  const bench = new Bench();
  await reported(bench, 300, 0, ENTRY_BYTES);
  const { log, commits } = watched(bench.log);
  const engine = await bench.engine([hoarder], { log });
  await settle(engine);
  expect(engine.counts().get('hoarder')?.events).toBe(300);
  expect(commits.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(300 * METRICS * ENTRY_BYTES);
  // The first commit is by a guess of the size; later ones by what was written, and a slice of events more.
  expect(Math.max(...commits)).toBeLessThan(1.5 * CHANGED_BYTES_MAX);
});

test('small changes of state wait for the commit of their time', async () => {
  const bench = new Bench();
  await reported(bench, 20, 0, 1);
  const { log, commits } = watched(bench.log);
  const engine = await bench.engine([hoarder], { log });
  await settle(engine);
  await reported(bench, 1_000, 20, 1);
  while ((await engine.poll(0)) > 0);
  expect(engine.counts().get('hoarder')?.events).toBe(1_020);
  expect(commits).toHaveLength(1);
});
