import { writeFile } from 'node:fs/promises';
import { type GenericContainer, getContainerRuntimeClient, type StartedTestContainer } from 'testcontainers';
import { STOP_MS_MAX, untilReady, type Service } from './service.ts';

/** The address at which published ports of containers answer, or null where no Docker engine does. */
export async function dockerHost(): Promise<string | null> {
  try {
    const { host } = (await getContainerRuntimeClient()).info.containerRuntime;
    return host === 'localhost' ? '127.0.0.1' : host;
  } catch {
    return null;
  }
}

interface Container extends Service {
  /** Ends and removes it, and keeps its log. */
  close(): Promise<void>;
}

/** A container that keeps its files and ports over a stop; its whole log is written to `log`. */
export function containerService(
  name: string,
  container: GenericContainer,
  log: string,
  ready: () => Promise<boolean>,
): Container {
  let created: StartedTestContainer | null = null;
  let running = false;

  return {
    async start() {
      if (created === null) created = await create(name, container);
      else await (await engine(created)).start();
      running = true;
      const handle = await engine(created);
      const alive = async () => (await handle.inspect()).State.Running;
      await untilReady({ name, ready, alive, log: () => said() });
    },
    stop: () => leave('stop'),
    kill: () => leave('kill'),
    async close() {
      await leave('stop');
      await writeFile(log, await said());
      await created?.stop();
      created = null;
    },
  };

  async function leave(way: 'stop' | 'kill'): Promise<void> {
    if (created === null || !running) return;
    const handle = await engine(created);
    await (way === 'stop' ? handle.stop({ t: STOP_MS_MAX / 1000 }) : handle.kill());
    await handle.wait();
    running = false;
  }

  async function said(): Promise<string> {
    if (created === null) return '';
    return unframed(await (await engine(created)).logs({ stdout: true, stderr: true, follow: false }));
  }
}

async function create(name: string, container: GenericContainer): Promise<StartedTestContainer> {
  try {
    return await container.start();
  } catch (error) {
    const next = 'mend Docker and its way to the images, or run with STACK_HOUSE=maven';
    throw new Error(`container_failed: Docker answers but cannot run ${name}; ${next}`, { cause: error });
  }
}

async function engine(container: StartedTestContainer) {
  return (await getContainerRuntimeClient()).container.getById(container.getId());
}

/** Docker puts 8 bytes before each piece of output, the last four of which are its length. */
function unframed(bytes: Buffer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    pieces.push(bytes.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(pieces).toString('utf8');
}
