import { EVENTS_TOPIC, policies, type AnyPolicy, PolicyChanged, TENANT_PATTERN } from '#sdk';
import { asBuffer, compiled, FRAME_BYTES, frame } from '../avro.ts';
import { Types } from '../engine/types.ts';
import type { Log, NewRecord } from '../log/log.ts';
import type { Registry } from '../registry/registry.ts';
import { type LivePolicy, nameOf, POLICIES_BYTES_MAX, POLICIES_MAX, readPolicies } from './live.ts';

/** Where policies are decided. */
export interface PoliciesOptions {
  readonly log: Log;
  readonly registry: Registry;
  /** Every policy that is declared. */
  readonly declared: readonly AnyPolicy[];
  /** Of `fleet.events`. */
  readonly partitions: number;
  readonly clock: () => number;
}

/** What an operator wants a policy to be. */
export interface Wish {
  readonly policy: string;
  /** For whom; null for all. */
  readonly tenant: string | null;
  /** Null withdraws it: what stands behind it is in force again. */
  readonly value: unknown;
}

/** What became of a wish. */
export interface Decision {
  readonly policy: string;
  readonly tenant: string | null;
  readonly outcome: 'decided' | 'withdrawn' | 'unchanged';
  /** That it has now, or would have. */
  readonly version: number;
  /** What was decided before; null where nothing was. */
  readonly before: unknown;
  readonly after: unknown;
}

/** A wish that cannot be. */
export class PolicyError extends Error {
  readonly code: 'policy_unknown' | 'policy_invalid' | 'policy_twice' | 'policies_too_many';

  constructor(code: PolicyError['code'], message: string) {
    super(`${code}: ${message}`);
    this.name = 'PolicyError';
    this.code = code;
  }
}

/** Every decision of policies that are declared, as values. */
export async function listPolicies({ log, registry, declared }: PoliciesOptions): Promise<readonly Decision[]> {
  const types = await typesOf(registry, declared, false);
  const live = await readPolicies(log, types);
  const found: Decision[] = [];
  for (const each of live.values()) {
    const { policy, tenant, version } = each.change;
    const value = await valueIn(each, declared, types);
    found.push({ policy, tenant, version, before: value, after: value, outcome: 'unchanged' });
  }
  return found;
}

/**
 * Decides all of them or none: each is written to `fleet.policies` and told to every partition in one transaction.
 * Rejects with `PolicyError` where one cannot be; `dryRun` says what would be done, and writes nothing.
 */
export async function decidePolicies(
  options: PoliciesOptions,
  wishes: readonly Wish[],
  dryRun: boolean,
): Promise<readonly Decision[]> {
  const { log, registry, declared, partitions, clock } = options;
  const wanted = wishes.map((wish) => ({ ...wish, after: checked(wish, declared) }));
  const names = wanted.map(nameOf);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new PolicyError('policy_twice', `${twice} is decided twice; decide it once`);
  const types = await typesOf(registry, declared, !dryRun);
  await log.ensureTopics([
    { name: EVENTS_TOPIC, partitions, cleanup: 'delete' },
    { name: policies.name, partitions: 1, cleanup: policies.cleanup },
  ]);
  // Whoever decides at the same time is fenced, so that no version is given twice.
  const transactor = dryRun ? null : await log.transactor('fleet-policies');
  const live = new Map(await readPolicies(log, types));
  const time = clock();
  const decisions: Decision[] = [];
  const records: NewRecord[] = [];
  for (const { policy, tenant, after } of wanted) {
    const known = live.get(nameOf({ policy, tenant }));
    const before = known === undefined ? null : await valueIn(known, declared, types);
    const version = 1 + (known?.change.version ?? 0);
    const about = { policy, tenant, before, after };
    if (known === undefined ? after === null : isSame(before, after, declaredAs(policy, declared))) {
      decisions.push({ ...about, outcome: 'unchanged', version: version - 1 });
      continue;
    }
    decisions.push({ ...about, outcome: after === null ? 'withdrawn' : 'decided', version });
    const value = after === null ? Buffer.alloc(0) : framed(declaredAs(policy, declared).value, after, types, dryRun);
    const change = { policy, version, tenant, time, value };
    const bytes = framed(PolicyChanged, change, types, dryRun);
    live.set(nameOf(change), { change, bytes });
    records.push(...recordsOf(change, bytes, partitions));
  }
  refuseTooMany(live);
  if (records.length > 0) await transactor?.commit(records);
  return decisions;
}

/** The value in the form in which it is written, with what it leaves out. Throws what is wrong with it. */
function checked({ policy, tenant, value }: Wish, declared: readonly AnyPolicy[]): unknown {
  const declaration = declaredAs(policy, declared);
  if (tenant !== null && !TENANT_PATTERN.test(tenant))
    throw new PolicyError('policy_invalid', `${policy}: a tenant has 1 to 64 letters, digits, and . _ -`);
  if (value === null) return null;
  const type = compiled(declaration.value.avro);
  const errorHook = (path: readonly string[], found: unknown, wanted: { toString(): string }) => {
    const at = path.length === 0 ? '' : ` at /${path.join('/')}`;
    const is = found === undefined ? 'nothing is there, where it needs' : `${JSON.stringify(found)} is not`;
    throw new PolicyError('policy_invalid', `${policy}${at}: ${is} ${brief(wanted)}`);
  };
  if (!type.isValid(value, { errorHook, noUndeclaredFields: true }))
    throw new PolicyError('policy_invalid', `${policy}: the value is no ${declaration.value.avro.name}`);
  const whole = type.fromBuffer(type.toBuffer(value)) as unknown;
  const wrong = declaration.check?.(whole) ?? null;
  if (wrong !== null) throw new PolicyError('policy_invalid', `${policy}: ${wrong}`);
  return whole;
}

function declaredAs(name: string, declared: readonly AnyPolicy[]): AnyPolicy {
  const found = declared.find((policy) => policy.name === name);
  if (found !== undefined) return found;
  const names = declared.map((policy) => policy.name).join(', ') || 'none';
  throw new PolicyError('policy_unknown', `there is no policy ${name}; there are: ${names}`);
}

/** A type in few words: of a record its name, of others their schema. */
function brief(type: { toString(): string }): string {
  const { name } = type as { readonly name?: string };
  return name === undefined ? type.toString() : name.replace(/^fleetstream\./, '');
}

function isSame(before: unknown, after: unknown, { value }: AnyPolicy): boolean {
  if (before === null || after === null) return before === after;
  const type = compiled(value.avro);
  return type.toBuffer(before).equals(type.toBuffer(after));
}

async function typesOf(registry: Registry, declared: readonly AnyPolicy[], isToWrite: boolean): Promise<Types> {
  const types = new Types(registry);
  for (const schema of [PolicyChanged, ...declared.map(({ value }) => value)]) {
    if (isToWrite) await types.register(schema);
    else types.expect(schema);
  }
  return types;
}

/** The value of a decision; null where it was withdrawn, or is of no policy that is declared. */
async function valueIn({ change }: LivePolicy, declared: readonly AnyPolicy[], types: Types): Promise<unknown> {
  const policy = declared.find(({ name }) => name === change.policy);
  return policy === undefined || change.value.length === 0 ? null : types.read(policy.value, change.value);
}

/** Where nothing is written no id is known, and the size is the same with any. */
function framed(schema: AnyPolicy['value'], value: unknown, types: Types, dryRun: boolean): Buffer {
  return frame(types.typeOf(schema), dryRun ? 0 : types.idOf(schema), value);
}

function refuseTooMany(live: ReadonlyMap<string, LivePolicy>): void {
  const bytes = [...live.values()].reduce((sum, each) => sum + asBuffer(each.bytes).length - FRAME_BYTES, 0);
  if (live.size <= POLICIES_MAX && bytes <= POLICIES_BYTES_MAX) return;
  const most = `${POLICIES_MAX} policies of ${POLICIES_BYTES_MAX} bytes together are the most`;
  throw new PolicyError('policies_too_many', `${live.size} of ${bytes} bytes would be in force; ${most}`);
}

function recordsOf(change: PolicyChanged, value: Buffer, partitions: number): NewRecord[] {
  const { time: timestamp } = change;
  const records: NewRecord[] = [
    { topic: policies.name, partition: 0, key: Buffer.from(nameOf(change)), value, timestamp },
  ];
  for (let partition = 0; partition < partitions; partition++)
    records.push({ topic: EVENTS_TOPIC, partition, key: null, value, timestamp });
  return records;
}
