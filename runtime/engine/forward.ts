import { type AnyProcessor, type AnyTopic, type ClockTicked, TicksPassed } from '#sdk';
import { frame } from '../avro.ts';
import type { NewRecord } from '../log/log.ts';
import type { StepsPlace } from './steps.ts';
import type { Types } from './types.ts';

const NOTHING_TOLD = { ticks: [], policies: [] };

/** Tells the stage behind which ticks have passed: with each commit, behind what was derived before them. */
export class Forward {
  readonly #processor: string;
  readonly #place: StepsPlace;
  readonly #topics: readonly string[];
  readonly #types: Types;
  #ticks: TicksPassed['ticks'][number][] = [];
  #policies: Buffer[] = [];

  private constructor(processor: string, place: StepsPlace, topics: readonly string[], types: Types) {
    this.#processor = processor;
    this.#place = place;
    this.#topics = topics;
    this.#types = types;
  }

  /** Null where no stage stands behind. */
  static of({ name, outputs }: AnyProcessor, place: StepsPlace, types: Types): Forward | null {
    const topics = (outputs as readonly AnyTopic[]).filter((topic) => 'keyOf' in topic).map((topic) => topic.name);
    return topics.length === 0 ? null : new Forward(name, place, topics, types);
  }

  decided(policy: Buffer): void {
    this.#policies.push(Buffer.from(policy));
  }

  passed({ number, time }: Pick<ClockTicked, 'number' | 'time'>, offset: number, heardSince: number): void {
    this.#ticks.push({ number, time, offset, heardSince, policies: this.#policies });
    this.#policies = [];
  }

  /** Records for every partition of the topics between; ticks and policies are told where the numbers are equal. */
  takeRecords(number: number, timestamp: number): NewRecord[] {
    if (this.#ticks.length === 0 && this.#policies.length === 0) return [];
    const told = { ticks: this.#ticks, policies: this.#policies };
    this.#ticks = [];
    this.#policies = [];
    const { partition: from, partitions } = this.#place;
    const passed = { processor: this.#processor, partition: from, number };
    const [full, brief] = [told, NOTHING_TOLD].map((what) =>
      frame(this.#types.typeOf(TicksPassed), this.#types.idOf(TicksPassed), { ...passed, ...what }),
    ) as [Buffer, Buffer];
    return this.#topics.flatMap((topic) =>
      Array.from({ length: partitions }, (_, partition) => {
        const value = partition === from ? full : brief;
        return { topic, partition, key: null, value, timestamp };
      }),
    );
  }
}
