import type { LogRecord, Position } from '../log/log.ts';
import type { Message } from './receiver.ts';

/** A message that is not known to be delivered. */
export interface Waiting {
  readonly topic: string;
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
  readonly topic: string;
  readonly partition: number;
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
  /** By topic and partition. */
  readonly #partitions: ReadonlyMap<string, Reading>;
  readonly #lanes = new Map<string, Waiting[]>();
  #messages = 0;
  #bytes = 0;

  constructor(places: readonly Position[]) {
    const readings = places.map(({ topic, partition, offset }) => ({
      topic,
      partition,
      next: offset,
      open: new Map(),
    }));
    this.#partitions = new Map(readings.map((reading) => [nameOf(reading), reading]));
  }

  get messages(): number {
    return this.#messages;
  }

  /** Of the messages. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Where to read on. */
  positions(): readonly Position[] {
    return Array.from(this.#partitions.values(), ({ topic, partition, next }) => ({ topic, partition, offset: next }));
  }

  /** Everything before is delivered, or was not to be. */
  places(): readonly Position[] {
    return Array.from(this.#partitions.values(), ({ topic, partition, next, open }) => {
      const [first] = open.keys();
      return { topic, partition, offset: first ?? next };
    });
  }

  add(waiting: Waiting): void {
    const { record, lane, message } = waiting;
    this.#reading(waiting).open.set(record.offset, waiting);
    const others = this.#lanes.get(lane);
    if (others === undefined) this.#lanes.set(lane, [waiting]);
    else others.push(waiting);
    this.#messages++;
    this.#bytes += message.body.length;
  }

  /** A partition was read to before that offset. */
  readTo(place: Omit<Position, 'offset'>, next: number): void {
    this.#reading(place).next = next;
  }

  /** The first of each lane that is not under way, in the order in which they came. */
  heads(): readonly Waiting[] {
    return Array.from(this.#lanes.values(), ([head]) => head as Waiting).filter(({ isSent }) => !isSent);
  }

  finish(waiting: Waiting): void {
    const { record, lane, message } = waiting;
    this.#reading(waiting).open.delete(record.offset);
    const others = this.#lanes.get(lane) ?? [];
    others.shift();
    if (others.length === 0) this.#lanes.delete(lane);
    this.#messages--;
    this.#bytes -= message.body.length;
  }

  #reading(place: Omit<Position, 'offset'>): Reading {
    const name = nameOf(place);
    const reading = this.#partitions.get(name);
    if (reading === undefined) throw new Error(`${name} is not read here`);
    return reading;
  }
}

function nameOf({ topic, partition }: Omit<Position, 'offset'>): string {
  return `${topic}/${partition}`;
}
