import {
  type Attributes,
  context,
  type Link,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { deadLetters, type Envelope, EVENTS_TOPIC, keyOf, type Message, type Table } from '#sdk';
import type { Placed } from '../clickhouse/batch.ts';
import type { Config } from '../config.ts';
import { TRACEPARENT, type TracedRecord } from '../engine/observer.ts';
import type { IngressTrace, IngressTraces } from '../ingress/traces.ts';
import { ATTRIBUTES } from './names.ts';
import { isInShare, readTraceparent, writeTraceparent } from './traceparent.ts';

/** Spans of folded records that wait for their commit; further records are folded untraced. */
export const FOLDS_OPEN_MAX = 1_000;
/** Records that one batch of the sink links to. */
export const LINKS_MAX = 128;

/** Where records come from: `kafka`, or the log in this process. */
export type LogSystem = 'kafka' | 'fleetstream';

export function systemOf({ brokers }: Config['kafka']): LogSystem {
  return brokers === null ? 'fleetstream' : 'kafka';
}

/** Follows a share of the devices from ingress on. */
export class IngressSpans implements IngressTraces {
  readonly #tracer: Tracer;
  readonly #share: number;
  readonly #system: LogSystem;

  constructor(tracer: Tracer, share: number, system: LogSystem) {
    this.#tracer = tracer;
    this.#share = share;
    this.#system = system;
  }

  begin(connector: string, message: Message, event: Envelope): IngressTrace | null {
    if (!isInShare(keyOf(event), this.#share)) return null;
    const parent = readTraceparent(message.traceparent);
    const attributes: Attributes = {
      ...messaging(this.#system, 'send'),
      [ATTRIBUTES.message]: event.eventId,
      [ATTRIBUTES.connector]: connector,
      [ATTRIBUTES.tenant]: event.tenant,
      [ATTRIBUTES.device]: event.device,
    };
    const from = parent === undefined ? context.active() : trace.setSpanContext(context.active(), parent);
    const span = this.#tracer.startSpan(`send ${EVENTS_TOPIC}`, { kind: SpanKind.PRODUCER, attributes }, from);
    // The sampler of the environment, or of whoever began the trace, may say no.
    if (!span.isRecording()) return null;
    const headers = { [TRACEPARENT]: Buffer.from(writeTraceparent(span.spanContext())) };
    return { headers, end: (code) => end(span, code) };
  }
}

/** Follows traced records through the folds to the commit. */
export class FoldSpans {
  readonly #tracer: Tracer;
  readonly #system: LogSystem;
  /** Folded, and in no commit yet. */
  #open: Span[] = [];
  /** Spans that have not ended. */
  #count = 0;

  constructor(tracer: Tracer, system: LogSystem) {
    this.#tracer = tracer;
    this.#system = system;
  }

  fold({ record, partition, event }: TracedRecord, fold: () => void): void {
    const parent = contextOf(record);
    if (parent === undefined || this.#count >= FOLDS_OPEN_MAX) return fold();
    const attributes: Attributes = {
      ...messaging(this.#system, 'process'),
      [ATTRIBUTES.partition]: String(partition),
      [ATTRIBUTES.offset]: record.offset,
      [ATTRIBUTES.message]: event.value.eventId,
      [ATTRIBUTES.eventType]: event.type.record.name,
    };
    const from = trace.setSpanContext(context.active(), parent);
    const options = { kind: SpanKind.CONSUMER, attributes, links: [{ context: parent }] };
    const span = this.#tracer.startSpan(`process ${EVENTS_TOPIC}`, options, from);
    this.#open.push(span);
    this.#count++;
    context.with(trace.setSpan(from, span), fold);
  }

  /** A commit of everything folded so far begins. */
  commits(): (error: Error | null) => void {
    const spans = this.#open;
    this.#open = [];
    return (error) => this.#end(spans, error === null ? null : codeOf(error));
  }

  abandoned(): void {
    this.#end(this.#open, 'abandoned');
    this.#open = [];
  }

  #end(spans: readonly Span[], code: string | null): void {
    for (const span of spans) end(span, code);
    this.#count -= spans.length;
  }
}

/** Puts a batch into its table, in a span where it holds traced records. */
export async function traceBatch(
  tracer: Tracer,
  { name, from }: Table,
  records: readonly Placed[],
  put: () => Promise<void>,
): Promise<void> {
  const links = from === deadLetters ? [] : linksOf(records);
  if (links.length === 0) return put();
  const attributes: Attributes = {
    [ATTRIBUTES.database]: 'clickhouse',
    [ATTRIBUTES.table]: name,
    [ATTRIBUTES.statement]: 'INSERT',
    [ATTRIBUTES.topic]: from.name,
    [ATTRIBUTES.batchMessages]: records.length,
  };
  const span = tracer.startSpan(`INSERT ${name}`, { kind: SpanKind.CONSUMER, attributes, links });
  try {
    await context.with(trace.setSpan(context.active(), span), put);
    end(span, null);
  } catch (error) {
    end(span, codeOf(error as Error));
    throw error;
  }
}

function linksOf(records: readonly Placed[]): Link[] {
  const links: Link[] = [];
  for (const record of records) {
    const linked = record.headers[TRACEPARENT] === undefined ? undefined : contextOf(record);
    if (linked !== undefined) links.push({ context: linked });
    if (links.length === LINKS_MAX) break;
  }
  return links;
}

function contextOf({ headers }: Pick<Placed, 'headers'>) {
  return readTraceparent(Buffer.from(headers[TRACEPARENT] ?? []).toString('latin1'));
}

function messaging(system: LogSystem, operation: 'send' | 'process'): Attributes {
  return {
    [ATTRIBUTES.system]: system,
    [ATTRIBUTES.topic]: EVENTS_TOPIC,
    [ATTRIBUTES.operation]: operation,
    [ATTRIBUTES.operationType]: operation,
  };
}

function end(span: Span, code: string | null): void {
  if (code !== null) span.setAttribute(ATTRIBUTES.error, code).setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** The stable code of an error, else its class. */
export function codeOf(error: Error & { readonly code?: unknown }): string {
  return typeof error.code === 'string' ? error.code : error.name;
}
