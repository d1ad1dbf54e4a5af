// Resident memory while a long backlog goes through, and whether it grows in the second half.
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { dataFolder, fill, openHouse, tell, untilRows } from './house.ts';

const events = Number(process.argv[2] ?? 10_000_000);
const data = dataFolder();
await fill(data, events);
const house = await openHouse(data);
const samples: { readonly rows: number; readonly own: number; readonly mapped: number }[] = [];
let over = false;
const sampling = (async () => {
  while (!over) {
    samples.push({ rows: await house.countRows(), ...resident() });
    await pause(1000);
  }
})();
await untilRows(house, events);
over = true;
await sampling;
const half = samples.filter(({ rows }) => rows >= events / 2).map(({ own }) => own);
const quarter = Math.max(1, Math.floor(half.length / 4));
tell('memory, peak of its own', 'MiB', Math.max(...samples.map(({ own }) => own)));
tell('memory, its own, growth in last half', 'MiB', mean(half.slice(-quarter)) - mean(half.slice(0, quarter)));
tell('memory, peak of mapped log files', 'MiB', Math.max(...samples.map(({ mapped }) => mapped)));
await house.close();

/** Pages of its own (heap, ClickHouse), and pages of mapped files, which the kernel takes back when it wants them. */
function resident(): { readonly own: number; readonly mapped: number } {
  const status = readFileSync('/proc/self/status', 'utf8');
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN);
  return { own: kib('RssAnon') / 1024, mapped: (kib('RssFile') + kib('RssShmem')) / 1024 };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
