// From the first event folded to the last row in ClickHouse, over a log that was filled before.
import { dataFolder, fill, openHouse, tell, untilRows } from './house.ts';

const events = Number(process.argv[2] ?? 1_000_000);
const data = dataFolder();
await fill(data, events);
const cpu = process.cpuUsage();
const house = await openHouse(data);
const end = await untilRows(house, events);
const { user, system } = process.cpuUsage(cpu);
tell('backlog', 'events/s', events / ((end - house.foldingSince) / 1000));
tell('backlog cpu, all threads', 'us/event', (user + system) / events);
await house.close();
