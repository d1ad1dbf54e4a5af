import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { forgetProcess, noteProcess } from './logs.ts';
import { STOP_MS_MAX, untilReady, type Service } from './service.ts';

interface Command {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Standard output and error of every start are appended here. */
  readonly log: string;
}

/** A process of this machine, ended by its id. */
export function processService(name: string, command: Command, ready: () => Promise<boolean>): Service {
  let child: ChildProcess | null = null;
  // An end of the test run must not leave a broker behind.
  const orphan = () => child?.kill('SIGKILL');

  return {
    async start() {
      const started = launch(command);
      child = started;
      process.once('exit', orphan);
      if (started.pid !== undefined) noteProcess(command.log, started.pid);
      try {
        const log = () => readFile(command.log, 'utf8');
        await untilReady({ name, ready, alive: async () => alive(started), log });
      } catch (error) {
        await leave('SIGKILL');
        throw error;
      }
    },
    stop: () => leave('SIGTERM'),
    kill: () => leave('SIGKILL'),
  };

  async function leave(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (child !== null) await end(child, signal);
    process.removeListener('exit', orphan);
    forgetProcess(command.log);
    child = null;
  }
}

function launch({ program, arguments: args, environment, log }: Command): ChildProcess {
  const file = openSync(log, 'a');
  try {
    const child = spawn(program, args, { env: { ...process.env, ...environment }, stdio: ['ignore', file, file] });
    // A program that cannot start has no id, and so is not alive.
    return child.on('error', () => undefined);
  } finally {
    closeSync(file);
  }
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (!alive(child)) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  await ended;
  clearTimeout(late);
}

function alive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null && child.pid !== undefined;
}
