import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { onTestFinished } from 'vitest';

/** A part of the distributed pipeline, as a process of its own. */
export interface RunningService {
  readonly child: ChildProcess;
  /** What it said once it stood. */
  readonly ready: string;
  /** All that it wrote. */
  output(): string;
  /** Asks it to end, as a service manager does. Gives its exit code. */
  stop(): Promise<number | null>;
}

const FREE_PORTS = { FLEETSTREAM_MQTT_PORT: '0', FLEETSTREAM_HTTP_PORT: '0', FLEETSTREAM_CLICKHOUSE_PORT: '0' };

/** Starts `fleetstream` with these words, and waits until it says `ready`. It is gone when the test ends. */
export async function startService(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  ready: RegExp,
  cwd = '.',
): Promise<RunningService> {
  const child = spawn(process.execPath, [resolve('main.ts'), ...args], {
    cwd,
    env: { ...process.env, ...FREE_PORTS, FLEETSTREAM_LOG_FORMAT: 'json', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  let text = '';
  const stands = new Promise<string>((said) => {
    const hear = (chunk: Buffer) => {
      text += chunk.toString();
      const found = ready.exec(text)?.[0];
      if (found !== undefined) said(found);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
  });
  const ended = exited.then(([code]) => {
    throw new Error(`${args.join(' ')} ended with ${code}: ${text}`);
  });
  const found = await Promise.race([stands, ended]);
  ended.catch(() => undefined);
  return {
    child,
    ready: found,
    output: () => text,
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exited;
      return code;
    },
  };
}
