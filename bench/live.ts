// HTTP batches from another process, until every event has its row.
import { join } from 'node:path';
import { dataFolder, openHouse, run, tell, untilRows } from './house.ts';

const events = Number(process.argv[2] ?? 400_000);
const house = await openHouse(dataFolder());
let sendSeconds = 0;
const producer = run([join(import.meta.dirname, 'producer.ts'), house.pipeline.doors.http, String(events)], (line) => {
  sendSeconds = (JSON.parse(line) as { readonly seconds: number }).seconds;
});
await producer;
const acknowledgedAt = performance.now();
const end = await untilRows(house, events);
tell('live, acknowledged', 'events/s', events / sendSeconds);
tell('live, to rows', 'events/s', events / (sendSeconds + (end - acknowledgedAt) / 1000));
await house.close();
