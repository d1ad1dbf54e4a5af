import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import type { AvroRecord } from '#sdk';
import { type JudgingRegistry, RegistryError, type Standing } from './registry.ts';
import { assertFits, standingOf, subjectOf, textOf } from './standing.ts';

/**
 * Opens the registry in a JSON file, which is made with the first schema. Rejects with `registry_away` when the file
 * is damaged. A version that differs only in what changes no byte (docs, data classes) keeps its id: a reworded doc
 * must not send every stored record through schema resolution.
 */
export async function openEmbeddedRegistry(path: string): Promise<JudgingRegistry> {
  return new EmbeddedRegistry(path, existsSync(path) ? read(path) : []);
}

/** Versions that the file may hold, over all subjects. */
const VERSIONS_MAX = 10_000;

interface Version {
  readonly id: number;
  readonly subject: string;
  readonly record: AvroRecord;
}

class EmbeddedRegistry implements JudgingRegistry {
  readonly #path: string;
  #versions: readonly Version[];
  readonly #ids: Map<string, number>;

  constructor(path: string, versions: readonly Version[]) {
    this.#path = path;
    this.#versions = versions;
    this.#ids = new Map(versions.map(({ id, record }) => [textOf(record), id]));
  }

  async register(record: AvroRecord): Promise<number> {
    const text = textOf(record);
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    // Nothing may come between judging and writing.
    assertFits(record, this.#standing(record));
    if (this.#versions.length >= VERSIONS_MAX) {
      throw new RegistryError(
        'registry_away',
        `${this.#path} holds ${VERSIONS_MAX} versions; use a registry of its own`,
      );
    }
    const id = this.#versions.length + 1;
    const next = [...this.#versions, { id, subject: subjectOf(record), record: structuredClone(record) }];
    try {
      write(this.#path, next);
    } catch (cause) {
      throw new RegistryError('registry_away', `${this.#path} cannot be written (${(cause as Error).message})`, {
        cause,
      });
    }
    this.#versions = next;
    this.#ids.set(text, id);
    return id;
  }

  async schemaOf(id: number): Promise<AvroRecord | null> {
    return this.#versions[id - 1]?.record ?? null;
  }

  async judge(record: AvroRecord): Promise<Standing> {
    return this.#standing(record);
  }

  #standing(record: AvroRecord): Standing {
    const versions = this.#versions.filter(({ subject }) => subject === subjectOf(record));
    return standingOf(
      record,
      versions.map((each, index) => ({ ...each, version: index + 1 })),
    );
  }
}

function read(path: string): readonly Version[] {
  try {
    const { format, crc, versions } = JSON.parse(readFileSync(path, 'utf8')) as Stored;
    const inOrder = versions.every(({ id }, index) => id === index + 1);
    if (format === 1 && inOrder && crc === checksum(versions)) return versions;
  } catch (error) {
    throw damaged(path, error);
  }
  throw damaged(path);
}

interface Stored {
  readonly format: 1;
  readonly crc: number;
  readonly versions: readonly Version[];
}

function damaged(path: string, cause?: unknown): RegistryError {
  const detail = `${path} is damaged, and without it stored records cannot be read; restore it from a backup`;
  return new RegistryError('registry_away', detail, { cause });
}

function checksum(versions: readonly Version[]): number {
  return crc32c(JSON.stringify(versions));
}

/** All or nothing: the old file stands until the new one is on disk. */
function write(path: string, versions: readonly Version[]): void {
  const stored: Stored = { format: 1, crc: checksum(versions), versions };
  const unfinished = `${path}.new`;
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(unfinished, 'w');
  try {
    writeFileSync(file, `${JSON.stringify(stored, null, 1)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
}
