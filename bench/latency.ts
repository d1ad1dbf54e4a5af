// At 10,000 events/s: from just before the request to the first query that sees the row.
// Polling adds up to its own period.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { quantile } from './figures.ts';
import { dataFolder, openHouse, query, run, tell } from './house.ts';

const events = Number(process.argv[2] ?? 200_000);
const RATE = 10_000;
const POLL_MS = 20;
/** The first seconds warm the compiler up, as a running pipeline is. */
const WARM_UP = 0.25;

const house = await openHouse(dataFolder());
const sent = new Map<number, number>();
const seen = { telemetry: new Map<number, number>(), twin: new Map<number, number>() };
let over = false;
const telemetry = watch(
  seen.telemetry,
  "(SELECT max(metrics['number']) FROM telemetry WHERE tenant = 'bench' AND device = 'probe')",
);
const twin = watch(
  seen.twin,
  "(SELECT max(JSONExtractInt(reported, 'number')) FROM twins WHERE tenant = 'bench' AND device = 'probe')",
);
const args = [join(import.meta.dirname, 'producer.ts'), house.pipeline.doors.http, String(events), String(RATE), '1'];
await run(args, (line) => {
  const told = JSON.parse(line) as { readonly probe?: number; readonly at?: number };
  if (told.probe !== undefined && told.at !== undefined) sent.set(told.probe, told.at);
});
await pause(3000);
over = true;
await Promise.all([telemetry, twin]);
for (const [name, times] of Object.entries(seen)) {
  const from = Math.floor(sent.size * WARM_UP);
  const delays = [...sent]
    .filter(([number]) => number >= from)
    .map(([number, at]) => (times.get(number) ?? Number.POSITIVE_INFINITY) - at);
  delays.sort((a, b) => a - b);
  tell(`${name} row queryable, p50`, 'ms', quantile(delays, 0.5));
  tell(`${name} row queryable, p99`, 'ms', quantile(delays, 0.99));
}
await house.close();

/** Notes when each number is first seen: all up to the largest, since they come in order. */
async function watch(times: Map<number, number>, expression: string): Promise<void> {
  for (let next = 0; !over; ) {
    const largest = Number(await query(house.pipeline, `toInt64(ifNull(${expression}, -1))`));
    const now = Date.now();
    for (; next <= largest; next++) times.set(next, now);
    await pause(POLL_MS);
  }
}
