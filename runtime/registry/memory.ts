import type { AvroRecord } from '#sdk';
import type { JudgingRegistry, Standing } from './registry.ts';
import { assertFits, standingOf, subjectOf, type Version } from './standing.ts';

/** A registry in memory, for simulated runs. */
export class MemoryRegistry implements JudgingRegistry {
  readonly #versions: Version[] = [];
  readonly #bySubject = new Map<string, Version[]>();

  async register(record: AvroRecord): Promise<number> {
    // Nothing may come between judging and adding.
    const versions = this.#of(record);
    const standing = standingOf(record, versions);
    if (standing.state === 'same') return standing.id;
    assertFits(record, standing);
    const added = { id: this.#versions.length + 1, version: versions.length + 1, record };
    this.#versions.push(added);
    this.#bySubject.set(subjectOf(record), [...versions, added]);
    return added.id;
  }

  async schemaOf(id: number): Promise<AvroRecord | null> {
    return this.#versions[id - 1]?.record ?? null;
  }

  async judge(record: AvroRecord): Promise<Standing> {
    return standingOf(record, this.#of(record));
  }

  #of(record: AvroRecord): readonly Version[] {
    return this.#bySubject.get(subjectOf(record)) ?? [];
  }
}
