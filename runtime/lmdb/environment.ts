import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { lockFolder } from './lock.ts';
import { checkPages, type EntrySeen, PagesDamaged } from './pages.ts';

export { PagesDamaged };

/** A database of byte keys and byte values. */
export type Bytes = Database<Buffer, Buffer>;

/** An LMDB file whose writes resolve only when they are on disk. */
export interface Environment<N extends string> {
  readonly databases: Readonly<Record<N, Bytes>>;
  /** All writes of the action in one transaction: resolves after fdatasync, rejects when nothing was written. */
  write(action: () => void): Promise<void>;
  /** Rereads what other transactions have committed. */
  refresh(): void;
  close(): Promise<void>;
}

/** How an environment is opened. */
export interface EnvironmentOptions<N extends string> {
  readonly file: string;
  readonly databases: readonly N[];
  /** Writes the first content; a file without it never carries the name. */
  readonly initialise: (databases: Readonly<Record<N, Bytes>>) => void;
  readonly onEntry?: EntrySeen;
}

/** 256 GiB of addresses, not of memory or disk: the map never moves while it is read. */
const MAP_BYTES = 256 * 2 ** 30;

/**
 * Opens an LMDB file after a check of its pages, and creates it whole. Its folder belongs to this process alone until
 * it is closed. Throws `FolderInUse` and `PagesDamaged`.
 */
export async function openEnvironment<const N extends string>(options: EnvironmentOptions<N>): Promise<Environment<N>> {
  const folder = dirname(options.file);
  mkdirSync(folder, { recursive: true });
  const unlock = lockFolder(folder);
  try {
    const environment = await openLocked(options);
    return {
      ...environment,
      async close() {
        await environment.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

async function openLocked<N extends string>(options: EnvironmentOptions<N>): Promise<Environment<N>> {
  const { file, databases, initialise, onEntry } = options;
  if (!existsSync(file)) {
    const unfinished = `${file}.new`;
    remove(unfinished);
    const created = await openFile(unfinished, databases);
    await created.write(() => initialise(created.databases));
    await created.close();
    syncPath(unfinished);
    renameSync(unfinished, file);
    remove(unfinished);
    syncPath(dirname(file));
  }
  const found = checkPages(file, onEntry);
  // Under a damaged name a database would be missed, and an empty one made in its place.
  if (found.toSorted().join() !== databases.toSorted().join()) {
    throw new PagesDamaged(`its databases are ${found.join(', ')}, and should be ${databases.join(', ')}`);
  }
  return openFile(file, databases);
}

/** Removes an LMDB file that is not open. */
export function remove(file: string): void {
  rmSync(file, { force: true });
  rmSync(`${file}-lock`, { force: true });
}

async function openFile<N extends string>(file: string, names: readonly N[]): Promise<Environment<N>> {
  const bytes = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const root: RootDatabase<Buffer, Buffer> = open<Buffer, Buffer>({
    ...bytes,
    path: file,
    noSubdir: true,
    maxDbs: names.length,
    mapSize: MAP_BYTES,
    // A commit then returns only after fdatasync of the pages and a synchronous write of the meta page.
    overlappingSync: false,
    // Left on, a failed commit also rejects a promise that nobody can reach.
    eventTurnBatching: false,
  });
  const databases = Object.fromEntries(
    names.map((name) => [name, root.openDB<Buffer, Buffer>(name, bytes)]),
  ) as unknown as Record<N, Bytes>;
  return {
    databases,
    async write(action) {
      try {
        await root.batch(action);
      } catch (error) {
        throw await causeOf(error);
      }
    },
    refresh: () => root.resetReadTxn(),
    close: () => root.close(),
  };
}

/** The driver wraps the cause of a failed commit into a promise, which must not stay unhandled. */
async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<unknown> };
  if (commitError === undefined) return error;
  return commitError.then(
    () => error,
    (cause: unknown) => cause,
  );
}

function syncPath(path: string): void {
  const fd = openSync(path, 'r');
  fsyncSync(fd);
  closeSync(fd);
}
