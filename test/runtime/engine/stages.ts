import { type AvroField, emit, policy, processor, repartition, type Schema, schema, topic } from '#sdk';
import { Gap, Signal, telemetryReported, topics } from '#schemas';

// Two stages whose outcome depends on the order in which the second meets what the first told.

const WEEK_MS = 7 * 24 * 3_600_000;

interface Story {
  readonly told: string;
  readonly dueAt: number | null;
}

/** How often a story is summed up, and how it begins. */
export interface Telling {
  readonly everyMs: number;
  readonly prefix: string;
}

export const Story: Schema<Story> = declared('Story', [
  { name: 'told', type: 'string' },
  { name: 'dueAt', type: ['null', 'long'], default: null },
]);
export const Telling: Schema<Telling> = declared('Telling', [
  { name: 'everyMs', type: 'long' },
  { name: 'prefix', type: 'string' },
]);

export const telling = policy({
  name: 'telling',
  doc: 'How stories are told.',
  value: Telling,
  fallback: { everyMs: 3_000, prefix: '' },
  check: ({ everyMs }) => (everyMs > 0 ? null : 'everyMs must be more than 0'),
});

/** What the second stage has heard. */
export const heard = topic({ name: 'example.heard', doc: 'Of a test.', value: Gap });
/** The same of the third. */
export const heardLast = topic({ name: 'example.heard-last', doc: 'Of a test.', value: Gap });

/** Between the second stage and the third; the first writes there too. */
export const relays = repartition({
  name: 'example.relays',
  doc: 'Of a test.',
  value: Signal,
  keyOf: ({ tenant, device }) => `${tenant}/${device.length % 3}`,
});

const NOTHING = { kind: 'RAISED', rule: 'teller.told', severity: 'LOW', detail: '', behind: [] } as const;
const NOBODY = { policy: null, policyVersion: null, verdict: null, startsAt: null, endsAt: null } as const;

/** Tells each report on, and the silence that follows it. */
export const teller = teller_('teller');
/** Another that does the same. */
export const gossip = teller_('gossip');

function teller_(name: string) {
  return processor({
    name,
    version: 1,
    doc: 'Tells on what devices report.',
    inputs: { telemetryReported },
    outputs: [topics.signals, relays],
    state: Story,
    initial: { told: '', dueAt: null },
    latenessMs: WEEK_MS,
    apply: {
      telemetryReported: (state, { device, eventId, eventTime }, { meta }) => ({
        state: { ...state, dueAt: meta.logTime + 2_500 },
        emits: [
          emit(topics.signals, signalOf(device, eventTime, `${name} ${device} ${eventId.slice(0, 4)}`)),
          emit(relays, signalOf(device, eventTime, `${name} ${device} itself`)),
        ],
      }),
    },
    deadline: ({ dueAt }) => dueAt,
    expire: (state, at, { meta }) => ({
      state: { ...state, dueAt: null },
      emits: [emit(topics.signals, signalOf(meta.key.slice(5), at, `${name} ${meta.key} silent`))],
    }),
  });
}

/** Passes on what it hears, with how much that was. */
export const relay = processor({
  name: 'relay',
  version: 2,
  doc: 'Passes on what it hears.',
  inputs: { signal: topics.signals },
  outputs: [relays],
  state: Story,
  initial: { told: '0', dueAt: null },
  latenessMs: Infinity,
  apply: {
    signal(state, { title, device }: Signal, { meta }) {
      const told = String(Number(state.told) + 1);
      return { state: { ...state, told }, emits: [emit(relays, signalOf(device, meta.logTime, `${told} ${title}`))] };
    },
  },
});

/** Writes down what it hears, in order, and tells it from time to time. */
export const listener = listener_('listener', topics.signals, heard);
/** Does the same behind another stage. */
export const last = listener_('last', relays, heardLast);

function listener_(
  name: string,
  input: typeof topics.signals | typeof relays,
  output: typeof heard | typeof heardLast,
) {
  return processor({
    name,
    version: 3,
    doc: 'Writes down what it hears, in order.',
    inputs: { signal: input },
    outputs: [output],
    state: Story,
    policies: { telling },
    initial: { told: '', dueAt: null },
    latenessMs: Infinity,
    apply: {
      signal(state, { title, device }: Signal, { meta, policies, versions }) {
        const told = `${state.told};${title}`.slice(-2_000);
        const source = `${policies.telling.prefix}${versions.telling} ${told.length} ${title} ${meta.offset}`;
        const emits = [emit(output, gapOf(device, meta.logTime, source))];
        return { state: { told, dueAt: state.dueAt ?? meta.logTime + policies.telling.everyMs }, emits };
      },
    },
    deadline: ({ dueAt }) => dueAt,
    expire: (state, at, { meta }) => ({
      state: { ...state, dueAt: null },
      emits: [emit(output, gapOf('summary', at, `${meta.logTime} ${state.told}`))],
    }),
  });
}

function signalOf(device: string, eventTime: number, title: string) {
  const who = { actor: null, comment: null, eventId: null };
  return { ...NOTHING, ...NOBODY, ...who, tenant: 'acme', device, eventTime, title, alert: `told/${device}` };
}

export function gapOf(device: string, eventTime: number, source: string) {
  const about = { tenant: 'acme', device, eventId: '', eventTime, receivedAt: eventTime, source, epoch: null };
  return { ...about, kind: 'LATE' as const, firstSequence: null, lastSequence: null, count: 1 };
}

function declared<T>(name: string, fields: readonly Omit<AvroField, 'doc' | 'dataClass'>[]): Schema<T> {
  const whole = fields.map((field) => ({ ...field, doc: 'Of a test.', dataClass: 'operational' as const }));
  return schema<T>({ type: 'record', name, namespace: 'example', doc: 'Of a test.', fields: whole });
}
