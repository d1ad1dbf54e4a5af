// Sends NDJSON batches over HTTP from a process of its own: argv is url, events, events/s (0: as fast as it goes), probe (1: with probes).
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { DEVICES, bodyOf, deviceOf, START_MS } from './events.ts';

const [url = '', eventsText = '0', rateText = '0', probe = '0'] = process.argv.slice(2);
const events = Number(eventsText);
const rate = Number(rateText);
/** At a fixed rate, batches are small so that they come evenly. */
const batchEvents = rate > 0 ? 100 : 1_000;
const CONNECTIONS = 4;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

const sequences = new Map<string, number>();
const batches: Buffer[] = [];
for (let start = 0; start < events; start += batchEvents)
  batches.push(batchOf(start, Math.min(start + batchEvents, events)));

const begin = performance.now();
const workers = Array.from({ length: CONNECTIONS }, (_, worker) => send(worker));
await Promise.all(workers);
console.log(JSON.stringify({ acknowledged: events, seconds: (performance.now() - begin) / 1000 }));
agent.destroy();

async function send(worker: number): Promise<void> {
  for (let i = worker; i < batches.length; i += CONNECTIONS) {
    if (rate > 0) {
      const due = begin + ((i * batchEvents) / rate) * 1000;
      await pause(Math.max(0, due - performance.now()));
    }
    if (probe === '1') console.log(JSON.stringify({ probe: i, at: Date.now() }));
    const body = probe === '1' ? Buffer.concat([batches[i] as Buffer, probes(i)]) : (batches[i] as Buffer);
    while ((await post(body)) !== 202) await pause(20);
  }
}

function post(body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-ndjson', 'content-length': body.length };
    const sent = request(`${url}/v1/events`, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.on('end', () => {
        const status = answer.statusCode ?? 0;
        if (status === 202 || status === 429 || status === 503) resolve(status);
        else reject(new Error(`the pipeline answered ${status}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function batchOf(from: number, to: number): Buffer {
  const lines: string[] = [];
  for (let i = from; i < to; i++) {
    const device = deviceOf(i, DEVICES);
    const sequence = sequences.get(device) ?? 0;
    sequences.set(device, sequence + 1);
    const { type, body } = bodyOf(i);
    lines.push(
      JSON.stringify({ tenant: 'bench', device, type: type.route, time: START_MS + i, epoch: 1, sequence, ...body }),
    );
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** A telemetry event and a twin report of one device, whose arrival in the tables is watched. */
function probes(number: number): Buffer {
  const who = { tenant: 'bench', device: 'probe', time: START_MS + number, epoch: 1 };
  const telemetry = { ...who, type: 'telemetry', sequence: 2 * number, metrics: { number } };
  const twin = { ...who, type: 'twin/reported', sequence: 2 * number + 1, patch: { number } };
  return Buffer.from(`${JSON.stringify(telemetry)}\n${JSON.stringify(twin)}\n`);
}
