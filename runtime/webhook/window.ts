import type { LogRecord } from '../log/log.ts';
import type { Message } from './receiver.ts';

/** A message that is not known to be delivered. */
export interface Waiting {
  readonly partition: number;
  readonly record: LogRecord;
  readonly message: Message;
  /** Messages of a lane are delivered one after the other, in their order. */
  readonly lane: string;
  /** When it was tried first; null before. */
  triedAt: number | null;
  /** When it was tried last; null before. */
  triedLastAt: number | null;
  tries: number;
  /** Of its failures those since whose try before others were delivered. */
  passed: number;
  /** It is not tried before then. */
  notBefore: number;
  isSent: boolean;
}

interface Reading {
  /** Next offset to read. */
  next: number;
  /** By offset, ascending. */
  readonly open: Map<number, Waiting>;
}

/**
 * What was read and is not delivered yet. The place of a partition is the first of these, so that nothing is passed
 * over; what lies behind it and was delivered is delivered again after a crash.
 */
export class Window {
  readonly #partitions: ReadonlyMap<number, Reading>;
  readonly #lanes = new Map<string, Waiting[]>();
  #messages = 0;
  #bytes = 0;

  constructor(places: ReadonlyMap<number, number>) {
    this.#partitions = new Map(Array.from(places, ([partition, next]) => [partition, { next, open: new Map() }]));
  }

  get messages(): number {
    return this.#messages;
  }

  /** Of the messages. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Where to read on. */
  positions(): ReadonlyMap<number, number> {
    return new Map(Array.from(this.#partitions, ([partition, { next }]) => [partition, next]));
  }

  /** Everything before is delivered, or was not to be. */
  places(): ReadonlyMap<number, number> {
    return new Map(
      Array.from(this.#partitions, ([partition, { next, open }]) => {
        const [first] = open.keys();
        return [partition, first ?? next];
      }),
    );
  }

  add(waiting: Waiting): void {
    const { partition, record, lane, message } = waiting;
    this.#reading(partition).open.set(record.offset, waiting);
    const others = this.#lanes.get(lane);
    if (others === undefined) this.#lanes.set(lane, [waiting]);
    else others.push(waiting);
    this.#messages++;
    this.#bytes += message.body.length;
  }

  /** A partition was read to before that offset. */
  readTo(partition: number, next: number): void {
    this.#reading(partition).next = next;
  }

  /** The first of each lane that is not under way, in the order in which they came. */
  heads(): readonly Waiting[] {
    return Array.from(this.#lanes.values(), ([head]) => head as Waiting).filter(({ isSent }) => !isSent);
  }

  finish({ partition, record, lane, message }: Waiting): void {
    this.#reading(partition).open.delete(record.offset);
    const others = this.#lanes.get(lane) ?? [];
    others.shift();
    if (others.length === 0) this.#lanes.delete(lane);
    this.#messages--;
    this.#bytes -= message.body.length;
  }

  #reading(partition: number): Reading {
    const reading = this.#partitions.get(partition);
    if (reading === undefined) throw new Error(`partition ${partition} is not read here`);
    return reading;
  }
}
