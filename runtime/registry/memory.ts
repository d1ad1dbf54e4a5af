import type { AvroRecord } from '#sdk';
import type { JudgingRegistry, Standing } from './registry.ts';
import { assertFits, standingOf, subjectOf, type Version } from './standing.ts';

/** A registry in memory, for simulated runs. */
export class MemoryRegistry implements JudgingRegistry {
  readonly #versions: Version[] = [];

  async register(record: AvroRecord): Promise<number> {
    // Nothing may come between judging and adding.
    const standing = standingOf(record, this.#of(record));
    if (standing.state === 'same') return standing.id;
    assertFits(record, standing);
    const id = this.#versions.length + 1;
    this.#versions.push({ id, version: this.#of(record).length + 1, record });
    return id;
  }

  async schemaOf(id: number): Promise<AvroRecord | null> {
    return this.#versions[id - 1]?.record ?? null;
  }

  async judge(record: AvroRecord): Promise<Standing> {
    return standingOf(record, this.#of(record));
  }

  #of(record: AvroRecord): readonly Version[] {
    return this.#versions.filter((each) => subjectOf(each.record) === subjectOf(record));
  }
}
