import { avroType } from '#runtime/avro.ts';
import { TwinDelta, TwinRejected, TwinState, TwinChanged, type TwinDesired, type TwinReported } from '#schemas';
import { type Admission, type Context, type Emission, parseJsonText } from '#sdk';
import { twin } from '../../../processors/twin/processor.ts';

/** 2026-11-01, from which tests count. */
export const START = Date.UTC(2026, 10, 1);

const NO_POLICIES = { policies: {}, versions: {} };
export const stateType = avroType(TwinState.avro);
const outputs = new Map([TwinChanged, TwinDelta, TwinRejected].map((schema) => [schema.name, avroType(schema.avro)]));
const ADMISSION: Admission = { dedupable: true, missing: null, filled: false, lost: null, reset: false };

/** What an event says besides its patch; its time counts from `START`. */
export interface Said {
  readonly time?: number;
  readonly sequence?: number | null;
  readonly eventId?: string;
  readonly historical?: boolean;
  readonly expectedVersion?: number | null;
  readonly rejected?: Readonly<Record<string, string>>;
}

/** A device's twin, folded event by event; its state goes through Avro bytes between any two. */
export class Device {
  readonly name: string;
  /** Counts from `START`, as all times here. */
  logTime = 0;
  bytes = stateType.toBuffer(twin.initial);
  readonly changes: TwinChanged[] = [];
  readonly deltas: TwinDelta[] = [];
  readonly rejections: TwinRejected[] = [];
  #events = 0;

  constructor(name = 'd1') {
    this.name = name;
  }

  get state(): TwinState {
    return stateType.fromBuffer(this.bytes) as TwinState;
  }

  report(patch: object | string, said: Said = {}): this {
    return this.take('twinReported', this.event(patch, said));
  }

  ask(patch: object | string, said: Said = {}): this {
    return this.take('twinDesired', this.event(patch, said));
  }

  /** Fires what is due until that log time, as the engine does at a tick. */
  tick(time: number): this {
    for (;;) {
      const { state } = this;
      const at = twin.deadline?.(state, NO_POLICIES) ?? null;
      if (at === null || at > START + time) return this;
      const next = twin.expire?.(state, at, this.#context).state ?? state;
      if ((twin.deadline?.(next, NO_POLICIES) ?? Infinity) <= at)
        throw new Error('expire left the deadline where it was');
      this.bytes = stateType.toBuffer(next);
    }
  }

  event(patch: object | string, said: Said): TwinReported & TwinDesired {
    const number = ++this.#events;
    const { time = number, sequence = number, historical = false, expectedVersion = null, rejected = {} } = said;
    const eventTime = START + time;
    return {
      tenant: 'acme',
      device: this.name,
      eventId: said.eventId ?? number.toString(16).padStart(32, '0'),
      eventTime,
      deviceTime: eventTime,
      receivedAt: eventTime,
      clockSuspect: false,
      source: 'test',
      sourceAddress: null,
      region: null,
      epoch: null,
      sequence,
      historical,
      correlationId: null,
      keyId: null,
      payloadBytes: 0,
      patch: typeof patch === 'string' ? patch : JSON.stringify(patch),
      expectedVersion,
      rejected,
      actor: null,
    };
  }

  take(kind: 'twinReported' | 'twinDesired', event: TwinReported & TwinDesired): this {
    const { state, emits = [] } = twin.apply[kind](this.state, event, this.#context);
    this.bytes = stateType.toBuffer(state);
    for (const emission of emits) this.#keep(emission);
    return this;
  }

  get reported(): unknown {
    return parseJsonText(this.changes.at(-1)?.reported ?? '{}');
  }

  get desired(): unknown {
    return parseJsonText(this.changes.at(-1)?.desired ?? '{}');
  }

  /** Codes of the rejections so far. */
  get codes(): readonly string[] {
    return this.rejections.map(({ code }) => code);
  }

  /** Path to status, of the newest delta. */
  get statuses(): Readonly<Record<string, string>> {
    return Object.fromEntries((this.deltas.at(-1)?.paths ?? []).map(({ path, status }) => [path, status]));
  }

  /** The newest delta as an object. */
  get delta(): unknown {
    return parseJsonText(this.deltas.at(-1)?.delta ?? '{}');
  }

  get #context(): Context<Readonly<Record<never, never>>> {
    const meta = {
      key: `acme/${this.name}`,
      logTime: START + this.logTime,
      heardSince: 0,
      partition: 0,
      offset: 0,
      admission: ADMISSION,
    };
    return { meta, ...NO_POLICIES };
  }

  get #cause() {
    const { logTime, offset: causeOffset } = this.#context.meta;
    return { causeTopic: 'fleet.events', causePartition: 0, causeOffset, causePath: 'twin/1/0', logTime };
  }

  #keep({ topic, value }: Emission): void {
    const type = outputs.get(topic.value.name);
    if (type === undefined) throw new Error(`${topic.name} is no output of the twin`);
    const read: unknown = type.fromBuffer(type.toBuffer({ ...(value as object), ...this.#cause }));
    const kept: unknown[] =
      topic.value === TwinChanged ? this.changes : topic.value === TwinDelta ? this.deltas : this.rejections;
    kept.push(read);
  }
}
