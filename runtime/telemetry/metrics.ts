import { statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Attributes, Histogram, Meter, Observable, ObservableResult } from '@opentelemetry/api';
import { EVENTS_TOPIC } from '#sdk';
import type { Sink } from '../clickhouse/sink.ts';
import type { ProcessorCounts, Standing } from '../engine/standing.ts';
import type { Ingress } from '../ingress/ingress.ts';
import type { Webhook } from '../webhook/sink.ts';
import type { EngineMeasures } from './engine.ts';
import { ATTRIBUTES, METRICS, type Metric } from './names.ts';

/** How long a scrape waits for a log that does not answer; the figures that it gives are then left out. */
const ANSWER_MS_MAX = 2_000;

/** Bounds of durations, in seconds: from a slice of a few records to an insert that waits. */
const SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What folds: an engine, a worker that holds one after the other, or workers in threads. */
export interface Folding {
  counts(): ReadonlyMap<string, ProcessorCounts> | Promise<ReadonlyMap<string, ProcessorCounts>>;
  standings(): Promise<readonly Standing[]>;
}

/** What is read when the metrics are, and costs nothing until then. */
export interface Watched {
  readonly ingress?: Ingress;
  readonly folding?: Folding;
  /** Files of the local state. */
  readonly stateFiles?: readonly string[];
  /** Null while another process fills the tables. */
  readonly sink?: () => Sink | null;
  /** Null while another process tells of alerts. */
  readonly webhook?: (() => Pick<Webhook, 'stats' | 'lag'> | null) | undefined;
}

/** What is measured as it happens: a call a slice of records, a commit or a batch. */
export class Measures implements EngineMeasures {
  readonly #meter: Meter;
  readonly #decode: Histogram;
  readonly #fold: Histogram;
  readonly #commit: Histogram;
  readonly #insert: Histogram;
  readonly #remaining = new Map<string, Map<number, number>>();
  #consumed = 0;
  #sent = 0;

  constructor(meter: Meter) {
    this.#meter = meter;
    this.#decode = histogram(meter, METRICS.decode);
    this.#fold = histogram(meter, METRICS.fold);
    this.#commit = histogram(meter, METRICS.commit);
    this.#insert = histogram(meter, METRICS.insert);
  }

  sliced(slice: { readonly records: number; readonly decodeMs: number; readonly foldMs: number }): void {
    this.#consumed += slice.records;
    this.#decode.record(slice.decodeMs / 1000);
    this.#fold.record(slice.foldMs / 1000, PROCESS);
  }

  committed(records: number, ms: number, error: string | null): void {
    if (error === null) this.#sent += records;
    this.#commit.record(ms / 1000, failure(error));
  }

  restores(processor: string, partition: number, remaining: number): void {
    const partitions = this.#remaining.get(processor) ?? new Map<number, number>();
    this.#remaining.set(processor, partitions.set(partition, remaining));
  }

  inserted(table: string, ms: number, error: string | null): void {
    const attributes = { [ATTRIBUTES.table]: table, [ATTRIBUTES.statement]: 'INSERT', ...failure(error) };
    this.#insert.record(ms / 1000, attributes);
  }

  /** Reads these whenever the metrics are read. */
  watch({ ingress, folding, stateFiles, sink, webhook }: Watched): void {
    if (ingress !== undefined) this.#watchIngress(ingress);
    if (folding !== undefined) {
      this.#watchFolding(folding);
      observe(this.#meter, METRICS.consumed, (result) => result.observe(this.#consumed, FETCH));
      observe(this.#meter, METRICS.sent, (result) => result.observe(this.#sent, COMMIT));
      observe(this.#meter, METRICS.restore, (result) => {
        for (const [processor, partitions] of this.#remaining) {
          const sum = [...partitions.values()].reduce((total, each) => total + each, 0);
          result.observe(sum, { [ATTRIBUTES.processor]: processor });
        }
      });
    }
    if (stateFiles !== undefined) {
      const size = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      observe(this.#meter, METRICS.stateBytes, (result) =>
        result.observe(stateFiles.reduce((sum, file) => sum + size(file), 0)),
      );
    }
    if (sink !== undefined) this.#watchSink(sink);
    if (webhook !== undefined) watchWebhook(this.#meter, webhook);
  }

  #watchIngress(ingress: Ingress): void {
    observe(this.#meter, METRICS.ingressItems, (result) => {
      const { accepted, rejected, unkept } = ingress.counts();
      observeBy(result, ATTRIBUTES.outcome, { accepted, rejected, unkept });
    });
    observe(this.#meter, METRICS.ingressDeferred, (result) => {
      const { busy, refused } = ingress.counts();
      observeBy(result, ATTRIBUTES.outcome, { busy, refused });
    });
    observe(this.#meter, METRICS.ingressInflight, (result) => result.observe(ingress.counts().eventsInflight));
  }

  #watchFolding(folding: Folding): void {
    const [folded, emitted, stopped] = [METRICS.folded, METRICS.emitted, METRICS.stopped].map((metric) =>
      observable(this.#meter, metric),
    ) as [Observable, Observable, Observable];
    this.#meter.addBatchObservableCallback(
      async (result) => {
        for (const [processor, counts] of (await answer(Promise.resolve(folding.counts()))) ?? []) {
          const by = { [ATTRIBUTES.processor]: processor };
          const { events, duplicates, late, deadLettered } = counts;
          const outcomes = { applied: events, duplicate: duplicates, late, dead_lettered: deadLettered };
          for (const [outcome, count] of Object.entries(outcomes))
            result.observe(folded, count, { ...by, [ATTRIBUTES.outcome]: outcome });
          result.observe(emitted, counts.emitted, by);
          result.observe(stopped, counts.failed, by);
        }
      },
      [folded, emitted, stopped],
    );
    const measured = [METRICS.lag, METRICS.lagTime, METRICS.watermark, METRICS.stateKeys, METRICS.upstreamMissing];
    const observed = measured.map((metric) => observable(this.#meter, metric));
    const [lag, lagTime, watermark, keys, missing] = observed as [
      Observable,
      Observable,
      Observable,
      Observable,
      Observable,
    ];
    this.#meter.addBatchObservableCallback(async (result) => {
      const now = Date.now();
      for (const standing of (await answer(folding.standings())) ?? []) {
        const by = { [ATTRIBUTES.processor]: standing.processor };
        result.observe(lag, standing.lag, by);
        result.observe(lagTime, standing.eventTime === null ? 0 : Math.max(now - standing.eventTime, 0) / 1000, by);
        // Before the first tick there is no log time that could be old.
        if (standing.logTime > 0) result.observe(watermark, (now - standing.logTime) / 1000, by);
        result.observe(keys, standing.hotKeys, by);
        for (const upstream of standing.missing) result.observe(missing, 1, { ...by, [ATTRIBUTES.upstream]: upstream });
      }
    }, observed);
  }

  #watchSink(sink: () => Sink | null): void {
    observe(this.#meter, METRICS.rows, (result) => {
      for (const { table, rows, refused } of sink()?.stats() ?? []) {
        observeBy(result, ATTRIBUTES.outcome, { inserted: rows, refused }, { [ATTRIBUTES.table]: table });
      }
    });
    observe(this.#meter, METRICS.batches, (result) => {
      for (const { table, batches } of sink()?.stats() ?? []) result.observe(batches, { [ATTRIBUTES.table]: table });
    });
    observe(this.#meter, METRICS.sinkWaiting, (result) => {
      for (const { table, waitingSince } of sink()?.stats() ?? []) {
        const seconds = waitingSince === null ? 0 : (Date.now() - waitingSince) / 1000;
        result.observe(seconds, { [ATTRIBUTES.table]: table });
      }
    });
    observe(this.#meter, METRICS.sinkAge, (result) => {
      for (const { table, oldest } of sink()?.stats() ?? []) {
        const seconds = oldest === null ? 0 : Math.max(Date.now() - oldest, 0) / 1000;
        result.observe(seconds, { [ATTRIBUTES.table]: table });
      }
    });
    observe(this.#meter, METRICS.sinkLag, async (result) => {
      const lags = sink()?.lag();
      if (lags === undefined) return;
      for (const [table, lag] of (await answer(lags)) ?? []) result.observe(lag, { [ATTRIBUTES.table]: table });
    });
  }
}

function watchWebhook(meter: Meter, webhook: NonNullable<Watched['webhook']>): void {
  observe(meter, METRICS.webhookTries, (result) => {
    const stats = webhook()?.stats();
    if (stats === undefined) return;
    const { delivered, failed, givenUp, skipped } = stats;
    observeBy(result, ATTRIBUTES.outcome, { delivered, failed, given_up: givenUp, skipped });
  });
  observe(meter, METRICS.webhookWaiting, (result) => {
    const stats = webhook()?.stats();
    if (stats === undefined) return;
    const { waitingSince } = stats;
    result.observe(waitingSince === null ? 0 : (Date.now() - waitingSince) / 1000);
  });
  observe(meter, METRICS.webhookLag, async (result) => {
    const asked = webhook()?.lag();
    const lag = asked === undefined ? undefined : await answer(asked);
    if (lag !== undefined) result.observe(lag);
  });
}

const PROCESS = { [ATTRIBUTES.topic]: EVENTS_TOPIC, [ATTRIBUTES.operation]: 'process' };
const FETCH = { [ATTRIBUTES.topic]: EVENTS_TOPIC, [ATTRIBUTES.operation]: 'fetch' };
const COMMIT = { [ATTRIBUTES.operation]: 'commit' };

function histogram(meter: Meter, { name, unit, doc }: Metric): Histogram {
  return meter.createHistogram(name, { unit, description: doc, advice: { explicitBucketBoundaries: SECONDS } });
}

function observable(meter: Meter, { name, kind, unit, doc }: Metric): Observable {
  const options = { unit, description: doc };
  if (kind === 'counter') return meter.createObservableCounter(name, options);
  return meter.createObservableGauge(name, options);
}

function observe(meter: Meter, metric: Metric, read: (result: ObservableResult) => void | Promise<void>): void {
  observable(meter, metric).addCallback(read);
}

function observeBy(
  result: ObservableResult,
  name: string,
  values: Readonly<Record<string, number>>,
  more: Attributes = {},
): void {
  for (const [value, count] of Object.entries(values)) result.observe(count, { ...more, [name]: value });
}

function failure(error: string | null): Attributes {
  return error === null ? {} : { [ATTRIBUTES.error]: error };
}

/** Undefined when it does not come in time, or cannot be had now. */
async function answer<T>(asked: Promise<T>): Promise<T | undefined> {
  const over = new AbortController();
  const late = pause(ANSWER_MS_MAX, undefined, { signal: over.signal, ref: false }).catch(() => undefined);
  try {
    return await Promise.race([asked.catch(() => undefined), late]);
  } finally {
    over.abort();
  }
}
