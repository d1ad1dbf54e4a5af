import { type Change, emit, set } from '#sdk';
import { type DeviceSilence, type OutageMember, type OutagesState, type OutageVerdict, topics } from '#schemas';
import { type Emit, type Kept, members, type Outcome } from './state.ts';
import { Groups, type Party } from './groups.ts';
import { judge, silentShare, type Verdict } from './verdict.ts';

/** Devices of a tenant that are kept; of others only the number of their records. */
const DEVICES_MAX = 200_000;

/** Silences are judged together, at most so often. */
const PAUSE_MS = 10_000;

/** A silence of so long ago keeps its verdict. */
const SETTLED_MS = 24 * 60 * 60_000;

/** Takes over that a device was heard, or went silent, or had not. */
export function heardOf(before: OutagesState, silence: DeviceSilence, kept: Kept): Outcome {
  const { device, kind, eventTime, noticedAt, reason, cell, operator } = silence;
  const known = kept.members.get(device);
  if (known === undefined && before.devices >= DEVICES_MAX) {
    return { state: { ...before, unkept: before.unkept + 1 } };
  }
  const state = known === undefined ? { ...before, devices: before.devices + 1 } : before;
  const { silentSince: _, noticedAt: __, ...past } = known ?? { ...NOBODY, silentSince: null, noticedAt: null };
  // What heard it last tells whom it depends on, so a silent device stays with those that it had.
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
  // Gateways may be up again.
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
  const changes: Change[] = [];
  const emits: Emit[] = [];
  const down = new Map(before.down.map((each) => [each.gateway, each]));
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
    changes.push(set(members, device, { ...member, verdict: key, revision: revision + 1 }));
    emits.push(verdictOf(whose, noticedAt, revision + 1, verdict, kept));
    const [gateway, ...others] = member.gateways;
    if (verdict.verdict !== 'GATEWAY_OR_BACKHAUL' || gateway === undefined || others.length > 0 || down.has(gateway))
      continue;
    down.set(gateway, { gateway, since: silentSince });
    emits.push(signalOf('RAISED', gateway, silentSince, verdict.detail, kept));
  }
  for (const [gateway, { since }] of down) {
    const ended = endOf(gateway, since, groups.parties, all, kept);
    if (ended === null) continue;
    down.delete(gateway);
    emits.push(ended);
  }
  const next = Number.isFinite(dueAt) ? Math.max(dueAt, logTime + PAUSE_MS) : null;
  const still = [...down.values()].sort((a, b) => (a.gateway < b.gateway ? -1 : 1));
  return { state: { ...before, dueAt: next, judgedAt: logTime, down: still }, changes, emits };
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

/** Tells that a gateway is up again, or never was down; null while it is down. */
function endOf(
  gateway: string,
  since: number,
  parties: readonly Party[],
  all: readonly (readonly [string, OutageMember])[],
  kept: Kept,
): Emit | null {
  const { windowMs, groupShare } = kept.policies.outagePolicy;
  const share = silentShare(gateway, since - windowMs, parties);
  if (share >= groupShare) return null;
  const depend = all.filter(([, member]) => member.gateways.length === 1 && member.gateways[0] === gateway);
  const back = depend.filter(
    ([, member]) => member.silentSince === null && member.verdict === `GATEWAY_OR_BACKHAUL ${gateway}`,
  );
  const retracted = back.filter(([, member]) => member.retracted).length;
  const detail = `${Math.round(share * 100)} % of the ${depend.length} devices that depend on it are silent.`;
  return retracted * 2 > back.length
    ? signalOf('RETRACTED', gateway, kept.meta.logTime, `${detail} ${retracted} had been there all along.`, kept)
    : signalOf('CLEARED', gateway, kept.meta.logTime, detail, kept);
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

const TITLES = {
  RAISED: 'The gateway or its backhaul is down',
  CLEARED: 'The gateway is up again',
  RETRACTED: 'The gateway had never been down',
};

function signalOf(kind: keyof typeof TITLES, gateway: string, eventTime: number, detail: string, kept: Kept): Emit {
  const nobody = { verdict: null, startsAt: null, endsAt: null, actor: null, comment: null };
  const by = { policy: 'outages', policyVersion: kept.versions.outagePolicy };
  return emit(topics.signals, {
    tenant: tenantOf(kept),
    device: gateway,
    kind,
    rule: 'outages.gateway',
    alert: `outages.gateway/${gateway}`,
    severity: 'HIGH',
    title: TITLES[kind],
    detail,
    eventId: null,
    eventTime,
    behind: [],
    ...by,
    ...nobody,
  });
}

function tenantOf({ meta }: Kept): string {
  return meta.key.split('/')[0] ?? '';
}
