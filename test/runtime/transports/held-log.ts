import { createHash } from 'node:crypto';
import { EVENTS_TOPIC } from '#sdk';
import { connectors } from '#connectors';
import { avroType, decodeBody, FRAME_BYTES, schemaIdOf } from '#runtime/avro.ts';
import { createIngress, type Ingress, type IngressOptions } from '#runtime/ingress/ingress.ts';
import type { Fetched, FetchRequest, LogRecord, NewRecord } from '#runtime/log/log.ts';
import { SimulatedClock } from '#runtime/log/simulated/clock.ts';
import { SimulatedLog } from '#runtime/log/simulated/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';

export const PARTITIONS = 4;

/** A log in memory whose appends can be held back, as a slow disk holds them. */
export class HeldLog extends SimulatedLog {
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => undefined;

  constructor() {
    super(new SimulatedClock(0));
  }

  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#open();
  }

  refuse(isRefusing: boolean): void {
    this.faults = { ...this.faults, write: () => (isRefusing ? 'refuse' : 'ok') };
  }

  override async append(records: readonly NewRecord[]): Promise<readonly number[]> {
    await this.#gate;
    return super.append(records);
  }

  /** Waits in real time, since transports do. */
  override async fetch(request: FetchRequest): Promise<readonly Fetched[]> {
    const fetched = await super.fetch({ ...request, waitMsMax: 0 });
    if (fetched.every(({ records }) => records.length === 0)) await new Promise((resolve) => setTimeout(resolve, 10));
    return fetched;
  }
}

/** Ingress on a log in memory, and what the log holds, decoded. */
export interface Harness {
  readonly log: HeldLog;
  readonly ingress: Ingress;
  /** Events about devices, as `{ name, key, value }`, partition after partition. */
  events(): { readonly name: string; readonly key: string | null; readonly value: Record<string, unknown> }[];
  deadLetters(): Record<string, unknown>[];
  /** The dead letters with the digests of their bytes. */
  digested(): Record<string, unknown>[];
}

export async function harness(options: Partial<IngressOptions> = {}): Promise<Harness> {
  const log = new HeldLog();
  const registry = new MemoryRegistry();
  const ingress = await createIngress({
    log,
    registry,
    connectors,
    partitions: PARTITIONS,
    clock: Date.now,
    instance: 'test',
    ...options,
  });
  const names = new Map<number, { readonly name: string; readonly type: ReturnType<typeof avroType> }>();
  for (let id = 1; ; id++) {
    const record = await registry.schemaOf(id);
    if (record === null) break;
    names.set(id, { name: record.name, type: avroType(record) });
  }
  const decode = ({ key, value }: LogRecord) => {
    const bytes = Buffer.from(value as Uint8Array);
    const known = names.get(schemaIdOf(bytes) ?? -1);
    if (known === undefined) throw new Error('a record in the log has no known schema');
    const decoded = decodeBody(known.type, bytes, FRAME_BYTES) as Record<string, unknown>;
    return { name: known.name, key: key === null ? null : Buffer.from(key).toString(), value: decoded };
  };
  const all = (topic: string) =>
    Array.from({ length: PARTITIONS }, (_, partition) => log.all(topic, partition))
      .flat()
      .map(decode);
  const deadLetters = () => all('fleet.dead-letters').map(({ value }) => value);
  return {
    log,
    ingress,
    events: () => all(EVENTS_TOPIC).filter(({ name }) => name !== 'IngressReported'),
    deadLetters,
    digested: () => deadLetters().map((letter) => ({ ...letter, value: digest(letter['value']) })),
  };
}

/** Stands for bytes in an assertion: the difference of two large buffers takes minutes to print. */
export function digest(bytes: unknown): string {
  const buffer = Buffer.from(bytes as Uint8Array);
  return `${buffer.length} bytes, ${createHash('sha256').update(buffer).digest('hex')}`;
}

/** Resolves once the condition holds; fails after five seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`${what} did not come about`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const quiet = { info() {}, warn() {}, error() {} };

/** Reports kept for a test to look at. */
export function reports() {
  const kept: { readonly level: string; readonly code: unknown }[] = [];
  const keep = (level: string) => (fields: object) =>
    void kept.push({ level, code: (fields as { code?: unknown }).code });
  return { kept, info: keep('info'), warn: keep('warn'), error: keep('error') };
}
