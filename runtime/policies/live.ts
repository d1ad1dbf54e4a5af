import { policies, PolicyChanged } from '#sdk';
import { asBuffer } from '../avro.ts';
import type { Types } from '../engine/types.ts';
import type { Log } from '../log/log.ts';
import { readPartition } from '../log/read-partition.ts';
import { settledEnd } from '../log/settled-end.ts';

/** Policies that may be decided at once, those of tenants included. */
export const POLICIES_MAX = 1_000;
/** Bytes of all of them: each partition is told the whole set again from time to time. */
export const POLICIES_BYTES_MAX = 256 * 1024;

/** A policy as it was decided last. */
export interface LivePolicy {
  readonly change: PolicyChanged;
  /** The framed change. */
  readonly bytes: Buffer;
}

/** Name of a decision in `fleet.policies`: the policy, and behind a slash the tenant that it is for. */
export function nameOf({ policy, tenant }: Pick<PolicyChanged, 'policy' | 'tenant'>): string {
  return tenant === null ? policy : `${policy}/${tenant}`;
}

/** Every policy that was ever decided, in the order of their names. */
export async function readPolicies(log: Log, types: Types): Promise<ReadonlyMap<string, LivePolicy>> {
  const found = new Map<string, LivePolicy>();
  const end = (await settledEnd(log, policies.name, 0)) ?? 0;
  for await (const records of readPartition(log, { topic: policies.name, partition: 0, offset: 0 }, end)) {
    await types.learnAll(records);
    for (const { value } of records) {
      if (value === null) continue;
      const bytes = Buffer.from(asBuffer(value));
      const change = types.decode(PolicyChanged, bytes);
      found.set(nameOf(change), { change, bytes });
    }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
