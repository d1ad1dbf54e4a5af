import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FOLDER = 'STACK_LOGS';

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
