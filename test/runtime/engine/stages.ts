import { type AvroField, emit, policy, processor, type Schema, schema, topic } from '#sdk';
import { Gap, type Signal, telemetryReported, topics } from '#schemas';

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
    outputs: [topics.signals],
    state: Story,
    initial: { told: '', dueAt: null },
    latenessMs: WEEK_MS,
    apply: {
      telemetryReported: (state, { device, eventId, eventTime }, { meta }) => ({
        state: { ...state, dueAt: meta.logTime + 2_500 },
        emits: [emit(topics.signals, signalOf('acme', device, eventTime, `${name} ${device} ${eventId.slice(0, 4)}`))],
      }),
    },
    deadline: ({ dueAt }) => dueAt,
    expire: (state, at, { meta }) => ({
      state: { ...state, dueAt: null },
      emits: [emit(topics.signals, signalOf('acme', meta.key.slice(5), at, `${name} ${meta.key} silent`))],
    }),
  });
}

/** Writes down what it hears, in order, and tells it from time to time. */
export const listener = processor({
  name: 'listener',
  version: 3,
  doc: 'Writes down what it hears, in order.',
  inputs: { signal: topics.signals },
  outputs: [heard],
  state: Story,
  policies: { telling },
  initial: { told: '', dueAt: null },
  latenessMs: Infinity,
  apply: {
    signal(state, { title, device }: Signal, { meta, policies, versions }) {
      const told = `${state.told};${title}`.slice(-2_000);
      const source = `${policies.telling.prefix}${versions.telling} ${told.length} ${title} ${meta.offset}`;
      const emits = [emit(heard, gapOf(device, meta.logTime, source))];
      return { state: { told, dueAt: state.dueAt ?? meta.logTime + policies.telling.everyMs }, emits };
    },
  },
  deadline: ({ dueAt }) => dueAt,
  expire: (state, at, { meta }) => ({
    state: { ...state, dueAt: null },
    emits: [emit(heard, gapOf('summary', at, `${meta.logTime} ${state.told}`))],
  }),
});

function signalOf(tenant: string, device: string, eventTime: number, title: string) {
  const who = { actor: null, comment: null, eventId: null };
  return { ...NOTHING, ...NOBODY, ...who, tenant, device, eventTime, title, alert: `told/${device}` };
}

export function gapOf(device: string, eventTime: number, source: string) {
  const about = { tenant: 'acme', device, eventId: '', eventTime, receivedAt: eventTime, source, epoch: null };
  return { ...about, kind: 'LATE' as const, firstSequence: null, lastSequence: null, count: 1 };
}

function declared<T>(name: string, fields: readonly Omit<AvroField, 'doc' | 'dataClass'>[]): Schema<T> {
  const whole = fields.map((field) => ({ ...field, doc: 'Of a test.', dataClass: 'operational' as const }));
  return schema<T>({ type: 'record', name, namespace: 'example', doc: 'Of a test.', fields: whole });
}
