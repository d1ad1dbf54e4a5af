import { emit, processor } from '#sdk';
import { alertAcknowledged, maintenanceDeclared, OperatorsState, type Signal, topics, verdictGiven } from '#schemas';

/** A word of an operator that comes after that would mean alerts which are long over. */
const LATENESS_MS = 7 * 24 * 60 * 60_000;

/** Brings what operators say about alerts to where the alerts of their tenant are. */
export const operators = processor({
  name: 'operators',
  version: 1,
  doc: 'Tells the alerts of a tenant what operators say: that they have seen one, what they judge, what is worked on.',
  inputs: { alertAcknowledged, verdictGiven, maintenanceDeclared },
  outputs: [topics.signals],
  state: OperatorsState,
  initial: { said: 0 },
  latenessMs: LATENESS_MS,
  apply: {
    alertAcknowledged: (state, event) => {
      const { alert, comment, actor } = event;
      return said(state, event, { kind: 'ACKNOWLEDGED', alert, comment, actor });
    },
    verdictGiven: (state, event) => {
      const { finding, verdict, comment, actor } = event;
      return said(state, event, { kind: 'JUDGED', alert: finding, verdict, comment, actor });
    },
    maintenanceDeclared: (state, event) => {
      const { startsAt, endsAt, reason, actor } = event;
      return said(state, event, { kind: 'MAINTENANCE', startsAt, endsAt, comment: reason, actor });
    },
  },
});

const NOTHING = {
  rule: '',
  alert: '',
  severity: 'UNKNOWN',
  title: '',
  detail: '',
  behind: [],
  policy: null,
  policyVersion: null,
  verdict: null,
  startsAt: null,
  endsAt: null,
} as const;

type Whose = Pick<Signal, 'tenant' | 'device' | 'eventTime'> & { readonly eventId: string };

function said(
  state: OperatorsState,
  { tenant, device, eventId, eventTime }: Whose,
  what: Pick<Signal, 'kind' | 'comment' | 'actor'> & Partial<Signal>,
) {
  const signal = emit(topics.signals, { ...NOTHING, tenant, device, eventId, eventTime, ...what });
  return { state: { said: state.said + 1 }, emits: [signal] };
}
