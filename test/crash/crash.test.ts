import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { chanceFrom } from '../simulation/chance.ts';
import { checkFolder } from './check.ts';
import { Producer } from './producer.ts';

const KILLS = Number(process.env['CRASH_KILLS'] ?? 10);
const PARTITIONS = 4;
/** Where a life ends; an empty one by a kill from outside at a random moment. */
const DEADLY = [
  '',
  'inserted',
  'commit.begin',
  '',
  'edge.persisted',
  'save.begin',
  'inserted',
  'commit.done',
  '',
  'edge.forming',
];
const CHILD = new URL('child.ts', import.meta.url).pathname;

test(`${KILLS} times kill -9 under load: no acknowledged event is lost, and the tables equal the oracle`, {
  timeout: 60_000 + KILLS * 30_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fleetstream-crash-'));
  try {
    const producer = new Producer();
    let struck = 0;
    for (let life = 0; life < KILLS; life++) struck += await live(folder, producer, life);
    await drained(folder);
    await checkFolder(folder, PARTITIONS, producer);
    process.stdout.write(
      `${KILLS} kills, ${struck} with batches unanswered, ${producer.acknowledged.size} events acknowledged\n`,
    );
    expect(struck).toBeGreaterThan(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

function start(folder: string, deadly: string, nth: number) {
  const child = spawn(process.execPath, [CHILD, folder, String(PARTITIONS), deadly, String(nth)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (data: Buffer) => {
    said = `${said}${data.toString()}`.slice(-4_000);
  });
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  const lines = createInterface(child.stdout);
  const ready = Promise.race([
    once(lines, 'line').then(([line]) => Number(String(line).split(' ')[1])),
    // It may die before it listens, while it finishes what an earlier life began.
    ended.then(() => null),
  ]);
  return { child, ended, ready, said: () => said };
}

/** One life under load, up to its violent end. Gives 1 when requests were cut off by it. */
async function live(folder: string, producer: Producer, life: number): Promise<number> {
  const chance = chanceFrom(life);
  const deadly = DEADLY[life % DEADLY.length] as string;
  const { child, ended, ready, said } = start(folder, deadly, chance.int(2, 6));
  const port = await ready;
  const before = producer.unanswered;
  let alive = port !== null;
  void ended.then(() => {
    alive = false;
  });
  const sending = port === null ? Promise.resolve() : producer.send(port, () => alive);
  const patience = deadly === '' ? chance.int(300, 1_500) : 8_000;
  const byItself = await Promise.race([ended.then(() => true), pause(patience, false)]);
  if (deadly !== '' && !byItself) throw new Error(`the process never came to ${deadly}: ${said()}`);
  child.kill('SIGKILL');
  const [code, signal] = await ended;
  await sending;
  if (signal !== 'SIGKILL') throw new Error(`the process ended by itself with ${code}: ${said()}`);
  return producer.unanswered > before ? 1 : 0;
}

async function drained(folder: string): Promise<void> {
  const { child, ended, ready, said } = start(folder, '', 1);
  await ready;
  child.stdin.end();
  const [code] = await ended;
  if (code !== 0) throw new Error(`draining ended with ${code}: ${said()}`);
}
