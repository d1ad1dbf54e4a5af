// From the command to the first ready answer, on an empty data folder.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { dataFolder, tell } from './house.ts';

const [http, mqtt, clickhouse] = await Promise.all([freePort(), freePort(), freePort()]);
const env = {
  ...process.env,
  FLEETSTREAM_DATA: dataFolder(),
  FLEETSTREAM_HTTP_PORT: String(http),
  FLEETSTREAM_MQTT_PORT: String(mqtt),
  FLEETSTREAM_CLICKHOUSE_PORT: String(clickhouse),
};
const begin = performance.now();
const up = spawn(process.execPath, [join(import.meta.dirname, '../main.ts'), 'up', '--no-demo'], {
  env,
  stdio: 'ignore',
});
const ended = new Promise<number | null>((resolve) => up.on('close', resolve));
while (!(await isReady())) {
  if (up.exitCode !== null) throw new Error(`up ended with ${up.exitCode}`);
  await pause(10);
}
tell('cold start', 's', (performance.now() - begin) / 1000);
const stopping = performance.now();
up.kill('SIGINT');
await ended;
tell('stop', 's', (performance.now() - stopping) / 1000);

async function isReady(): Promise<boolean> {
  try {
    const [api, tables] = await Promise.all([
      fetch(`http://127.0.0.1:${http}/health`),
      fetch(`http://127.0.0.1:${clickhouse}/ping`),
    ]);
    return api.ok && tables.ok;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
