import { type AnyProcessor, type InForce, PolicyChanged, type AnyPolicy } from '#sdk';
import { asBuffer } from '../avro.ts';
import { POLICY_PREFIX, policyKey } from './entries.ts';
import type { Types } from './types.ts';

type Declared = Readonly<Record<string, AnyPolicy>>;

/** A policy as it was decided last, for a tenant or for all. */
interface Decided {
  readonly version: number;
  /** Null where it was withdrawn, so that what stands behind it is in force. */
  readonly value: unknown;
}

/** A change of a policy, as it was read. */
export interface ReadPolicy {
  readonly policy: PolicyChanged;
  /** Its value; null where it was withdrawn, or no processor here asks for it. */
  readonly value: unknown;
  /** The framed change itself. */
  readonly bytes: Buffer;
}

/** What operators have decided, as far as one processor asks for it. */
export class Policies {
  readonly #declared: Declared;
  readonly #byName: ReadonlyMap<string, AnyPolicy>;
  /** By policy and tenant. */
  readonly #decided = new Map<string, Decided>();
  /** By tenant. */
  readonly #inForce = new Map<string, InForce<Declared>>();
  /** Those of the tenant that was asked for last, with what its keys begin with: one asks twice for each event. */
  #last: { readonly prefix: string; readonly inForce: InForce<Declared> } | null = null;
  readonly #nothing: InForce<Declared> | null;

  constructor({ policies = {} }: Pick<AnyProcessor, 'policies'>) {
    this.#declared = policies as Declared;
    this.#byName = new Map(Object.values(this.#declared).map((policy) => [policy.name, policy]));
    this.#nothing = this.#byName.size === 0 ? { policies: {}, versions: {} } : null;
  }

  /** As they are in force for a key, which begins with its tenant. */
  of(key: string): InForce<Declared> {
    if (this.#nothing !== null) return this.#nothing;
    if (this.#last !== null && key.startsWith(this.#last.prefix)) return this.#last.inForce;
    const slash = key.indexOf('/');
    const tenant = key.slice(0, slash);
    const inForce = this.#inForce.get(tenant) ?? this.#become(tenant);
    if (slash >= 0) this.#last = { prefix: `${tenant}/`, inForce };
    return inForce;
  }

  #become(tenant: string): InForce<Declared> {
    const names = Object.entries(this.#declared).map(([name, policy]) => ({ name, ...this.#ofTenant(policy, tenant) }));
    const inForce = {
      policies: Object.fromEntries(names.map(({ name, value }) => [name, value])),
      versions: Object.fromEntries(names.map(({ name, version }) => [name, version])),
    };
    this.#inForce.set(tenant, inForce);
    return inForce;
  }

  /** Takes a change over; gives its key in the changelog, or null where it says nothing new to this processor. */
  change({ policy: { policy, tenant, version }, value }: Omit<ReadPolicy, 'bytes'>): Buffer | null {
    if (!this.#byName.has(policy)) return null;
    const place = placeOf(policy, tenant);
    if (version <= (this.#decided.get(place)?.version ?? 0)) return null;
    this.#decided.set(place, { version, value });
    this.#inForce.clear();
    this.#last = null;
    return policyKey(policy, tenant);
  }

  /** Takes over what the changelog holds; schemas of the values are learned where they are not known. */
  async recall(changes: readonly Uint8Array[], types: Types, learn: (id: number) => Promise<void>): Promise<void> {
    for (const bytes of changes) {
      const policy = types.decode(PolicyChanged, bytes);
      const id = schemaIdWithin(policy);
      if (id !== null && types.isUnasked(id)) await learn(id);
      this.change({ policy, value: valueOf(policy, this.#byName.get(policy.policy), types) });
    }
  }

  #ofTenant({ name, fallback }: AnyPolicy, tenant: string): Decided {
    const own = this.#decided.get(placeOf(name, tenant));
    if (own !== undefined && own.value !== null) return own;
    const all = this.#decided.get(placeOf(name, null));
    const withdrawn = Math.max(own?.version ?? 0, all?.version ?? 0);
    return all !== undefined && all.value !== null ? all : { version: withdrawn, value: fallback };
  }
}

/** First and last key of what is kept of policies. */
export const POLICY_RANGE = [Buffer.from([POLICY_PREFIX]), Buffer.from([POLICY_PREFIX + 1])] as const;

/** Id of the schema of a policy's value; null where it was withdrawn. */
export function schemaIdWithin({ value }: PolicyChanged): number | null {
  return value.length < 5 ? null : asBuffer(value).readUInt32BE(1);
}

/** What a change says; null where the policy was withdrawn, or is none that is declared. Throws when it is not one. */
export function valueOf(change: PolicyChanged, policy: AnyPolicy | undefined, types: Types): unknown {
  if (policy === undefined || change.value.length === 0) return null;
  const value = types.decode(policy.value, change.value);
  const wrong = policy.check?.(value) ?? null;
  if (wrong !== null) throw new Error(wrong);
  return value;
}

function placeOf(policy: string, tenant: string | null): string {
  return `${policy}\0${tenant ?? ''}`;
}
