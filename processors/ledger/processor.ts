import {
  type Admission,
  emit,
  type Envelope,
  type Meta,
  processor,
  type Refusal,
  type SequenceRange,
  type Step,
} from '#sdk';
import {
  alertAcknowledged,
  authorizationRefused,
  batteryReported,
  behaviourReported,
  connectionAttempted,
  deviceCrashed,
  deviceDescribed,
  deviceLogged,
  deviceRebooted,
  type Gap,
  LedgerState,
  linkReported,
  maintenanceDeclared,
  sessionEnded,
  type SessionEnded,
  sessionStarted,
  type SessionStarted,
  telemetryReported,
  topics,
  twinDesired,
  twinReported,
  verdictGiven,
} from '#schemas';

const { batteries, crashes, descriptions, deviceLogs, gaps, links, reboots, sessions, telemetry } = topics;

/** Thirty days: a device that was away longer sends its stored data into `fleet.late`. */
const LATENESS_MS = 30 * 24 * 60 * 60_000;

/** Admits every event once for all tables, and keeps account of what is missing. */
export const ledger = processor({
  name: 'ledger',
  version: 1,
  doc: 'Admits each event of a device once, for all tables, and keeps account of what was lost, late, repeated or reset.',
  inputs: {
    telemetryReported,
    linkReported,
    batteryReported,
    behaviourReported,
    sessionStarted,
    sessionEnded,
    connectionAttempted,
    authorizationRefused,
    deviceDescribed,
    deviceRebooted,
    deviceCrashed,
    deviceLogged,
    twinReported,
    twinDesired,
    verdictGiven,
    maintenanceDeclared,
    alertAcknowledged,
  },
  outputs: [telemetry, links, sessions, batteries, descriptions, reboots, crashes, deviceLogs, gaps],
  state: LedgerState,
  initial: { missing: 0, lost: 0, duplicates: 0, late: 0, resets: 0 },
  latenessMs: LATENESS_MS,
  gatekeeper: true,
  apply: {
    // The very same object, so that the engine can take the event's bytes over.
    telemetryReported: (state, event, { meta }) => admitted(state, event, meta, emit(telemetry, event)),
    linkReported: (state, event, { meta }) => admitted(state, event, meta, emit(links, event)),
    sessionStarted: (state, event, { meta }) => admitted(state, event, meta, session(event, 'STARTED')),
    sessionEnded: (state, event, { meta }) => admitted(state, event, meta, session(event, 'ENDED')),
    batteryReported: (state, event, { meta }) => admitted(state, event, meta, emit(batteries, event)),
    deviceDescribed: (state, event, { meta }) => admitted(state, event, meta, emit(descriptions, event)),
    deviceRebooted: (state, event, { meta }) => admitted(state, event, meta, emit(reboots, event)),
    deviceCrashed: (state, event, { meta }) => admitted(state, event, meta, emit(crashes, event)),
    deviceLogged: (state, event, { meta }) => admitted(state, event, meta, emit(deviceLogs, event)),
    behaviourReported: counting,
    connectionAttempted: counting,
    authorizationRefused: counting,
    twinReported: counting,
    twinDesired: counting,
    verdictGiven: counting,
    maintenanceDeclared: counting,
    alertAcknowledged: counting,
  },
  refused(state, refusal, { meta }) {
    const found = [...findings(refusal.event, meta.admission), refusalFinding(refusal)];
    return { state: counted(state, found), emits: gapsOf(refusal.event, found) };
  },
});

type Outcome = Step<
  LedgerState,
  | typeof telemetry
  | typeof links
  | typeof sessions
  | typeof batteries
  | typeof descriptions
  | typeof reboots
  | typeof crashes
  | typeof deviceLogs
  | typeof gaps
>;
type Kind = Gap['kind'];

/** One thing that an event shows about completeness. */
interface Finding {
  readonly kind: Kind;
  readonly range: SequenceRange | null;
}

/** Of an event that has no table here: its number counts all the same. */
function counting(state: LedgerState, event: Envelope, { meta }: { readonly meta: Meta }): Outcome {
  return admitted(state, event, meta, null);
}

function admitted(
  state: LedgerState,
  event: Envelope,
  { admission }: Meta,
  record: NonNullable<Outcome['emits']>[number] | null,
): Outcome {
  const found = findings(event, admission);
  if (found.length === 0) return record === null ? { state } : { state, emits: [record] };
  const gapEmits = gapsOf(event, found);
  return { state: counted(state, found), emits: record === null ? gapEmits : [record, ...gapEmits] };
}

function session({ sessionId, reason, ...event }: SessionStarted | SessionEnded, phase: 'STARTED' | 'ENDED') {
  return emit(sessions, { ...event, phase, sessionId, reason });
}

const NOTHING: readonly Finding[] = [];

function findings(event: Envelope, { missing, filled, lost, reset, dedupable }: Admission): readonly Finding[] {
  if (missing === null && !filled && lost === null && !reset && dedupable) return NOTHING;
  const found: Finding[] = [];
  if (!dedupable) found.push({ kind: 'UNDEDUPABLE', range: null });
  if (reset) found.push({ kind: 'RESET', range: rangeOf(event) });
  if (missing !== null) found.push({ kind: 'MISSING', range: missing });
  if (filled) found.push({ kind: 'FILLED', range: rangeOf(event) });
  if (lost !== null) found.push({ kind: 'LOST', range: lost });
  return found;
}

function refusalFinding({ reason, event }: Refusal): Finding {
  return { kind: reason === 'late' ? 'LATE' : 'DUPLICATE', range: rangeOf(event) };
}

function rangeOf({ sequence }: Envelope): SequenceRange | null {
  return sequence === null ? null : { first: sequence, last: sequence };
}

function gapsOf(event: Envelope, found: readonly Finding[]) {
  const { tenant, device, eventId, eventTime, receivedAt, source, epoch } = event;
  return found.map(({ kind, range }) => {
    const numbers = { firstSequence: range?.first ?? null, lastSequence: range?.last ?? null, count: countOf(range) };
    return emit(gaps, { tenant, device, eventId, eventTime, receivedAt, source, epoch, kind, ...numbers });
  });
}

function countOf(range: SequenceRange | null): number {
  return range === null ? 1 : range.last - range.first + 1;
}

function counted(state: LedgerState, found: readonly Finding[]): LedgerState {
  let { missing, lost, duplicates, late, resets } = state;
  for (const { kind, range } of found) {
    if (kind === 'MISSING') missing += countOf(range);
    else if (kind === 'FILLED') missing -= 1;
    else if (kind === 'LOST') [missing, lost] = [missing - countOf(range), lost + countOf(range)];
    else if (kind === 'DUPLICATE') duplicates += 1;
    else if (kind === 'LATE') late += 1;
    else if (kind === 'RESET') resets += 1;
  }
  return { missing, lost, duplicates, late, resets };
}
