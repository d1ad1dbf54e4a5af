import { cellName, operatorName, type OutageMember, subscriptionsName } from '#schemas';
import type { Party } from './groups.ts';
import { type Down, signalOf } from './signal.ts';
import type { Emit, Kept } from './state.ts';
import { binomialTail } from './binomial.ts';

type Members = readonly (readonly [string, OutageMember])[];

/** What something that is told to be down is now, or how it ended. */
export type Course = { readonly down: Down } | { readonly ended: Emit };

/** Tells that something is up again, or never was down. */
export function courseOf(down: Down, parties: readonly Party[], all: Members, kept: Kept): Course {
  if (down.kind === 'subscriptions') return ofSubscriptions(down, all, kept);
  const { windowMs, groupShare } = kept.policies.outagePolicy;
  const isOf = isPartOf(down);
  const share = silentShare(parties.filter(isOf), down.since - windowMs);
  if (share >= groupShare) return { down };
  const depend = all.filter(([, member]) => isOf(member));
  const back = depend.filter(([, { silentSince, verdict }]) => silentSince === null && verdict === keyOf(down));
  const retracted = back.filter(([, member]) => member.retracted).length;
  const detail = `${Math.round(share * 100)} % of the ${depend.length} devices that depend on it are silent.`;
  const isNone = retracted * 2 > back.length;
  const more = isNone ? ` ${retracted} had been there all along.` : '';
  return { ended: signalOf(isNone ? 'RETRACTED' : 'CLEARED', down, kept.meta.logTime, `${detail}${more}`, kept) };
}

/** How much of the devices went silent since a moment and still is, from 0 to 1. */
function silentShare(parties: readonly Party[], from: number): number {
  const silent = parties.flatMap((party) => party.silent).filter(({ since }) => since >= from).length;
  const heard = parties.reduce((all, party) => all + party.heard, 0);
  return silent + heard === 0 ? 0 : silent / (silent + heard);
}

/** Whether devices are connected through what is down. */
function isPartOf({ kind, gateway: name }: Down) {
  return ({ gateways, cell, operator }: Pick<OutageMember, 'gateways' | 'cell' | 'operator'>): boolean => {
    if (kind === 'gateway') return gateways.length === 1 && gateways[0] === name;
    if (kind === 'cell') return cell !== null && cellName(operator, cell) === name;
    return operator !== null && operatorName(operator) === name;
  };
}

/** Members keep what a silence of theirs was judged to be; a gateway and a cell stand there by their own names. */
function keyOf({ kind, gateway: name }: Down): string {
  return kind === 'gateway'
    ? `GATEWAY_OR_BACKHAUL ${name}`
    : `OPERATOR_OR_CELL ${name.slice(name.lastIndexOf(':') + 1)}`;
}

/** Of subscriptions only those count that were judged so, since the others of the operator never were silent. */
function ofSubscriptions(down: Down, all: Members, kept: Kept): Course {
  const judged = all.filter(([, { operator, verdict }]) => {
    return (
      operator !== null &&
      subscriptionsName(operator) === down.gateway &&
      verdict === `OPERATOR_OR_CELL ${down.gateway}`
    );
  });
  const still = judged.filter(([, { silentSince }]) => silentSince !== null).length;
  const silent = Math.max(down.silent, still);
  if (still >= silent * kept.policies.outagePolicy.groupShare) return { down: { ...down, silent } };
  const back = judged.filter(([, { silentSince }]) => silentSince === null);
  const retracted = back.filter(([, member]) => member.retracted).length;
  const isNone = retracted * 2 > back.length;
  const detail = `${still} of the ${silent} devices are still silent.`;
  return { ended: signalOf(isNone ? 'RETRACTED' : 'CLEARED', down, kept.meta.logTime, detail, kept) };
}

/**
 * Cells whose devices come and go: at least so many of them, and so much of all, that chance does not explain it, were
 * each to do so independently of the others.
 */
export function flappingCells(all: Members, down: ReadonlyMap<string, Down>, kept: Kept) {
  const { groupSilent, groupShare, aloneShare, falseShare } = kept.policies.outagePolicy;
  const cells = new Map<string, { members: number; flapping: number }>();
  for (const [, { operator, cell, flapping }] of all) {
    if (cell === null) continue;
    const name = cellName(operator, cell);
    const { members, flapping: before } = cells.get(name) ?? { members: 0, flapping: 0 };
    cells.set(name, { members: members + 1, flapping: before + Number(flapping) });
  }
  const begun: Down[] = [];
  const emits: Emit[] = [];
  const ended: string[] = [];
  const { logTime } = kept.meta;
  for (const [gateway, { members, flapping }] of [...cells].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const known = down.get(`flapping ${gateway}`);
    const isMost = flapping >= groupShare * members;
    const detail = `${flapping} of the ${members} devices of the cell come and go.`;
    if (known !== undefined && (!isMost || flapping === 0)) {
      ended.push(gateway);
      emits.push(signalOf('CLEARED', known, logTime, detail, kept));
    }
    if (known !== undefined || !isMost || flapping < groupSilent) continue;
    const probability = binomialTail(flapping, members, aloneShare);
    if (probability > falseShare) continue;
    const one = { gateway, since: logTime, kind: 'flapping', silent: 0 };
    begun.push(one);
    const by = `If each did so independently of the others, and ${aloneShare * 100} % of them, so many would have a probability of ${probability.toExponential(1)} at most.`;
    emits.push(signalOf('RAISED', one, logTime, `${detail} ${by}`, kept));
  }
  return { begun, ended, emits };
}
