// What baselines cost on the engine, the embedded log and the local store: bytes, memory, CPU, and time to come back.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder, run } from '../house.ts';
import type { Folding } from './folding.ts';

/** A fleet, and how often each device reports: before what is measured, and while it is. */
export interface Fleet {
  readonly devices: number;
  readonly metrics: number;
  readonly before: number;
  readonly rounds: number;
}

/** Each metric of each device has a value a round, which is a minute. */
export async function scale({ devices, metrics, before, rounds }: Fleet): Promise<void> {
  const data = dataFolder();
  const values = devices * metrics * rounds;
  console.log(
    `\n${devices} devices of ${metrics} metrics, ${before} values of each before ${rounds} that are measured`,
  );
  await fill(data, devices, metrics, 0, before);
  await fold(data);
  await fill(data, devices, metrics, before, rounds);
  const folding = await fold(data);
  line('CPU of the thread that folds', folding.threadMicros / values, 'us/value');
  line('CPU of all threads', folding.allMicros / values, 'us/value');
  line('time', folding.seconds, 's');
  line('values a second, by the clock', values / folding.seconds, 'values/s');
  line('memory of its own, peak', folding.ownMiB, 'MiB');
  line('mapped files of log and store, peak', folding.mappedMiB, 'MiB');
  line('restart with the local store', folding.openSeconds, 's');
  line('restart with the local store, CPU', folding.openCpuSeconds, 's');
  rmSync(join(data, 'state'), { recursive: true });
  const restored = await fold(data);
  line('restore from the changelog alone', restored.openSeconds, 's');
  line('restore from the changelog alone, CPU', restored.openCpuSeconds, 's');
  line('memory of its own while it restores, peak', restored.ownMiB, 'MiB');
}

function fill(data: string, ...numbers: readonly number[]): Promise<void> {
  return run([join(import.meta.dirname, 'fleet.ts'), data, ...numbers.map(String)]);
}

async function fold(data: string): Promise<Folding> {
  const lines: string[] = [];
  await run([join(import.meta.dirname, 'folding.ts'), data], (text) => lines.push(text));
  return JSON.parse(lines.at(-1) ?? '') as Folding;
}

function line(name: string, value: number, unit: string): void {
  const digits = value < 100 ? 2 : 0;
  console.log(`  ${name.padEnd(44)}${value.toFixed(digits).padStart(12)} ${unit}`);
}
