// From the first event folded to the last row in ClickHouse, over a log that was filled before.
import { dataFolder, fill, openHouse, tell, untilRows } from './house.ts';

const [, , count = '1000000', name = 'backlog', ...settings] = process.argv;
const events = Number(count);
const data = dataFolder();
await fill(data, events);
const cpu = process.cpuUsage();
const house = await openHouse(data, Object.fromEntries(settings.map((setting) => setting.split('='))));
const end = await untilRows(house, events);
const { user, system } = process.cpuUsage(cpu);
tell(name, 'events/s', events / ((end - house.foldingSince) / 1000));
tell(`${name}, cpu of all threads`, 'us/event', (user + system) / events);
await house.close();
