import { deviceLogged, OperatorsState, topics } from '#schemas';
import { emit, processor } from '#sdk';

const NOTHING = { detail: '', policy: null, policyVersion: null, verdict: null } as const;
const NOBODY = { startsAt: null, endsAt: null, actor: null, comment: null } as const;

/** Raises `connectivity.offline` where a device logs "down <gateway>", and clears it where it logs "up". */
export const watcher = processor({
  name: 'watcher',
  version: 1,
  doc: 'Raises what devices log.',
  inputs: { deviceLogged },
  outputs: [topics.signals],
  state: OperatorsState,
  initial: { said: 0 },
  latenessMs: 7 * 24 * 3_600_000,
  apply: {
    deviceLogged(state, { tenant, device, eventId, eventTime, message }) {
      const [word, ...behind] = message.split(' ');
      const kind = word === 'down' ? ('RAISED' as const) : ('CLEARED' as const);
      const rule = 'connectivity.offline';
      const about = { tenant, device, kind, rule, alert: `${rule}/${device}`, severity: 'HIGH' as const, behind };
      const signal = { ...NOTHING, ...NOBODY, ...about, title: `${device} is offline`, eventId, eventTime };
      return { state: { said: state.said + 1 }, emits: [emit(topics.signals, signal)] };
    },
  },
});
