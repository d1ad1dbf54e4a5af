import type { OutageMember, OutagePolicy } from '#schemas';

/** Devices that a verdict names. */
const NAMED_MAX = 10;

/** A device that is silent. */
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

/** Puts devices that are connected through the same together. */
function partiesOf(members: Iterable<readonly [device: string, member: OutageMember]>): readonly Party[] {
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

/** Silences within the window of one, and who was there before: these, who is heard, and who went silent later. */
export interface Counted {
  readonly silent: number;
  readonly members: number;
}

/** What is left of a count without a part of it. */
export function less(one: Counted, part: Counted): Counted {
  return { silent: one.silent - part.silent, members: one.members - part.members };
}

/** Devices that may be silent for the same cause. */
export class Group {
  readonly kind: 'gateway' | 'cell' | 'operator' | 'tenant';
  readonly name: string;
  readonly parties: readonly Party[];
  readonly #silent: readonly Silence[];
  readonly #heard: number;

  constructor(kind: Group['kind'], name: string, parties: readonly Party[]) {
    this.kind = kind;
    this.name = name;
    this.parties = parties;
    this.#silent = parties.flatMap((party) => party.silent).sort(byTime);
    this.#heard = parties.reduce((sum, party) => sum + party.heard, 0);
  }

  counted(since: number, { windowMs }: OutagePolicy): Counted {
    const from = this.#firstFrom(since - windowMs);
    const silent = this.#firstFrom(since + windowMs + 1) - from;
    return { silent, members: this.#silent.length - from + this.#heard };
  }

  /** The first of those that are counted. */
  firstSilent(since: number, { windowMs }: OutagePolicy): readonly Silence[] {
    const all = this.#silent.slice(this.#firstFrom(since - windowMs), this.#firstFrom(since + windowMs + 1));
    return all.slice(0, NAMED_MAX);
  }

  /** Index of the first silence at or after a time. */
  #firstFrom(time: number): number {
    let [low, high] = [0, this.#silent.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#silent[middle] as Silence).since < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

type Place = Pick<OutageMember, 'gateways' | 'cell' | 'operator'>;

/** The groups that silences are compared with, each made once: every device of a tenant may be silent at once. */
export class Groups {
  readonly parties: readonly Party[];
  readonly #byGateway: ReadonlyMap<string, readonly Party[]>;
  readonly #groups = new Map<string, Group>();
  readonly #shared = new Map<Group, Map<Group, Group>>();

  constructor(members: Iterable<readonly [device: string, member: OutageMember]>) {
    this.parties = partiesOf(members);
    const byGateway = new Map<string, Party[]>();
    for (const party of this.parties) {
      for (const gateway of party.gateways) {
        const near = byGateway.get(gateway);
        if (near === undefined) byGateway.set(gateway, [party]);
        else near.push(party);
      }
    }
    this.#byGateway = byGateway;
  }

  /** The groups of a place, from narrow to wide. */
  of({ gateways, cell, operator }: Place): readonly Group[] {
    const same = (party: Party) => party.cell === cell && party.operator === operator;
    return [
      this.#group('gateway', gateways.join(', '), () => this.#dependent(gateways)),
      this.#group('cell', cell ?? '', () => (cell === null ? [] : this.parties.filter(same)), operator),
      this.#group('operator', operator ?? '', () => {
        return operator === null ? [] : this.parties.filter((party) => party.operator === operator);
      }),
      this.#group('tenant', '', () => this.parties),
    ];
  }

  /** Who is in both of two groups. */
  shared(one: Group, other: Group): Group {
    if (other.kind === 'tenant') return one;
    const known = this.#shared.get(one)?.get(other);
    if (known !== undefined) return known;
    const parties = new Set(other.parties);
    const both = new Group(
      one.kind,
      one.name,
      one.parties.filter((party) => parties.has(party)),
    );
    this.#shared.set(one, (this.#shared.get(one) ?? new Map<Group, Group>()).set(other, both));
    return both;
  }

  /** Those that depend on no other gateways than these. */
  #dependent(gateways: readonly string[]): readonly Party[] {
    const near = new Set(gateways.flatMap((gateway) => this.#byGateway.get(gateway) ?? []));
    return [...near].filter((party) => party.gateways.every((each) => gateways.includes(each)));
  }

  #group(
    kind: Group['kind'],
    name: string,
    partiesOfIt: () => readonly Party[],
    operator: string | null = null,
  ): Group {
    const key = JSON.stringify([kind, name, operator]);
    const group = this.#groups.get(key) ?? new Group(kind, name, partiesOfIt());
    this.#groups.set(key, group);
    return group;
  }
}

function byTime(a: Silence, b: Silence): number {
  return a.since - b.since || (a.device < b.device ? -1 : 1);
}
