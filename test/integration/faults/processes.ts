import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** How the command is told to run. */
export interface RunSettings {
  readonly threads: number;
  readonly partitions?: number;
  readonly app?: string;
  /** All where none is named. */
  readonly processors?: readonly string[];
}

/** A worker of its own process. */
export interface WorkerProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<readonly [number | null, string | null]>;
  /** What it has reported, and what it wrote as errors. */
  readonly lines: readonly string[];
  readonly errors: readonly string[];
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a worker or a sink, which ends when its input does. */
export function startProcess(file: string, orders: { readonly instance: string }): WorkerProcess {
  const child = spawn(process.execPath, [file, JSON.stringify(orders)], { stdio: 'pipe' });
  return processOf(child, orders.instance, () => child.stdin.end());
}

/** Starts the command itself. */
export function runCommand(
  { brokers, registry }: { readonly brokers: readonly string[]; readonly registry: string },
  {
    partitions,
    folder,
    instance,
    threads,
    app,
    processors = [],
  }: RunSettings & Record<'app' | 'folder' | 'instance', string>,
): WorkerProcess {
  const env = {
    ...process.env,
    FLEETSTREAM_DATA: folder,
    FLEETSTREAM_PARTITIONS: String(partitions),
    FLEETSTREAM_HTTP_PORT: '0',
    FLEETSTREAM_KAFKA_BROKERS: brokers.join(','),
    FLEETSTREAM_KAFKA_INSTANCE: instance,
    FLEETSTREAM_REGISTRY_URL: registry,
    FLEETSTREAM_LOG_FORMAT: 'json',
  };
  const args = ['main.ts', 'run', ...processors, '--app', app, '--threads', String(threads)];
  const child = spawn(process.execPath, args, { env, stdio: 'pipe' });
  return processOf(child, instance, () => void child.kill('SIGTERM'));
}

function processOf(child: ChildProcessWithoutNullStreams, name: string, end: () => void): WorkerProcess {
  const lines: string[] = [];
  const errors: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  createInterface(child.stderr).on('line', (line) => {
    lines.push(line);
    errors.push(line);
  });
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  return {
    child,
    ended,
    lines,
    errors,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async stop() {
      end();
      const [code] = await ended;
      if (code !== 0) throw new Error(`worker ${name} ended with ${code}: ${lines.slice(-10).join('\n')}`);
    },
  };
}
