import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type AnyProcessor,
  type AvroRecord,
  type Connector,
  deadLetters,
  PolicySnapshotEnded,
  ProcessorOwned,
  Redriven,
} from '#sdk';
import { connectors } from '#connectors';
import { known } from '#processors';
import type { Config } from '#runtime/config.ts';
import { schemasOf, TOLD } from '#runtime/engine/graph.ts';
import { openEmbeddedRegistry } from '#runtime/registry/embedded.ts';
import type { JudgingRegistry, Registry } from '#runtime/registry/registry.ts';
import { CommandError } from './failure.ts';

/** Opens the registry that the settings name: one of others by its URL, else the file in the data folder. */
export async function openRegistry({ data, registry }: Pick<Config, 'data' | 'registry'>): Promise<JudgingRegistry> {
  if (registry.url === null) return openEmbeddedRegistry(join(data, 'registry.json'));
  const { openConfluentRegistry } = await import('#runtime/registry/confluent.ts');
  return openConfluentRegistry({ url: registry.url, token: registry.token });
}

/**
 * Holds a data folder to the kind of registry that it began with: what is stored names its schemas by id, and the same
 * id is another schema elsewhere. Throws `registry_changed`.
 */
export function holdRegistry({ data, registry }: Pick<Config, 'data' | 'registry'>): void {
  const elsewhere = join(data, 'registry.elsewhere');
  const outside = registry.url !== null;
  if (outside ? existsSync(join(data, 'registry.json')) : existsSync(elsewhere)) {
    const [was, is] = outside ? ['the embedded registry', 'another'] : ['the one at registry.url', 'the embedded one'];
    const next = `${outside ? 'leave registry.url out' : 'set registry.url'}, or set FLEETSTREAM_DATA to another folder`;
    throw new CommandError('registry_changed', `the schema ids in ${data} are of ${was}, and now it is ${is}; ${next}`);
  }
  if (outside) writeFileSync(elsewhere, 'The schemas of what is stored here are in the registry at registry.url.\n');
}

/** Every record that the platform, the connectors and the processors write or read, by full name. */
export function allRecords(folds: readonly AnyProcessor[] = known): readonly AvroRecord[] {
  return recordsOf(connectors, folds);
}

/** How a start waits for a registry that is away. */
export interface RegistryWait {
  /** Told before each pause. */
  readonly say: (text: string) => void;
  /** Ends the waiting with an AbortError. */
  readonly signal?: AbortSignal | undefined;
}

/** Registers records one after the other. A registry that is away is waited for; any other refusal rejects. */
export async function registerAll(
  registry: Registry,
  records: readonly AvroRecord[],
  { say, signal }: RegistryWait,
): Promise<void> {
  for (const record of records) {
    for (let waitMs = WAIT_MS_MIN; ; waitMs = Math.min(waitMs * 2, WAIT_MS_MAX)) {
      try {
        await registry.register(record);
        break;
      } catch (error) {
        const { code, message } = error as { code?: unknown; message?: string };
        if (code !== 'registry_away') throw error;
        say(`waiting for the registry: ${message}`);
        await pause(waitMs, undefined, signal === undefined ? {} : { signal });
      }
    }
  }
}

const WAIT_MS_MIN = 250;
const WAIT_MS_MAX = 5_000;

function recordsOf(from: readonly Connector[], folds: readonly AnyProcessor[]): readonly AvroRecord[] {
  const events = from.flatMap(({ produces }) => produces.map(({ record }) => record.avro));
  const all = [
    ...schemasOf(folds).map(({ avro }) => avro),
    ...events,
    deadLetters.value.avro,
    ...TOLD.map(({ avro }) => avro),
    PolicySnapshotEnded.avro,
    ProcessorOwned.avro,
    Redriven.avro,
  ];
  const byName = new Map(all.map((record) => [`${record.namespace}.${record.name}`, record]));
  return [...byName.values()].sort((a, b) => (`${a.namespace}.${a.name}` < `${b.namespace}.${b.name}` ? -1 : 1));
}
