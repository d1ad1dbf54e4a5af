import { avroType, byteOrder, compiled } from '#runtime/avro.ts';
import { AlertChanged, type Alerting, AlertsState, Signal } from '#schemas';
import type { Admission, Change, Collection, Emission, Entries, Step } from '#sdk';
import { alerts } from '../../../processors/alerts/processor.ts';
import { alerting } from '../../../processors/alerts/policy.ts';

/** 2026-11-01, from which tests count. */
export const START = Date.UTC(2026, 10, 1);
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const stateType = avroType(AlertsState.avro);
const changeType = avroType(AlertChanged.avro);
const signalType = avroType(Signal.avro);
const ADMISSION: Admission = { dedupable: true, missing: null, filled: false, lost: null, reset: false };

/** What a signal says; its time counts from `START`, and is the log time where it is not told. */
export type Said = Partial<Omit<Signal, 'kind'>>;

type Outcome = Step<AlertsState, (typeof alerts)['outputs'][number]>;

/** The alerts of a tenant, folded as the engine does: everything that is kept goes through Avro bytes. */
export class Tenant {
  readonly name: string;
  readonly changes: AlertChanged[] = [];
  policy: Alerting;
  /** Counts from `START`. */
  logTime = 0;
  #state = stateType.toBuffer(alerts.initial);
  readonly #kept = new Map<string, Map<string, Buffer>>();
  #signals = 0;

  constructor({ name = 'acme', ...policy }: Partial<Alerting> & { readonly name?: string } = {}) {
    this.name = name;
    this.policy = { ...alerting.fallback, graceMs: 30 * SECOND, ...policy };
  }

  get state(): AlertsState {
    return stateType.fromBuffer(this.#state) as AlertsState;
  }

  /** What is kept, as bytes: two folds are the same when this is. */
  get bytes(): string {
    const collections = [...this.#kept].sort(([a], [b]) => byteOrder(a, b));
    const entries = collections.map(([name, values]) => [
      name,
      [...values].sort(([a], [b]) => byteOrder(a, b)).map(([key, value]) => [key, value.toString('hex')]),
    ]);
    return JSON.stringify([this.#state.toString('hex'), entries]);
  }

  /** How many entries a collection has. */
  size(collection: string): number {
    return this.#kept.get(collection)?.size ?? 0;
  }

  raise(alert: string, said: Said = {}): this {
    return this.say('RAISED', { alert, ...said });
  }

  clear(alert: string): this {
    return this.say('CLEARED', { alert });
  }

  say(kind: Signal['kind'], said: Said): this {
    const { alert = '' } = said;
    const [rule = '', device = ''] = alert.split('/');
    const logTime = START + this.logTime;
    const cause = { causeTopic: 'fleet.events', causePartition: 0, causeOffset: this.#signals, causePath: 'x/1/0' };
    const signal: Signal = {
      tenant: this.name,
      device,
      kind,
      rule,
      alert,
      severity: 'MEDIUM',
      title: `${rule} of ${device}`,
      detail: '',
      eventId: String(this.#signals++).padStart(32, '0'),
      eventTime: logTime,
      behind: [],
      policy: null,
      policyVersion: null,
      verdict: null,
      startsAt: null,
      endsAt: null,
      actor: null,
      comment: null,
      ...cause,
      logTime,
      ...said,
    };
    const read = signalType.fromBuffer(signalType.toBuffer(signal)) as Signal;
    this.#take(alerts.apply.signals(this.state, read, this.#context));
    return this;
  }

  /** Fires what is due until then, as the engine does at a tick. */
  tick(time: number): this {
    this.logTime = Math.max(this.logTime, time);
    for (;;) {
      const at = alerts.deadline?.(this.state, this.#inForce) ?? null;
      if (at === null || at > START + this.logTime) return this;
      this.#take(alerts.expire?.(this.state, at, this.#context) as Outcome);
      const next = alerts.deadline?.(this.state, this.#inForce) ?? null;
      if (next !== null && next <= at) throw new Error(`the deadline stands still at ${next}`);
    }
  }

  /** Changes the policy, and visits the tenant at the next tick, as the engine does. */
  decide(policy: Partial<Alerting>): this {
    this.policy = { ...this.policy, ...policy };
    this.logTime += SECOND;
    this.tick(this.logTime);
    this.#take(alerts.revisit?.(this.state, this.#context) as Outcome);
    return this;
  }

  /** One word for each change so far: what it is, of which alert, and why it is not delivered. */
  get told(): readonly string[] {
    return this.changes.map(({ change, alert, withheld }) => [change, alert, withheld ?? 'DELIVERED'].join(' '));
  }

  /** The same of what came since the last call. */
  news(): readonly string[] {
    const told = this.told.slice(this.#read);
    this.#read = this.changes.length;
    return told;
  }
  #read = 0;

  get newest(): AlertChanged {
    return this.changes.at(-1) as AlertChanged;
  }

  get #inForce() {
    return { policies: { alerting: this.policy }, versions: { alerting: 3 } };
  }

  get #context() {
    const key = `${this.name}/alerts`;
    const meta = {
      key,
      logTime: START + this.logTime,
      partition: 0,
      offset: this.#signals,
      heardSince: 0,
      admission: ADMISSION,
    };
    const { alerts: kept, outages, maintenances } = alerts.collections as NonNullable<(typeof alerts)['collections']>;
    const entries = {
      alerts: this.#entries(kept),
      outages: this.#entries(outages),
      maintenances: this.#entries(maintenances),
    };
    return { meta, ...this.#inForce, ...entries };
  }

  #entries<T>({ name, value }: Collection<T>): Entries<T> {
    const type = compiled(value.avro);
    const values = this.#kept.get(name) ?? new Map<string, Buffer>();
    const read = (bytes: Buffer | undefined) => (bytes === undefined ? undefined : (type.fromBuffer(bytes) as T));
    return {
      get: (subkey) => read(values.get(subkey)),
      *range(from, to) {
        const keys = [...values.keys()].filter((key) => byteOrder(key, from) >= 0 && byteOrder(key, to) < 0);
        for (const key of keys.sort(byteOrder)) yield [key, read(values.get(key)) as T] as const;
      },
    };
  }

  #take({ state, changes = [], emits = [] }: Outcome): void {
    this.#state = stateType.toBuffer(state);
    for (const change of changes) this.#keep(change);
    for (const [index, { value }] of (emits as readonly Emission[]).entries()) {
      const cause = { causeTopic: 'fleet.events', causePartition: 0, causeOffset: this.#signals };
      const record = { ...(value as object), ...cause, causePath: `alerts/3/${index}`, logTime: START + this.logTime };
      this.changes.push(changeType.fromBuffer(changeType.toBuffer(record)) as AlertChanged);
    }
  }

  #keep({ collection, subkey, value }: Change): void {
    const values = this.#kept.get(collection.name) ?? new Map<string, Buffer>();
    this.#kept.set(collection.name, values);
    if (value === null) values.delete(subkey);
    else values.set(subkey, compiled(collection.value.avro).toBuffer(value));
  }
}
