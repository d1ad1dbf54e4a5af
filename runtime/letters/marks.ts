import { Redriven, redriven } from '#sdk';
import { frame } from '../avro.ts';
import { Types } from '../engine/types.ts';
import type { NewRecord } from '../log/log.ts';
import { readPartition } from '../log/read-partition.ts';
import { settledEnd } from '../log/settled-end.ts';
import type { LettersOptions } from './letters.ts';
import type { Root } from './original.ts';

/** Which records were put in again, and how often. Kept in memory, some hundred bytes each. */
export class Marks {
  readonly #types: Types;
  readonly #times: Map<string, number>;

  private constructor(types: Types, times: Map<string, number>) {
    this.#types = types;
    this.#times = times;
  }

  /** Marks can be added only where they are read for it: that tells the registry of their record. */
  static async read({ log, registry }: LettersOptions, isToAdd = false): Promise<Marks> {
    const types = new Types(registry);
    if (isToAdd) await types.register(Redriven);
    else types.expect(Redriven);
    const times = new Map<string, number>();
    const end = (await settledEnd(log, redriven.name, 0)) ?? 0;
    for await (const records of readPartition(log, { topic: redriven.name, partition: 0, offset: 0 }, end)) {
      await types.learnAll(records);
      for (const { key, value } of records) {
        if (key !== null && value !== null) times.set(String(Buffer.from(key)), types.decode(Redriven, value).times);
      }
    }
    return new Marks(types, times);
  }

  times({ name }: Root): number {
    return this.#times.get(name) ?? 0;
  }

  /** The mark of one more time. */
  next({ name, topic, partition, offset }: Root, letter: string, time: number): NewRecord {
    const times = (this.#times.get(name) ?? 0) + 1;
    this.#times.set(name, times);
    const mark: Redriven = { topic, partition, offset, letter, times, time };
    const value = frame(this.#types.typeOf(Redriven), this.#types.idOf(Redriven), mark);
    return { topic: redriven.name, partition: 0, key: Buffer.from(name), value, timestamp: time };
  }
}
