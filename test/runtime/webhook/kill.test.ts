import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chanceFrom } from '../../simulation/chance.ts';
import { isSignedBy, SECRET, startHook } from './hook.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`kill: SEED=${SEED}`);
const CHILD = new URL('child.ts', import.meta.url).pathname;
const LANES = ['a', 'b', 'c', 'd'];
const WORDS = LANES.flatMap((lane) => Array.from({ length: 50 }, (_, index) => `${lane} ${index}`));

/** One life; gives how it ended. */
async function live(...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return signal ?? String(code);
}

test('kill -9 behind an answer loses no message: each comes, in the order of its lane, and again with the same id', async () => {
  const chance = chanceFrom(SEED);
  const folder = await mkdtemp(join(tmpdir(), 'fleetstream-kill-'));
  // Now and then the receiver fails or breaks off, too.
  const hook = await startHook(() => (chance.hit(0.1) ? chance.pick([500, 'cut', 'half'] as const) : 204));
  try {
    let end = await live(folder, hook.url, String(chance.int(5, 40)), ...WORDS);
    let kills = 0;
    for (; end === 'SIGKILL'; kills++) end = await live(folder, hook.url, kills < 6 ? String(chance.int(1, 40)) : '0');
    expect(end).toBe('0');
    expect(kills).toBeGreaterThan(2);
    const bodies = new Map<string, Set<string>>();
    for (const { id, body } of hook.got) bodies.set(id, (bodies.get(id) ?? new Set()).add(body));
    expect([...bodies.keys()].toSorted()).toEqual(WORDS.map((word) => word.replace(' ', '-')).toSorted());
    expect([...bodies.values()].filter((same) => same.size > 1)).toEqual([]);
    for (const lane of LANES) {
      const first = [...bodies.keys()].filter((id) => id.startsWith(lane));
      expect(first).toEqual(Array.from({ length: 50 }, (_, index) => `${lane}-${index}`));
    }
    expect(hook.got.filter((one) => !isSignedBy(SECRET, one))).toEqual([]);
    // What was told twice is what was under way, or not yet noted down, when a life ended, or failed.
    expect(hook.got.length).toBeGreaterThan(WORDS.length);
  } finally {
    await hook.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
