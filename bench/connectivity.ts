// What connectivity costs where each device reports its link once a minute for more than a day, so that windows are
// written, revised by one report in fifty that comes late, and closed.
// `npm run bench -- connectivity [--events <reports>]`
import { type Envelope, EVENTS_TOPIC, type EventType, envelope, keyOf } from '#sdk';
import { type LinkReported, linkReported, topics } from '#schemas';
import { asBuffer, avroType, frame } from '#runtime/avro.ts';
import { Engine } from '#runtime/engine/engine.ts';
import { openTicker } from '#runtime/engine/ticker.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import type { NewRecord } from '#runtime/log/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { MemoryStateStore } from '#runtime/state/memory.ts';
import { connectivity } from '../processors/connectivity/processor.ts';
import { chanceFrom } from '../test/simulation/chance.ts';
import { tell } from './house.ts';

const START = Date.UTC(2026, 10, 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A day of lateness, and two hours in which what is older is closed. */
const MINUTES = 26 * 60;
/** Log time between two ticks, each with a commit behind it. */
const TICK_MS = 10_000;
/** Of so many reports one comes minutes late. */
const LATE_OF = 50;

const devices = Math.max(1, Math.round(Number(process.argv[2] ?? 62_400) / MINUTES));
const chance = chanceFrom(1);
let now = START;
const clock = { now: () => now, sleep: () => Promise.resolve(), yield: () => Promise.resolve() };
const log = new SimulatedLog(new SimulatedClock(now));
const registry = new MemoryRegistry();
const parts = { log, registry, partitions: 1, clock };
const store = new MemoryStateStore();
const engine = await Engine.open({ ...parts, app: 'bench', processors: [connectivity], store });
const ticker = await openTicker(parts);
const type = linkReported as EventType<Envelope>;
const id = await registry.register(type.record.avro);
const avro = avroType(type.record.avro);

const reports = scheduled();
const costs: number[] = [];
let began = process.cpuUsage();
let [next, told] = [0, 0];
for (now = START; now <= START + MINUTES * MINUTE; now += TICK_MS) {
  const batch: NewRecord[] = [];
  for (let due = reports[next]; due !== undefined && due.timestamp <= now; due = reports[++next]) batch.push(due);
  if (batch.length > 0) await log.append(batch);
  await ticker.tick();
  while ((await engine.lag()) > 0) await engine.poll(0);
  await engine.commit();
  if ((now - START) % HOUR > 0 || next === told) continue;
  const { user, system } = process.cpuUsage(began);
  costs.push((user + system) / (next - told));
  told = next;
  began = process.cpuUsage();
}
await engine.stop();

const bytesOf = (topic: string) => log.all(topic, 0).reduce((all, { value }) => all + (value?.length ?? 0), 0);
const kept = new Map<string, number>();
for (const { key, value, headers } of log.all('fleet.connectivity.changelog', 0)) {
  const admission = headers['admission']?.length ?? 0;
  kept.set(asBuffer(key as Uint8Array).toString('latin1'), value === null ? 0 : value.length + admission);
}
const state = [...kept.values()].reduce((all, bytes) => all + bytes, 0);
tell('report, by the hour', 'us', ...costs);
tell('state of a device', 'bytes', state / devices);
tell('windows of a report', 'bytes', bytesOf(topics.connectivityWindows.name) / reports.length);
tell('windows of a report', 'rows', log.all(topics.connectivityWindows.name, 0).length / reports.length);
tell('changelog of a report', 'bytes', bytesOf('fleet.connectivity.changelog') / reports.length);

/** Every report of every device, in the order in which they come. */
function scheduled(): NewRecord[] {
  const all: NewRecord[] = [];
  for (let device = 0; device < devices; device++) {
    const phase = chance.int(0, MINUTE - 1);
    const counters = { packetsSent: 0, packetsLost: 0, bytesUp: 0, bytesDown: 0 };
    for (let minute = 0; minute < MINUTES; minute++) {
      counters.packetsSent += chance.int(3, 6);
      counters.packetsLost += chance.hit(0.05) ? 1 : 0;
      counters.bytesUp += chance.int(300, 500);
      counters.bytesDown += chance.int(40, 90);
      const deviceTime = START + minute * MINUTE + phase + chance.int(0, 400);
      const receivedAt = deviceTime + chance.int(40, 200);
      const late = chance.hit(1 / LATE_OF) ? chance.int(1, 30) * MINUTE : 0;
      const event = { ...linkOf(), ...counters, ...sealed(`d${device}`, minute, deviceTime, receivedAt + late) };
      all.push(recordOf(event as LinkReported));
    }
  }
  return all.sort((a, b) => a.timestamp - b.timestamp);
}

function linkOf(): object {
  const none = { gateway: null, rssi: null, snr: null, spreadingFactor: null, dataRate: null };
  const signal = { rsrp: chance.int(-105, -85), rsrq: chance.int(-14, -8), sinr: chance.int(0, 15) };
  return { technology: 'LTE_M', cell: 'c1', operator: 'o1', ...none, ...signal, latencyMs: chance.int(60, 220) };
}

function sealed(device: string, sequence: number, deviceTime: number, receivedAt: number): Envelope {
  const observed = { tenant: 'bench', device, deviceTime, receivedAt, source: 'http', sourceAddress: '192.0.2.1' };
  const numbers = { region: null, epoch: 1, sequence, historical: false, correlationId: null };
  return envelope({ ...observed, ...numbers, payload: '', payloadBytes: 120 });
}

function recordOf(event: LinkReported): NewRecord {
  const value = frame(avro, id, event);
  return { topic: EVENTS_TOPIC, partition: 0, key: Buffer.from(keyOf(event)), value, timestamp: event.receivedAt };
}
