import { type OutageMember, type OutagePolicy, type OutageVerdict, subscriptionsName } from '#schemas';
import { binomialTail } from './binomial.ts';
import { type Counted, type Group, type Groups, less, type Silence } from './groups.ts';

/** Groups that a silence is compared with; each is a chance to err. */
const GROUPS = 5;

/** What a silence is judged to be. */
export type Verdict = Pick<
  OutageVerdict,
  'verdict' | 'groupKind' | 'groupName' | 'silent' | 'members' | 'probability' | 'devices' | 'detail'
>;

/**
 * Judges why a device went silent, from who else did within the window: beginning with those that depend on the same
 * gateways alone, then its cell, its operator, and all. A wider cause takes the place of a narrower one only where the
 * silence reaches beyond it, and is none where those nearest to the device are heard. By chance alone, that is if every
 * device goes silent independently of the others and with no more than the policy's share, no more than `falseShare` of
 * silences are given a cause in common.
 */
export function judge(
  { device, since }: Silence,
  place: Pick<OutageMember, 'gateways' | 'cell' | 'operator'>,
  groups: Groups,
  policy: OutagePolicy,
): Verdict {
  let narrower: Group | null = null;
  let found: Verdict | null = null;
  let alone: Counted | null = null;
  const wider = groups.of(place);
  for (const group of wider) {
    const { kind, name, parties } = group;
    const whole = group.counted(since, policy);
    // Who is in the narrower group is explained by it already.
    const rest = narrower === null ? whole : less(whole, groups.shared(narrower, group).counted(since, policy));
    alone ??= parties.length > 0 && kind !== 'tenant' ? rest : null;
    // A wider cause would have silenced these too.
    if (whole.members >= policy.groupSilent && whole.silent < policy.groupShare * whole.members) break;
    const others = found === null ? 1 : 0;
    const isMany = rest.silent >= policy.groupSilent && rest.silent >= policy.groupShare * rest.members;
    if (!isMany) continue;
    const probability = binomialTail(rest.silent - others, rest.members - others, policy.aloneShare);
    if (probability > policy.falseShare / GROUPS) continue;
    narrower = group;
    found = shared(kind, name, { whole, first: group.firstSilent(since, policy) }, probability, policy);
  }
  return found ?? ofSubscriptions(since, wider, policy) ?? byItself(device, alone);
}

/**
 * More of an operator's devices than chance explains, in whatever cells, while most of them go on: what they have in
 * common is no place.
 */
function ofSubscriptions(since: number, groups: readonly Group[], policy: OutagePolicy): Verdict | null {
  const group = groups.find(({ kind, parties }) => kind === 'operator' && parties.length > 0);
  if (group === undefined) return null;
  const whole = group.counted(since, policy);
  if (whole.silent < policy.groupSilent || whole.silent >= policy.groupShare * whole.members) return null;
  const probability = binomialTail(whole.silent - 1, whole.members - 1, policy.aloneShare);
  if (probability > policy.falseShare / GROUPS) return null;
  const name = subscriptionsName(group.name);
  return shared('subscriptions', name, { whole, first: group.firstSilent(since, policy) }, probability, policy);
}

const CAUSES = {
  gateway: 'GATEWAY_OR_BACKHAUL',
  cell: 'OPERATOR_OR_CELL',
  operator: 'OPERATOR_OR_CELL',
  subscriptions: 'OPERATOR_OR_CELL',
  tenant: 'INGEST',
} as const;

const PHRASES = {
  gateway: 'that depend on the same gateways',
  cell: 'in the same cell',
  operator: 'of the same operator',
  subscriptions: 'of the same operator, of which most go on,',
  tenant: 'of all places',
};

function shared(
  kind: keyof typeof CAUSES,
  groupName: string,
  { whole: { silent, members }, first }: { readonly whole: Counted; readonly first: readonly Silence[] },
  probability: number,
  { windowMs, aloneShare }: OutagePolicy,
): Verdict {
  const detail =
    `${silent} of the ${members} devices ${PHRASES[kind]} went silent within ${windowMs / 60_000} min of it. ` +
    `If each did so independently of the others, ${aloneShare * 100} % of them in that time, so many would have a ` +
    `probability of ${probability.toExponential(1)} at most.`;
  const devices = first.map(({ device }) => device);
  const group = { groupKind: kind, groupName, silent, members };
  return { verdict: CAUSES[kind], ...group, probability, devices, detail };
}

function byItself(device: string, alone: Counted | null): Verdict {
  const { silent, members } = alone ?? { silent: 1, members: 1 };
  const like = alone === null ? 'Nothing is known of what it is connected through.' : '';
  const detail = `${silent} of the ${members} devices most like it went silent, itself included: no more than may be by chance. ${like}`;
  const group = { groupKind: '', groupName: '', silent, members, probability: null };
  return { verdict: 'DEVICE', ...group, devices: [device], detail: detail.trimEnd() };
}
