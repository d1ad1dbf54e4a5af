import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { resolve } from 'node:path';

/** A pipeline that runs in a process of its own. */
export interface Running {
  readonly child: ChildProcess;
  /** Settings for clients of it. */
  readonly env: Readonly<Record<string, string>>;
  readonly mqttPort: string;
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
  /** All it wrote to standard output. */
  output(): string;
}

export const FREE_PORTS = { FLEETSTREAM_MQTT_PORT: '0', FLEETSTREAM_HTTP_PORT: '0', FLEETSTREAM_CLICKHOUSE_PORT: '0' };

/** Starts `fleetstream up` in a folder, on free ports, and waits until its doors are open. */
export async function startUp(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  started: (child: ChildProcess) => void = () => undefined,
): Promise<Running> {
  const child = spawn(process.execPath, [resolve('main.ts'), 'up', '--log', 'json', ...args], {
    cwd: folder,
    env: { ...process.env, ...FREE_PORTS, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started(child);
  let text = '';
  const exited = new Promise<number | null>((end) => {
    child.once('exit', end);
  });
  const ready = await new Promise<Record<string, string>>((opened, failed) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const line = text.split('\n').find((each) => each.includes('"clickhouse":"http') && each.endsWith('}'));
      if (line !== undefined) opened(JSON.parse(line) as Record<string, string>);
    });
    child.once('exit', (code) => failed(new Error(`the pipeline ended with ${code}: ${text}`)));
  });
  const port = (name: string) => new URL(ready[name] as string).port;
  return {
    child,
    exited,
    mqttPort: port('mqtt'),
    env: { ...env, FLEETSTREAM_HTTP_PORT: port('http'), FLEETSTREAM_CLICKHOUSE_PORT: port('clickhouse') },
    output: () => text,
  };
}

/** What a command of the command line did. */
export interface Done {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of `fleetstream` to its end. */
export function fleetstream(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input = '',
  cwd = '.',
): Done {
  const options = { env: { ...process.env, ...env }, input, cwd, encoding: 'utf8', timeout: 30_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [resolve('main.ts'), ...args], options);
  return { status, stdout: stdout.trim(), stderr: stderr.trim() };
}

/** A port on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}
