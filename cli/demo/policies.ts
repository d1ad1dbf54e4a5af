import type { AnyPolicy } from '#sdk';

/** What a demo decides, so that a few minutes show what takes longer in the field. */
const DECIDED: Readonly<Record<string, object>> = {
  presence: { silenceMs: 60_000 },
  outages: { windowMs: 5 * 60_000, waitMs: 30_000 },
  alerting: { graceMs: 120_000 },
};

/** A policy that is to be decided, as `POST /v1/policies` takes it. */
export interface Decision {
  readonly policy: string;
  readonly tenant: string;
  readonly value: object;
}

/** The policies of the tenants of a demo: those that hold where nobody decides, but for the times. */
export function demoPolicies(declared: readonly AnyPolicy[], tenants: readonly string[]): readonly Decision[] {
  return declared.flatMap(({ name, fallback }) => {
    const own = DECIDED[name];
    if (own === undefined) return [];
    return tenants.map((tenant) => ({ policy: name, tenant, value: { ...(fallback as object), ...own } }));
  });
}
