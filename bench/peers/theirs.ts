import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { run } from '../house.ts';
import type { Job, Row } from './job.ts';
import type { Place } from './ours.ts';

/** A row of Kafka Streams. */
export interface StreamsRow {
  readonly job: Job;
  readonly threads: number;
  /** Exactly once with a commit each 100 ms, as ours; else at least once with one each 30 s. */
  readonly eos: boolean;
  readonly app: string;
}

/** Starts Kafka Streams with its state in memory, its fastest. */
export function startStreams({ brokers, data, java, sampleId }: Place, row: StreamsRow): ChildProcess {
  const env = {
    ...process.env,
    KAFKA_BROKERS: brokers.join(),
    SAMPLE_ID: String(sampleId),
    SCHEMA: java.schema,
    STATE_DIR: join(data, row.app),
    RUN: row.app,
    JOB: row.job,
    THREADS: String(row.threads),
    EOS: row.eos ? '1' : '0',
  };
  const heap = ['-Xms1g', '-Xmx1g', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];
  return spawn(java.java, [...heap, '-cp', java.classpath, 'KStreams'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
}

/** Runs a job on Kafka Streams to the end of the input. */
export async function streamsRow(place: Place, row: StreamsRow): Promise<Row> {
  const child = startStreams(place, row);
  let told = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    told += chunk.toString();
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.on('close', (code) =>
    code === 0 ? resolve() : reject(new Error(`row_ended: Kafka Streams ended with ${code}`)),
  );
  await promise;
  return JSON.parse(told) as Row;
}

/** Runs a job in a plain loop of kafkajs, at least once. */
export async function kafkajsRow({ brokers, sampleId, java }: Place, job: Job, app: string): Promise<Row> {
  let row: Row | undefined;
  const orders = JSON.stringify({ brokers, sampleId, schema: java.schema, job, app });
  await run([join(import.meta.dirname, 'kafkajs.ts'), orders], (line) => {
    row = JSON.parse(line) as Row;
  });
  if (row === undefined) throw new Error('row_ended: the kafkajs loop told nothing');
  return row;
}
