import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const FOLDER = 'STACK_LOGS';
const ID_FILE = 'process.id';

/** A new log file in the folder of this run, which all processes of the run share through the environment. */
export function logFile(name: string): string {
  return join(mkdtempSync(join(logFolder(), `${name}-`)), 'log.txt');
}

export function logFolder(): string {
  const folder = process.env[FOLDER] ?? mkdtempSync(join(tmpdir(), 'fleetstream-logs-'));
  process.env[FOLDER] = folder;
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Notes beside its log what runs, so that the end of the run finds what a test process that was killed has left. */
export function noteProcess(log: string, id: number): void {
  writeFileSync(join(dirname(log), ID_FILE), String(id));
}

export function forgetProcess(log: string): void {
  rmSync(join(dirname(log), ID_FILE), { force: true });
}

/** Kills what is still noted, by its id. */
export function endLeftovers(): void {
  for (const file of readdirSync(logFolder(), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith(ID_FILE)) continue;
    try {
      process.kill(Number(readFileSync(join(logFolder(), file), 'utf8')), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}
