import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_MS_MAX = 90_000;
const READY_POLL_MS = 200;
const STOP_MS_MAX = 30_000;

export interface Command {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Standard output and error of every start are appended here. */
  readonly log: string;
}

/** One process that is started, stopped and killed by its id, many times. */
export interface Service {
  start(): Promise<void>;
  /** Asks it to end; kills it after 30 s. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** `ready` is asked until it holds. A process that ends before it is ready throws with the end of its log. */
export function service(name: string, command: Command, ready: () => Promise<boolean>): Service {
  let child: ChildProcess | null = null;
  // An end of the test run must not leave a broker behind.
  const orphan = () => child?.kill('SIGKILL');

  return {
    async start() {
      child = launch(command);
      process.once('exit', orphan);
      const deadline = Date.now() + READY_MS_MAX;
      while (!(await ready().catch(() => false))) {
        if (!alive(child)) throw new Error(`${name}_ended: ${name} ended before it was ready:\n${logEnd(command.log)}`);
        if (Date.now() > deadline) {
          await end(child, 'SIGKILL');
          throw new Error(`${name}_unready: ${name} was not ready in ${READY_MS_MAX} ms:\n${logEnd(command.log)}`);
        }
        await sleep(READY_POLL_MS);
      }
    },
    stop: () => leave('SIGTERM'),
    kill: () => leave('SIGKILL'),
  };

  async function leave(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    process.removeListener('exit', orphan);
    if (child !== null) await end(child, signal);
    child = null;
  }
}

function launch({ program, arguments: args, environment, log }: Command): ChildProcess {
  const file = openSync(log, 'a');
  try {
    return spawn(program, args, { env: { ...process.env, ...environment }, stdio: ['ignore', file, file] });
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

function logEnd(file: string): string {
  return readFileSync(file, 'utf8').split('\n').slice(-20).join('\n');
}
