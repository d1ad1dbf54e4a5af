import { type Change, emit, set } from '#sdk';
import { cellName, type DeviceSilence, operatorName, type OutageMember, type OutagesState } from '#schemas';
import { type OutageVerdict, subscriptionsName, topics } from '#schemas';
import { type Emit, type Kept, members, type Outcome } from './state.ts';
import { courseOf, flappingCells } from './ending.ts';
import { Groups } from './groups.ts';
import { behindOf, type Down, downBy, signalOf } from './signal.ts';
import { judge, type Verdict } from './verdict.ts';

/** Devices of a tenant that are kept; of others only the number of their records. */
const DEVICES_MAX = 200_000;

/** Silences are judged together, at most so often. */
const PAUSE_MS = 10_000;

/** A silence of so long ago keeps its verdict. */
const SETTLED_MS = 24 * 60 * 60_000;

/** Takes over that a device was heard, went silent, had not, or comes and goes. */
export function heardOf(before: OutagesState, silence: DeviceSilence, kept: Kept): Outcome {
  const { device, kind, eventTime, noticedAt, reason, cell, operator } = silence;
  const known = kept.members.get(device);
  if (known === undefined && before.devices >= DEVICES_MAX) {
    return { state: { ...before, unkept: before.unkept + 1 } };
  }
  const state = known === undefined ? { ...before, devices: before.devices + 1 } : before;
  const { silentSince: _, noticedAt: __, ...past } = known ?? { ...NOBODY, silentSince: null, noticedAt: null };
  // What heard it last tells whom it depends on, so a silent device stays with those that it had.
  if (kind === 'FLAPPING' || kind === 'CALM') {
    const place = { ...past, gateways: [...silence.gateways].sort(), cell, operator, flapping: kind === 'FLAPPING' };
    const member = known === undefined ? { ...NOBODY, ...place } : { ...known, flapping: kind === 'FLAPPING' };
    return { state: due(state, kept.meta.logTime, kept), changes: [set(members, device, member)] };
  }
  const place =
    kind === 'SILENT' && known !== undefined
      ? past
      : { ...past, gateways: [...silence.gateways].sort(), cell, operator };
  if (kind === 'SILENT') {
    const member = { ...place, silentSince: eventTime, noticedAt, reason, verdict: '', retracted: false };
    return {
      state: due(state, noticedAt + kept.policies.outagePolicy.waitMs, kept),
      changes: [set(members, device, member)],
    };
  }
  const retracted = kind === 'RETRACTED' || (known?.silentSince === null && known.retracted);
  const member = { ...place, silentSince: null, noticedAt: null, retracted };
  // What is down may be up again.
  const next =
    (known?.silentSince ?? null) === null && state.down.length === 0 ? state : due(state, kept.meta.logTime, kept);
  if (kind !== 'RETRACTED' || known === undefined) return { state: next, changes: [set(members, device, member)] };
  const revision = known.revision + 1;
  const changes = [set(members, device, { ...member, revision })];
  return { state: next, changes, emits: [verdictOf(silence, noticedAt, revision, retraction(silence), kept)] };
}

/** Judges the silences whose wait is over, and whether gateways are up again. */
export function judged(before: OutagesState, kept: Kept): Outcome {
  const { logTime } = kept.meta;
  const policy = kept.policies.outagePolicy;
  const all = [...kept.members.range('', '\u{10ffff}')];
  const groups = new Groups(all);
  const written = new Map<string, OutageMember>();
  const emits: Emit[] = [];
  const down = new Map(before.down.map((each) => [keyOf(each), each]));
  let dueAt = Infinity;
  for (const [device, member] of all) {
    const { silentSince, noticedAt, revision } = member;
    if (silentSince === null || noticedAt === null || noticedAt < logTime - SETTLED_MS) continue;
    if (noticedAt + policy.waitMs > logTime) {
      dueAt = Math.min(dueAt, noticedAt + policy.waitMs);
      continue;
    }
    const verdict = judge({ device, since: silentSince }, member, groups, policy);
    const key = `${verdict.verdict} ${verdict.groupName}`;
    if (key === member.verdict) continue;
    const whose = { tenant: tenantOf(kept), device, eventTime: silentSince };
    written.set(device, { ...member, verdict: key, revision: revision + 1 });
    emits.push(verdictOf(whose, noticedAt, revision + 1, verdict, kept));
    const cause = downBy(verdict, member);
    const moved = movedBehind(cause, member);
    if (moved !== null) emits.push(behindOf(device, moved, silentSince, verdict.detail, kept));
    if (cause === null || down.has(keyOf(cause))) continue;
    down.set(keyOf(cause), { ...cause, since: silentSince });
    emits.push(signalOf('RAISED', cause, silentSince, verdict.detail, kept));
  }
  // What was changed in this step counts too.
  const now = all.map(([device, member]) => [device, written.get(device) ?? member] as const);
  for (const [key, each] of down) {
    if (each.kind === 'flapping') continue;
    const course = courseOf(each, groups.parties, now, kept);
    if ('down' in course) down.set(key, course.down);
    else {
      down.delete(key);
      emits.push(course.ended);
    }
  }
  const flapping = flappingCells(now, down, kept);
  for (const each of flapping.begun) down.set(keyOf(each), each);
  for (const gateway of flapping.ended) down.delete(`flapping ${gateway}`);
  emits.push(...flapping.emits);
  const next = Number.isFinite(dueAt) ? Math.max(dueAt, logTime + PAUSE_MS) : null;
  const still = [...down.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const changes = Array.from(written, ([device, member]): Change => set(members, device, member));
  return { state: { ...before, dueAt: next, judgedAt: logTime, down: still }, changes, emits };
}

/**
 * What a silent device turns out to be behind where that is not its own place, which its alert names already: its
 * operator or some of its subscriptions, and its place again where a later verdict takes that back.
 */
function movedBehind(cause: Omit<Down, 'since'> | null, { gateways, cell, operator, verdict }: OutageMember) {
  if (operator === null || gateways.length > 0) return null;
  if (cause?.kind === 'operator' || cause?.kind === 'subscriptions') return cause.gateway;
  const wider = [`OPERATOR_OR_CELL ${operator}`, `OPERATOR_OR_CELL ${subscriptionsName(operator)}`];
  if (!wider.includes(verdict)) return null;
  return cell === null ? operatorName(operator) : cellName(operator, cell);
}

function keyOf({ kind, gateway }: Pick<Down, 'kind' | 'gateway'>): string {
  return `${kind} ${gateway}`;
}

const NOBODY: OutageMember = {
  gateways: [],
  cell: null,
  operator: null,
  silentSince: null,
  noticedAt: null,
  reason: '',
  verdict: '',
  revision: 0,
  retracted: false,
  flapping: false,
};

function due(state: OutagesState, at: number, { meta }: Kept): OutagesState {
  const earliest = Math.max(at, meta.logTime, (state.judgedAt ?? -Infinity) + PAUSE_MS);
  return { ...state, dueAt: Math.min(state.dueAt ?? Infinity, earliest) };
}

/** Late events show that it had been there: they came late, or its sessions were only told late. */
function retraction({ device, reason }: DeviceSilence): Verdict {
  const isSession = reason === 'SESSION_ENDED';
  const why = isSession ? 'another session of it had gone on' : 'its events had only come late';
  return {
    verdict: isSession ? 'BOOKKEEPING' : 'INGEST',
    groupKind: '',
    groupName: '',
    silent: 0,
    members: 1,
    probability: null,
    devices: [device],
    detail: `Late events show that it was there all along: ${why}.`,
  };
}

function verdictOf(
  { tenant, device, eventTime }: Pick<OutageVerdict, 'tenant' | 'device' | 'eventTime'>,
  noticedAt: number,
  revision: number,
  verdict: Verdict,
  { versions }: Kept,
): Emit {
  const row = { tenant, device, eventTime, noticedAt, revision, policyVersion: versions.outagePolicy };
  return emit(topics.outageVerdicts, { ...row, ...verdict });
}

function tenantOf({ meta }: Kept): string {
  return meta.key.split('/')[0] ?? '';
}
