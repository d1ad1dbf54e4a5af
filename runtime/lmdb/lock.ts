import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Another process, or this one a second time, has the folder open. */
export class FolderInUse extends Error {
  readonly code = 'folder_in_use';

  constructor(detail: string) {
    super(`folder_in_use: ${detail}`);
    this.name = 'FolderInUse';
  }
}

/** Takes the folder for this process, and gives the function that frees it. Throws `FolderInUse`. */
export function lockFolder(folder: string): () => void {
  const lock = join(folder, 'lock');
  const own = JSON.stringify({ pid: process.pid, started: startOf(process.pid), token: randomUUID() });
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (place(folder, lock, own)) return () => free(lock, own);
    const held = textOf(lock);
    if (held === null) continue;
    const holder = aliveHolder(held);
    if (holder !== null) {
      const detail = `${folder} is open in process ${holder}; stop that process, or give this one another folder`;
      throw new FolderInUse(detail);
    }
    takeAway(folder, lock, held);
  }
  throw new FolderInUse(`${folder} is being opened by other processes; start one process only`);
}

/** Each attempt ends with a lock, a living holder, or another process that was faster. */
const ATTEMPTS_MAX = 10;

/** A hard link appears with its content, so that nobody reads half a lock. */
function place(folder: string, lock: string, content: string): boolean {
  const unfinished = join(folder, `lock.${randomUUID()}`);
  writeFileSync(unfinished, content);
  try {
    linkSync(unfinished, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/** Two processes may find the same dead holder: the slower one puts back what it took. */
function takeAway(folder: string, lock: string, dead: string): void {
  const taken = join(folder, `lock.${randomUUID()}`);
  try {
    renameSync(lock, taken);
  } catch {
    return;
  }
  if (textOf(taken) !== dead) {
    try {
      linkSync(taken, lock);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  rmSync(taken, { force: true });
}

function free(lock: string, own: string): void {
  if (textOf(lock) === own) rmSync(lock, { force: true });
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** The process that holds the lock, or null when it is gone and its number may belong to another. */
function aliveHolder(content: string): number | null {
  const holder = parse(content);
  if (holder === null) return null;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // A process of another user is alive too.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return null;
  }
  return holder.started === startOf(holder.pid) ? holder.pid : null;
}

/** A lock that a power loss emptied belongs to nobody who lives. */
function parse(content: string): { pid: number; started: string | null } | null {
  try {
    return JSON.parse(content) as { pid: number; started: string | null };
  } catch {
    return null;
  }
}

/** Boot and start time of a process, which its number alone does not tell; null where the system does not say. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${ticks}`;
  } catch {
    return null;
  }
}
