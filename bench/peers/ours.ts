import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EVENTS_TOPIC } from '#sdk';
import { type KafkaLog, openKafkaLog } from '#runtime/log/kafka/log.ts';
import type { JavaPeer } from './build.ts';
import { type Job, PARTITIONS, type Row } from './job.ts';

/** Where rows run. */
export interface Place {
  readonly brokers: readonly string[];
  readonly data: string;
  readonly events: number;
  readonly java: JavaPeer;
  readonly sampleId: number;
}

const FILES: Readonly<Record<Job, readonly string[]>> = {
  decode: ['decode'],
  twin: ['twin'],
  windows: ['windows'],
  both: ['twin', 'windows'],
  live: ['twin', 'windows'],
};
const SAMPLE_MS = 20;
const TICKS_PER_SECOND = 100;

/** Runs a job as a user would, and measures it from outside by what its group has committed. */
export async function ourRow(place: Place, job: Job, threads: number, app: string): Promise<Row> {
  const log = await openKafkaLog({ brokers: place.brokers, clientId: 'bench-watch' });
  const ends = await Promise.all(
    Array.from({ length: PARTITIONS }, (_, partition) => log.endOffset(EVENTS_TOPIC, partition)),
  );
  const total = ends.reduce((sum, end) => sum + end, 0);
  const child = startOurs(place, job, threads, app);
  const samples: { readonly at: number; readonly done: number; readonly cpu: number }[] = [];
  for (;;) {
    if (child.exitCode !== null) throw new Error(`row_ended: fleetstream run ended with ${child.exitCode}`);
    const done = await committed(log, app);
    if (done > 0) samples.push({ at: performance.now(), done, cpu: cpuSeconds(child.pid as number) });
    if (done >= total) break;
    await pause(SAMPLE_MS);
  }
  const peakMiB = peakOf(child.pid as number);
  await stopOurs(child);
  await log.close();
  const first = samples[0] as (typeof samples)[number];
  const last = samples.at(-1) as typeof first;
  const half = samples.find(({ done }) => done >= (first.done + total) / 2) as typeof first;
  return {
    timed: total - first.done,
    seconds: (last.at - first.at) / 1000,
    secondHalf: (total - half.done) / ((last.at - half.at) / 1000),
    cpuSeconds: last.cpu - first.cpu,
    peakMiB,
  };
}

/** Starts `fleetstream run`. */
export function startOurs({ brokers, data }: Place, job: Job, threads: number, app: string): ChildProcess {
  const root = join(import.meta.dirname, '../..');
  const files = FILES[job].map((file) => join(import.meta.dirname, `${file}.ts`));
  const env = {
    ...process.env,
    FLEETSTREAM_KAFKA_BROKERS: brokers.join(),
    // As the others write.
    FLEETSTREAM_KAFKA_COMPRESSION: 'none',
    FLEETSTREAM_DATA: data,
    FLEETSTREAM_PARTITIONS: String(PARTITIONS),
    FLEETSTREAM_HTTP_PORT: '0',
  };
  const args = [...NODE_FLAGS, join(root, 'main.ts'), 'run', ...files, '--app', app, '--threads', String(threads)];
  return spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** For a profile: `PEERS_NODE_FLAGS=--cpu-prof`. */
const NODE_FLAGS = (process.env['PEERS_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');

export async function stopOurs(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

async function committed(log: KafkaLog, app: string): Promise<number> {
  const offsets = await log.committedOffsets(app, EVENTS_TOPIC, PARTITIONS);
  return offsets.reduce<number>((sum, offset) => sum + (offset ?? 0), 0);
}

/** CPU of a process as the kernel counts it, all threads. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export function peakOf(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024;
}
