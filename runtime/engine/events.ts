import { type ClockTicked, type Envelope, EVENTS_TOPIC, type EventType } from '#sdk';
import type { LogRecord } from '../log/log.ts';
import { admit } from './admission.ts';
import type { Root } from './emitter.ts';
import type { Forward } from './forward.ts';
import { deadLetterOf, lateEventOf } from './letters.ts';
import type { Content, DecodedEvent, Unreadable } from './reader.ts';
import type { Steps } from './steps.ts';

/** Takes events in as they come: each is admitted once, in time, or refused. */
export class Events {
  readonly #steps: Steps;
  readonly #partition: number;
  readonly #forward: Forward | null;
  readonly #handlers = new Map<string, string>();

  constructor(steps: Steps, partition: number, forward: Forward | null) {
    this.#steps = steps;
    this.#partition = partition;
    this.#forward = forward;
    for (const [name, type] of Object.entries(steps.processor.inputs as Record<string, EventType<Envelope>>)) {
      this.#handlers.set(type.record.name, name);
    }
  }

  take(record: LogRecord, content: Content): void {
    if (content === null) return;
    if ('type' in content) this.#event(record, content);
    else if ('resumed' in content) this.#ticked(record, content);
    else if ('policy' in content) {
      this.#steps.decide(content);
      this.#forward?.decided(content.bytes);
    } else if ('ingress' in content) this.#steps.heardSince = this.#steps.logTime;
    else if ('code' in content && this.#steps.processor.gatekeeper === true) this.#unreadable(record, content);
  }

  /** Everything that was taken in was folded too. */
  unfolded(): null {
    return null;
  }

  readsAgain(): null {
    return null;
  }

  #event(record: LogRecord, content: DecodedEvent): void {
    const steps = this.#steps;
    const { type, value: event } = content;
    const handler = this.#handlers.get(type.record.name);
    if (handler === undefined) return;
    const root = this.#rootOf(record, record.key as Uint8Array, content);
    const entry = steps.keyed.entry(content.key);
    const { outcome, admission } = admit(entry.window, event);
    if (outcome === 'duplicate') {
      steps.counts.duplicates++;
      steps.refuse(root, entry, { reason: 'duplicate', event }, admission);
      return;
    }
    steps.keyed.touch(entry);
    const { processor, logTime } = steps;
    const beyondLateness = logTime > 0 && logTime - event.eventTime > processor.latenessMs;
    if (outcome === 'beyond' || beyondLateness) {
      steps.counts.late++;
      const index = steps.refuse(root, entry, { reason: 'late', event }, admission);
      const code = outcome === 'beyond' ? 'beyond_admission' : 'beyond_lateness';
      steps.emit(root, [lateEventOf(record, event, { code, processor, eventType: type.record.name })], index);
      return;
    }
    steps.apply(root, entry, handler, event, admission);
  }

  #ticked(record: LogRecord, tick: ClockTicked): void {
    const steps = this.#steps;
    if (tick.number <= steps.tick) return;
    if (tick.resumed) steps.heardSince = tick.time;
    const at = { ...this.#rootOf(record, NO_KEY, null), epoch: tick.number };
    steps.pass(tick, at);
    this.#forward?.passed(tick, record.offset, steps.heardSince);
  }

  #unreadable(record: LogRecord, { code, detail }: Unreadable): void {
    const { counts, logTime, processor } = this.#steps;
    counts.deadLettered++;
    const place = { topic: EVENTS_TOPIC, partition: this.#partition };
    const letter = deadLetterOf(record, place, { code, detail, origin: processor.name, time: logTime });
    this.#steps.emit(this.#rootOf(record, record.key ?? NO_KEY, null), [letter], 0);
  }

  /** Valid until the next one: it is read until its step is over. */
  #rootOf(record: LogRecord, key: Uint8Array, event: DecodedEvent | null): Root {
    const { logTime, tick } = this.#steps;
    ROOT.partition = this.#partition;
    ROOT.offset = record.offset;
    ROOT.timestamp = record.timestamp;
    ROOT.key = key;
    ROOT.event = event;
    ROOT.record = record;
    ROOT.logTime = logTime;
    ROOT.epoch = tick + 1;
    return ROOT;
  }
}

const NO_KEY = new Uint8Array();

/** Filled anew for each record, since one for each would be a fifteenth of all that an event allocates. */
const ROOT: { -readonly [Member in keyof Root]: Root[Member] } = {
  topic: EVENTS_TOPIC,
  partition: 0,
  offset: 0,
  path: '',
  timestamp: 0,
  key: NO_KEY,
  event: null,
  record: null,
  logTime: 0,
  epoch: 0,
};
