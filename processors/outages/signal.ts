import { emit } from '#sdk';
import { cellName, operatorName, type OutageMember, type OutagesState, subscriptionsName, topics } from '#schemas';
import type { Emit, Kept } from './state.ts';
import type { Verdict } from './verdict.ts';

/** What may be down, or flap. */
export type Kind = 'gateway' | 'cell' | 'operator' | 'subscriptions' | 'flapping';

export type Down = OutagesState['down'][number];

const SAID: Readonly<Record<Kind, Readonly<Record<'RAISED' | 'CLEARED' | 'RETRACTED', string>> & { rule: string }>> = {
  gateway: {
    rule: 'outages.gateway',
    RAISED: 'The gateway or its backhaul is down',
    CLEARED: 'The gateway is up again',
    RETRACTED: 'The gateway had never been down',
  },
  cell: {
    rule: 'outages.cell',
    RAISED: 'The cell is down',
    CLEARED: 'The cell is up again',
    RETRACTED: 'The cell had never been down',
  },
  operator: {
    rule: 'outages.operator',
    RAISED: 'The network of the operator is down',
    CLEARED: 'The network of the operator is up again',
    RETRACTED: 'The network of the operator had never been down',
  },
  subscriptions: {
    rule: 'outages.subscriptions',
    RAISED:
      'Some of an operator’s devices went silent together, others go on: look at their SIMs, tariff or access point',
    CLEARED: 'Most of the operator’s devices that went silent together are back',
    RETRACTED: 'The operator’s devices had been there all along',
  },
  flapping: {
    rule: 'outages.flapping',
    RAISED: 'Most devices of the cell come and go',
    CLEARED: 'The devices of the cell have calmed down',
    RETRACTED: 'The devices of the cell did not come and go',
  },
};

/** What an alert tells of something that is down, or up again. */
export function signalOf(
  said: 'RAISED' | 'CLEARED' | 'RETRACTED',
  { kind, gateway: name }: Pick<Down, 'kind' | 'gateway'>,
  eventTime: number,
  detail: string,
  kept: Kept,
): Emit {
  const titles = SAID[kind as Kind];
  const { rule } = titles;
  const about = { device: name, kind: said, rule, alert: `${rule}/${name}`, title: titles[said], detail };
  return emit(topics.signals, { ...whole(eventTime, kept), ...about, severity: 'HIGH' });
}

/** What the alert of a silent device stands behind, now that its silence is judged. */
export function behindOf(device: string, name: string, eventTime: number, detail: string, kept: Kept): Emit {
  const rule = 'connectivity.offline';
  const about = { device, rule, alert: `${rule}/${device}`, title: `It is behind ${name}`, detail, behind: [name] };
  return emit(topics.signals, { ...whole(eventTime, kept), ...about, kind: 'BEHIND', severity: 'UNKNOWN' });
}

function whole(eventTime: number, kept: Kept) {
  const nobody = { verdict: null, startsAt: null, endsAt: null, actor: null, comment: null };
  const by = { policy: 'outages', policyVersion: kept.versions.outagePolicy, behind: [] };
  const [tenant = ''] = kept.meta.key.split('/');
  return { tenant, eventId: null, eventTime, ...by, ...nobody };
}

/** What a verdict says is down, as alerts name it; null of a device alone, of several gateways, and of all. */
export function downBy({ groupKind }: Verdict, { gateways, cell, operator }: OutageMember): Omit<Down, 'since'> | null {
  const [gateway, ...others] = gateways;
  if (groupKind === 'gateway' && gateway !== undefined && others.length === 0)
    return { kind: 'gateway', gateway, silent: 0 };
  if (groupKind === 'cell' && cell !== null) return { kind: 'cell', gateway: cellName(operator, cell), silent: 0 };
  if (operator === null) return null;
  if (groupKind === 'operator') return { kind: 'operator', gateway: operatorName(operator), silent: 0 };
  return groupKind === 'subscriptions'
    ? { kind: 'subscriptions', gateway: subscriptionsName(operator), silent: 1 }
    : null;
}
