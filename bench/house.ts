import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Pipeline, startPipeline } from '#cli/pipeline.ts';
import { openTelemetry } from '#cli/telemetry.ts';
import { type Config, loadConfig } from '#runtime/config.ts';
import { openLogger } from '#runtime/logger.ts';
import type { Figure } from './figures.ts';

/** A pipeline on a data folder of its own and free ports. */
export interface House {
  readonly config: Config;
  readonly pipeline: Pipeline;
  /** When the log began to be folded, on `performance.now()`'s clock. */
  readonly foldingSince: number;
  /** Rows of the four tables that hold one row for each event of the mix. */
  countRows(): Promise<number>;
  close(): Promise<void>;
}

/** Folder for one run; it goes away with the process. */
export function dataFolder(): string {
  const folder = mkdtempSync(join(process.env['TMPDIR'] ?? tmpdir(), 'fleetstream-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Starts the pipeline as `up` does, with its usual settings but for those that are given. */
export async function openHouse(data: string, settings: Readonly<Record<string, string>> = {}): Promise<House> {
  const ports = { 'mqtt.port': '0', 'http.port': '0', 'clickhouse.port': '0', 'telemetry.port': '0' };
  const config = loadConfig({ env: {}, overrides: { data, ...ports, ...settings } });
  const logger = openLogger({ level: 'warn', folder: data, secrets: [] });
  let foldingSince = performance.now();
  const telemetry = await openTelemetry(config);
  const progress = (text: string) => {
    if (text.startsWith('restoring')) foldingSince = performance.now();
  };
  const pipeline = await startPipeline(config, logger, progress, undefined, telemetry);
  return {
    config,
    pipeline,
    foldingSince,
    countRows: async () => Number(await query(pipeline, COUNT)),
    close: async () => {
      await pipeline.stop();
      await telemetry?.close();
    },
  };
}

const COUNT = ['telemetry', 'links', 'sessions', 'twin_changes']
  .map((table) => `(SELECT count() FROM ${table})`)
  .join(' + ');

/** One value over the ClickHouse HTTP interface. */
export async function query(pipeline: Pipeline, expression: string): Promise<string> {
  const answer = await fetch(pipeline.doors.clickhouse, { method: 'POST', body: `SELECT ${expression}` });
  const text = (await answer.text()).trim();
  if (!answer.ok) throw new Error(text);
  return text;
}

/** Waits until every event has its row. Throws when there are more rows than events. */
export async function untilRows(house: House, events: number): Promise<number> {
  for (;;) {
    const rows = await house.countRows();
    if (rows > events) throw new Error(`${rows} rows of ${events} events`);
    if (rows === events) return performance.now();
    await pause(200);
  }
}

/** Fills a data folder's log in another process, so that this one's memory holds nothing of it. */
export function fill(data: string, events: number): Promise<void> {
  return run([join(import.meta.dirname, 'fill.ts'), data, String(events)]);
}

/** Runs one of our programs to its end. */
export function run(args: readonly string[], onLine: (line: string) => void = () => {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let rest = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${args[0]} ended with ${code}`))));
  });
}

/** Tells the harness a figure. */
export function tell(name: string, unit: string, ...values: readonly number[]): void {
  const figure: Figure = { name, unit, values };
  console.log(JSON.stringify(figure));
}

/** Tells of work on so many things how fast it went, and what this thread and all of them computed for each. */
export async function measured(title: string, count: number, unit: string, work: () => Promise<void>): Promise<void> {
  const [thread, all, begin] = [process.threadCpuUsage(), process.cpuUsage(), performance.now()];
  await work();
  const seconds = (performance.now() - begin) / 1000;
  const [own, whole] = [process.threadCpuUsage(thread), process.cpuUsage(all)];
  tell(title, `${unit}s/s`, count / seconds);
  tell(`${title}, cpu of Node`, `us/${unit}`, (own.user + own.system) / count);
  tell(`${title}, cpu of all threads`, `us/${unit}`, (whole.user + whole.system) / count);
}
