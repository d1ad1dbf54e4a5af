/** Why a device went silent, from who else did: counted anew for each silence by looking at every device. */

/** A device: through what it is connected, and its last sign before it went silent; null while it is heard. */
export interface Member {
  readonly device: string;
  readonly gateways: readonly string[];
  readonly cell: string | null;
  readonly operator: string | null;
  readonly silentSince: number | null;
}

export interface Rules {
  readonly windowMs: number;
  readonly aloneShare: number;
  readonly falseShare: number;
  readonly groupShare: number;
  readonly groupSilent: number;
}

export interface Verdict {
  readonly verdict: string;
  readonly groupKind: string;
  readonly groupName: string;
  readonly silent: number;
  readonly members: number;
  readonly probability: number | null;
  readonly devices: readonly string[];
}

interface Group {
  readonly kind: 'gateway' | 'cell' | 'operator' | 'tenant';
  readonly name: string;
  readonly of: readonly Member[];
}

const VERDICTS = { gateway: 'GATEWAY_OR_BACKHAUL', cell: 'OPERATOR_OR_CELL', operator: 'OPERATOR_OR_CELL' };

/** The verdict of a device that is silent. */
export function verdictOf(one: Member, all: readonly Member[], rules: Rules): Verdict {
  const since = one.silentSince as number;
  const { windowMs, groupShare, groupSilent } = rules;
  // Who was there when it went silent, and who went silent with it.
  const present = (of: readonly Member[]) =>
    of.filter((m) => m.silentSince === null || m.silentSince >= since - windowMs);
  const together = (of: readonly Member[]) =>
    present(of).filter(({ silentSince }) => silentSince !== null && silentSince <= since + windowMs);
  const isMost = (of: readonly Member[]) => together(of).length >= groupShare * present(of).length;
  const told = (kind: string, verdict: string, name: string, of: readonly Member[], probability: number): Verdict => {
    const byTime = (a: Member, b: Member) =>
      (a.silentSince as number) - (b.silentSince as number) || (a.device < b.device ? -1 : 1);
    const devices = together(of).toSorted(byTime).slice(0, 10);
    const counts = { silent: together(of).length, members: present(of).length };
    return { verdict, groupKind: kind, groupName: name, ...counts, probability, devices: devices.map((m) => m.device) };
  };

  let cause: { readonly group: Group; readonly probability: number } | null = null;
  const groups = groupsOf(one, all);
  for (const group of groups) {
    // Where most of the nearest are heard, nothing wider is to blame.
    if (present(group.of).length >= groupSilent && !isMost(group.of)) break;
    const explained = new Set(cause?.group.of ?? []);
    const rest = group.of.filter((m) => !explained.has(m));
    if (together(rest).length < groupSilent || !isMost(rest)) continue;
    // The device itself is no evidence of what it has in common with others.
    const itself = cause === null ? 1 : 0;
    const probability = tail(together(rest).length - itself, present(rest).length - itself, rules.aloneShare);
    if (probability <= rules.falseShare / 5) cause = { group, probability };
  }
  if (cause !== null) {
    const { kind, name, of } = cause.group;
    return told(kind, kind === 'tenant' ? 'INGEST' : VERDICTS[kind], name, of, cause.probability);
  }
  const operator = groups.find(({ kind }) => kind === 'operator')?.of ?? [];
  const silent = together(operator).length;
  if (silent >= groupSilent && !isMost(operator)) {
    const probability = tail(silent - 1, present(operator).length - 1, rules.aloneShare);
    const name = `subscriptions:${one.operator ?? ''}`;
    if (probability <= rules.falseShare / 5)
      return told('subscriptions', 'OPERATOR_OR_CELL', name, operator, probability);
  }
  const like = groups.find(({ kind, of }) => kind !== 'tenant' && of.length > 0)?.of ?? [one];
  const counts = { silent: together(like).length, members: present(like).length };
  return { verdict: 'DEVICE', groupKind: '', groupName: '', ...counts, probability: null, devices: [one.device] };
}

/** From narrow to wide. */
function groupsOf({ gateways, cell, operator }: Member, all: readonly Member[]): readonly Group[] {
  const isBehind = (m: Member) => m.gateways.length > 0 && m.gateways.every((each) => gateways.includes(each));
  const isInCell = (m: Member) => cell !== null && m.cell === cell && m.operator === operator;
  return [
    { kind: 'gateway', name: [...gateways].sort().join(', '), of: all.filter(isBehind) },
    { kind: 'cell', name: cell ?? '', of: all.filter(isInCell) },
    { kind: 'operator', name: operator ?? '', of: all.filter((m) => operator !== null && m.operator === operator) },
    { kind: 'tenant', name: '', of: all },
  ];
}

/** At least `k` of `n` with probability `p` each, term by term. */
function tail(k: number, n: number, p: number): number {
  if (k <= n * p) return 1;
  let sum = 0;
  for (let i = k; i <= n; i++) {
    let term = 1;
    for (let j = 1; j <= i; j++) term *= ((n - i + j) / j) * p;
    sum += term * (1 - p) ** (n - i);
  }
  return sum;
}
