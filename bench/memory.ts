// Resident memory while a long backlog goes through, and whether it grows in the second half.
import { dataFolder, fill, openHouse, tell, untilRows } from './house.ts';

const events = Number(process.argv[2] ?? 10_000_000);
const MB = 1024 * 1024;
const data = dataFolder();
await fill(data, events);
const house = await openHouse(data);
const samples: { readonly rows: number; readonly rss: number }[] = [];
const sampler = setInterval(async () => {
  const { rss } = process.memoryUsage();
  samples.push({ rows: await house.countRows(), rss: rss / MB });
}, 1000);
await untilRows(house, events);
clearInterval(sampler);
const half = samples.filter(({ rows }) => rows >= events / 2).map(({ rss }) => rss);
const quarter = Math.max(1, Math.floor(half.length / 4));
tell('memory, peak', 'MiB', Math.max(...samples.map(({ rss }) => rss)));
tell('memory, growth over the last half', 'MiB', mean(half.slice(-quarter)) - mean(half.slice(0, quarter)));
await house.close();

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
