import {
  type Connector,
  deadLetters,
  EVENTS_TOPIC,
  IngressReported,
  keyOf,
  type Message,
  type Rejection,
  reject,
  type Translated,
} from '#sdk';
import { LogError, type Log, type NewRecord } from '../log/log.ts';
import { partitionOf } from '../log/partition.ts';
import type { Registry } from '../registry/registry.ts';
import { Allowance } from './allowance.ts';
import type { IngressTrace, IngressTraces } from './traces.ts';
import { FramedWriter } from './writer.ts';

/** Events handed to the log and not yet acknowledged. A message that alone has more still goes when nothing else does. */
export const EVENTS_INFLIGHT_MAX = 20_000;

/** Bytes of messages handed to the log and not yet acknowledged. */
export const BYTES_INFLIGHT_MAX = 64 * 1024 * 1024;

/** Bytes that are kept of what a transport refuses: whatever may be one event is kept whole. */
export const REFUSED_BYTES_KEPT = 300 * 1024;

/** Without a new refusal by the log for so long it is tried again: who waits to be ready sends nothing that could succeed. */
export const REFUSED_MS_MAX = 10_000;

/** What became of one item of a message. */
export type Item = { readonly kind: 'accepted'; readonly eventId: string } | Rejection;

/** What became of a message. */
export type Outcome =
  /** Everything is durable: the events in the log, the refused items in the dead letters. */
  | { readonly kind: 'taken'; readonly items: readonly Item[] }
  /** Nothing was written: too much is in flight. Wait for `room` and try again. */
  | { readonly kind: 'busy' }
  /** The log cannot take it now; parts may have been written. Try again later. */
  | { readonly kind: 'refused'; readonly detail: string };

/** Counts since the start, and what is in flight. */
export interface IngressCounts {
  readonly accepted: number;
  readonly rejected: number;
  readonly busy: number;
  readonly refused: number;
  /** Refusals by transports of which no dead letter was written: of strangers, and beyond what one source may have. */
  readonly unkept: number;
  readonly eventsInflight: number;
  readonly bytesInflight: number;
}

/** The door of the log: what connectors translate becomes acknowledged records. */
export interface Ingress {
  /** Calls of the same turn reach the log in the order of the calls. Rejects only when an invariant breaks. */
  publish(connector: Connector, message: Message): Promise<Outcome>;
  /**
   * Dead-letters what a transport refuses before a connector reads it. `origin` names the connector whose source it
   * came by. Beyond `REFUSALS_PER_MINUTE_MAX` of one source address it is only counted, and taken all the same.
   */
  refuse(origin: string, message: Message, rejection: Rejection): Promise<Outcome>;
  /** Counts what was refused of someone unknown: strangers must not fill the log. */
  turnAway(): void;
  /** Resolves when something in flight has landed, at once when nothing is. */
  room(): Promise<void>;
  counts(): IngressCounts;
  /** False while the log refuses, and once ingress drains. */
  isReady(): boolean;
  /** The process ends soon: from here on ingress is not ready. It still takes what comes. */
  drain(): void;
  /** Waits for what is in flight and tells every partition that ingress ends. */
  close(): Promise<void>;
}

/** What ingress stands on. */
export interface IngressOptions {
  readonly log: Log;
  readonly registry: Registry;
  readonly connectors: readonly Connector[];
  readonly partitions: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Which running copy this is. */
  readonly instance: string;
  readonly eventsInflightMax?: number;
  readonly bytesInflightMax?: number;
  readonly traces?: IngressTraces | undefined;
}

/** Registers the events' schemas, makes the topics, and tells every partition that ingress begins. */
export async function createIngress(options: IngressOptions): Promise<Ingress> {
  const { log, registry, connectors, partitions } = options;
  const writer = new FramedWriter();
  const records = connectors.flatMap(({ produces }) => produces.map(({ record }) => record.avro));
  for (const avro of new Set([...records, deadLetters.value.avro, IngressReported.avro])) {
    writer.add(avro, await registry.register(avro));
  }
  await log.ensureTopics([
    { name: EVENTS_TOPIC, partitions, cleanup: 'delete' },
    { name: deadLetters.name, partitions, cleanup: deadLetters.cleanup },
  ]);
  const ingress = new LogIngress(options, writer);
  await ingress.report('STARTED');
  return ingress;
}

/** What becomes of a message. */
interface Writing {
  readonly records: NewRecord[];
  readonly traced: IngressTrace[];
}

class LogIngress implements Ingress {
  readonly #options: IngressOptions;
  readonly #writer: FramedWriter;
  readonly #allowance = new Allowance();
  readonly #counts = {
    accepted: 0,
    rejected: 0,
    busy: 0,
    refused: 0,
    unkept: 0,
    eventsInflight: 0,
    bytesInflight: 0,
  };
  /** When the log last refused, in milliseconds since 1970; null once it took something after that. */
  #refusedAt: number | null = null;
  #isDraining = false;
  #waiting: (() => void)[] = [];

  constructor(options: IngressOptions, writer: FramedWriter) {
    this.#options = options;
    this.#writer = writer;
  }

  async publish(connector: Connector, message: Message): Promise<Outcome> {
    const bytes = message.body.length;
    if (!this.#fits(1, bytes)) return this.#busy();
    const outcomes = connector.translate(message);
    if (!this.#fits(outcomes.length, bytes)) return this.#busy();
    const records: NewRecord[] = [];
    const traced: IngressTrace[] = [];
    const items = outcomes.map((outcome) => this.#write({ records, traced }, connector, message, outcome));
    const outcome = await this.#append(records, items, bytes);
    for (const trace of traced) trace.end(outcome.kind === 'taken' ? null : 'log_refused');
    return outcome;
  }

  async refuse(origin: string, message: Message, rejection: Rejection): Promise<Outcome> {
    const source = message.sourceAddress ?? '';
    if (!this.#fits(1, message.body.length)) return this.#busy();
    if (!this.#allowance.take(source, message.receivedAt)) {
      this.turnAway();
      return { kind: 'taken', items: [rejection] };
    }
    const records = [this.#deadLetter(origin, message, rejection)];
    const outcome = await this.#append(records, [rejection], message.body.length);
    if (outcome.kind !== 'taken') this.#allowance.giveBack(source);
    return outcome;
  }

  turnAway(): void {
    this.#counts.unkept++;
  }

  async #append(records: readonly NewRecord[], items: readonly Item[], bytes: number): Promise<Outcome> {
    const counts = this.#counts;
    counts.eventsInflight += items.length;
    counts.bytesInflight += bytes;
    try {
      if (records.length > 0) {
        await this.#options.log.append(records);
        this.#refusedAt = null;
      }
    } catch (error) {
      if (!(error instanceof LogError) || error.code !== 'log_refused') throw error;
      counts.refused++;
      this.#refusedAt = this.#options.clock();
      return { kind: 'refused', detail: error.message };
    } finally {
      counts.eventsInflight -= items.length;
      counts.bytesInflight -= bytes;
      this.#wake();
    }
    for (const { kind } of items) counts[kind === 'accepted' ? 'accepted' : 'rejected']++;
    return { kind: 'taken', items };
  }

  room(): Promise<void> {
    if (this.#counts.eventsInflight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  counts(): IngressCounts {
    return { ...this.#counts };
  }

  isReady(): boolean {
    if (this.#isDraining) return false;
    return this.#refusedAt === null || this.#options.clock() - this.#refusedAt >= REFUSED_MS_MAX;
  }

  drain(): void {
    this.#isDraining = true;
  }

  async close(): Promise<void> {
    this.drain();
    while (this.#counts.eventsInflight > 0) await this.room();
    await this.report('STOPPED');
  }

  /** Tells every partition, for each connector. */
  async report(status: IngressReported['status']): Promise<void> {
    const { log, connectors, partitions, instance, clock } = this.#options;
    const time = clock();
    const records: NewRecord[] = [];
    for (const { name } of connectors) {
      const value = this.#writer.write(IngressReported.avro, { connector: name, instance, time, status });
      for (let partition = 0; partition < partitions; partition++) {
        records.push({ topic: EVENTS_TOPIC, partition, key: null, value, timestamp: time });
      }
    }
    await log.append(records);
  }

  #fits(events: number, bytes: number): boolean {
    const { eventsInflightMax = EVENTS_INFLIGHT_MAX, bytesInflightMax = BYTES_INFLIGHT_MAX } = this.#options;
    const { eventsInflight, bytesInflight } = this.#counts;
    if (eventsInflight === 0) return true;
    return eventsInflight + events <= eventsInflightMax && bytesInflight + bytes <= bytesInflightMax;
  }

  #busy(): Outcome {
    this.#counts.busy++;
    return { kind: 'busy' };
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #write({ records, traced }: Writing, connector: Connector, message: Message, outcome: Translated | Rejection): Item {
    if (outcome.kind === 'rejection') {
      records.push(this.#deadLetter(connector.name, message, outcome));
      return outcome;
    }
    assertProduced(connector, outcome.type);
    const { value, type } = outcome;
    const key = Buffer.from(keyOf(value));
    const partition = partitionOf(key, this.#options.partitions);
    let framed: Buffer;
    try {
      framed = this.#writer.write(type.record.avro, value);
    } catch {
      const path = this.#writer.pathOfFault(type.record.avro, value);
      const rejection = reject('event_invalid', `the event is not a ${type.record.name}`, path);
      records.push(this.#deadLetter(connector.name, message, { ...rejection, about: value }));
      return rejection;
    }
    const record = { topic: EVENTS_TOPIC, partition, key, value: framed, timestamp: value.receivedAt };
    const trace = this.#options.traces?.begin(connector.name, message, value) ?? null;
    if (trace !== null) traced.push(trace);
    records.push(trace === null ? record : { ...record, headers: trace.headers });
    return { kind: 'accepted', eventId: value.eventId };
  }

  #deadLetter(origin: string, message: Message, rejection: Rejection): NewRecord {
    const { code, detail, path, original, about } = rejection;
    const key = about === undefined ? null : Buffer.from(keyOf(about));
    const value = this.#writer.write(deadLetters.value.avro, {
      tenant: about?.tenant ?? null,
      device: about?.device ?? null,
      origin,
      time: message.receivedAt,
      code,
      detail,
      path,
      address: message.address,
      topic: null,
      partition: null,
      offset: null,
      key,
      value: Buffer.from(original ?? message.body),
      headers: {},
    });
    const partition = key === null ? 0 : partitionOf(key, this.#options.partitions);
    return { topic: deadLetters.name, partition, key, value, timestamp: message.receivedAt };
  }
}

function assertProduced(connector: Connector, { record }: Translated['type']): void {
  if (connector.produces.some((type) => type.record === record)) return;
  throw new Error(`connector ${connector.name} made a ${record.name}, which it does not declare in produces`);
}
