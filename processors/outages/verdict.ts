import type { OutageMember, OutagePolicy, OutageVerdict } from '#schemas';
import { binomialTail } from './binomial.ts';

/** Groups that a silence is compared with; each is a chance to err. */
const GROUPS = 4;

/** Devices that a verdict names. */
const NAMED_MAX = 10;

export interface Silence {
  readonly device: string;
  /** Last sign before it, ms. */
  readonly since: number;
}

/** Devices that are connected through the same: where, how many are heard, and who is silent. */
export interface Party {
  readonly gateways: readonly string[];
  readonly cell: string | null;
  readonly operator: string | null;
  readonly heard: number;
  readonly silent: readonly Silence[];
}

/** What a silence is judged to be. */
export type Verdict = Pick<
  OutageVerdict,
  'verdict' | 'groupKind' | 'groupName' | 'silent' | 'members' | 'probability' | 'devices' | 'detail'
>;

/** Puts devices that are connected through the same together. */
export function partiesOf(members: Iterable<readonly [device: string, member: OutageMember]>): readonly Party[] {
  const parties = new Map<string, { party: Party; silent: Silence[]; heard: number }>();
  for (const [device, { gateways, cell, operator, silentSince }] of members) {
    const key = JSON.stringify([gateways, cell, operator]);
    const party = { gateways, cell, operator, heard: 0, silent: [] };
    const found = parties.get(key) ?? { party, silent: [], heard: 0 };
    parties.set(key, found);
    if (silentSince === null) found.heard++;
    else found.silent.push({ device, since: silentSince });
  }
  return Array.from(parties.values(), ({ party, silent, heard }) => ({ ...party, silent, heard }));
}

/**
 * Judges why a device went silent, from who else did within the window: beginning with those that depend on the same
 * gateways alone, then its cell, its operator, and all. A wider cause takes the place of a narrower one only where the
 * silence reaches beyond it, and is none where those nearest to the device are heard. By chance alone, that is if every
 * device goes silent independently of the others and with no more than the policy's share, no more than `falseShare` of
 * silences are given a cause in common.
 */
export function judge(
  { device, since }: Silence,
  { gateways, cell, operator }: Pick<OutageMember, 'gateways' | 'cell' | 'operator'>,
  parties: readonly Party[],
  policy: OutagePolicy,
): Verdict {
  const isSame = (party: Party) => party.gateways.length > 0 && party.gateways.every((each) => gateways.includes(each));
  const groups = [
    { kind: 'gateway', name: gateways.join(', '), has: (party: Party) => gateways.length > 0 && isSame(party) },
    {
      kind: 'cell',
      name: cell ?? '',
      has: (party: Party) => cell !== null && party.cell === cell && party.operator === operator,
    },
    { kind: 'operator', name: operator ?? '', has: (party: Party) => operator !== null && party.operator === operator },
    { kind: 'tenant', name: '', has: () => true },
  ] as const;
  let narrower: ReadonlySet<Party> = new Set();
  let found: Verdict | null = null;
  let alone: Counted | null = null;
  for (const { kind, name, has } of groups) {
    const all = parties.filter(has);
    // Who is in the narrower group is explained by it already.
    const beyond = all.filter((party) => !narrower.has(party));
    const rest = counted(beyond, since, policy);
    alone ??= all.length > 0 && kind !== 'tenant' ? rest : null;
    const whole = counted(all, since, policy);
    // A wider cause would have silenced these too.
    if (whole.members >= policy.groupSilent && whole.silent.length < policy.groupShare * whole.members) break;
    const others = found === null ? 1 : 0;
    const probability = binomialTail(rest.silent.length - others, rest.members - others, policy.aloneShare);
    const isMany = rest.silent.length >= policy.groupSilent && rest.silent.length >= policy.groupShare * rest.members;
    if (!isMany || probability > policy.falseShare / GROUPS) continue;
    narrower = new Set(all);
    found = shared(kind, name, whole, probability, policy);
  }
  return found ?? byItself(device, alone);
}

/** How much of those that depend on one gateway alone went silent since a moment and still is, from 0 to 1. */
export function silentShare(gateway: string, from: number, parties: readonly Party[]): number {
  const depend = parties.filter((party) => party.gateways.length === 1 && party.gateways[0] === gateway);
  const silent = depend.flatMap((party) => party.silent).filter(({ since }) => since >= from).length;
  const heard = depend.reduce((all, party) => all + party.heard, 0);
  return silent + heard === 0 ? 0 : silent / (silent + heard);
}

interface Counted {
  /** Who went silent within the window, oldest first. */
  readonly silent: readonly Silence[];
  /** Who was there before: these, and who is heard, or went silent later. */
  readonly members: number;
}

function counted(parties: readonly Party[], since: number, { windowMs }: OutagePolicy): Counted {
  const all = parties.flatMap((party) => party.silent);
  const silent = all.filter((each) => Math.abs(each.since - since) <= windowMs);
  const later = all.filter((each) => each.since > since + windowMs).length;
  const heard = parties.reduce((sum, party) => sum + party.heard, 0);
  return { silent: silent.sort(byTime), members: silent.length + later + heard };
}

const CAUSES = {
  gateway: 'GATEWAY_OR_BACKHAUL',
  cell: 'OPERATOR_OR_CELL',
  operator: 'OPERATOR_OR_CELL',
  tenant: 'INGEST',
} as const;

const PHRASES = {
  gateway: 'that depend on the same gateways',
  cell: 'in the same cell',
  operator: 'of the same operator',
  tenant: 'of all places',
};

function shared(
  kind: keyof typeof CAUSES,
  groupName: string,
  { silent, members }: Counted,
  probability: number,
  { windowMs, aloneShare }: OutagePolicy,
): Verdict {
  const detail =
    `${silent.length} of the ${members} devices ${PHRASES[kind]} went silent within ${windowMs / 60_000} min of it. ` +
    `If each did so independently of the others, ${aloneShare * 100} % of them in that time, so many would have a ` +
    `probability of ${probability.toExponential(1)} at most.`;
  const devices = silent.slice(0, NAMED_MAX).map(({ device }) => device);
  const group = { groupKind: kind, groupName, silent: silent.length, members };
  return { verdict: CAUSES[kind], ...group, probability, devices, detail };
}

function byItself(device: string, alone: Counted | null): Verdict {
  const { silent, members } = alone ?? { silent: [{ device, since: 0 }], members: 1 };
  const like = alone === null ? 'Nothing is known of what it is connected through.' : '';
  const detail = `${silent.length} of the ${members} devices most like it went silent, itself included: no more than may be by chance. ${like}`;
  const group = { groupKind: '', groupName: '', silent: silent.length, members, probability: null };
  return { verdict: 'DEVICE', ...group, devices: [device], detail: detail.trimEnd() };
}

function byTime(a: Silence, b: Silence): number {
  return a.since - b.since || (a.device < b.device ? -1 : 1);
}
