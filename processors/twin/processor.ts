import { emit, processor, type Step } from '#sdk';
import {
  type LeafWrite,
  type PatchProblem,
  parsePatch,
  SECTION_BYTES_MAX,
  topics,
  type TwinDesired,
  type TwinLeaf,
  type TwinReported,
  TwinState,
  twinDesired,
  twinReported,
  utf8Bytes,
} from '#schemas';
import { concerns, deltaOf, differ, statusesOf, supersededBy } from './delta.ts';
import { changesOf, documentOf } from './document.ts';
import { merge, mergeFlat } from './leaves.ts';
import { readRefusals } from './refusals.ts';
import { deadlineOf, forget, LATENESS_MS } from './tombstones.ts';

const { twinChanges, twinDeltas, twinRejections } = topics;

/** Folds what devices report and operators ask for into a twin: for each path the newest write by event time. */
export const twin = processor({
  name: 'twin',
  version: 1,
  doc: 'Keeps what each device reported and what was asked of it, path by path by event time, and how the two differ.',
  inputs: { twinReported, twinDesired },
  outputs: [twinChanges, twinDeltas, twinRejections],
  state: TwinState,
  initial: { version: 0, reported: [], desired: [], refused: [], reportedAt: null, desiredAt: null },
  latenessMs: LATENESS_MS,
  apply: {
    twinReported: (state, event) => fold(state, event, 'REPORTED', event.rejected),
    twinDesired: (state, event) => fold(state, event, 'DESIRED', {}),
  },
  deadline: deadlineOf,
  expire: (state, at) => ({ state: forget(state, at) }),
});

/**
 * What is kept of a section, deletions included: characters of its paths and values, and 64 for each stamp.
 * Any section within its 32 KiB fits at depth one, however short its leaves.
 */
const STORED_CHARACTERS_MAX = 512 * 1024;
const STAMP_CHARACTERS = 64;

type Section = 'REPORTED' | 'DESIRED';
type Update = TwinReported | TwinDesired;
type Outcome = Step<TwinState, typeof twinChanges | typeof twinDeltas | typeof twinRejections>;
interface Problem extends Omit<PatchProblem, 'code'> {
  readonly code: PatchProblem['code'] | 'version_conflict';
}

function fold(state: TwinState, event: Update, section: Section, rejected: TwinReported['rejected']): Outcome {
  const { expectedVersion } = event;
  if (expectedVersion !== null && expectedVersion !== state.version) {
    const detail = `the twin is at version ${state.version}, not ${expectedVersion}; read it and ask again`;
    return refuse(state, event, section, { code: 'version_conflict', detail, path: '' });
  }
  const { writes, problem } = parsePatch(event.patch);
  if (problem !== null) return refuse(state, event, section, problem);
  const refusals = readRefusals(rejected);
  if (refusals.problem !== null) return refuse(state, event, section, refusals.problem);
  const version = state.version + 1;
  // Stored data is history: it stands in the change with its writes, and never becomes current.
  if (event.historical) return accept(state, { ...state, version }, event, section, writes);

  const stamp = { eventTime: event.eventTime, sequence: event.sequence ?? -1, eventId: event.eventId };
  const refused = mergeFlat(state.refused, refusals.writes, stamp);
  const { reported, desired, reportedAt, desiredAt } = state;
  const at = (newest: number | null) =>
    writes.length > 0 && event.eventTime > (newest ?? -Infinity) ? event.eventTime : newest;
  const next =
    section === 'REPORTED'
      ? { version, reported: merge(reported, writes, stamp), desired, refused, reportedAt: at(reportedAt), desiredAt }
      : { version, reported, desired: merge(desired, writes, stamp), refused, reportedAt, desiredAt: at(desiredAt) };
  return accept(state, next, event, section, writes);
}

function accept(
  state: TwinState,
  next: TwinState,
  event: Update,
  section: Section,
  writes: readonly LeafWrite[],
): Outcome {
  const reported = documentOf(next.reported);
  const desired = documentOf(next.desired);
  const oversize = section === 'REPORTED' ? oversizeOf(next.reported, reported) : oversizeOf(next.desired, desired);
  if (oversize !== null) return refuse(state, event, section, oversize);
  if (next.refused !== state.refused && storedCharacters(next.refused) > STORED_CHARACTERS_MAX) {
    return refuse(state, event, section, { code: 'section_too_large', detail: 'too many refusals are kept', path: '' });
  }
  const { version, reportedAt, desiredAt } = next;
  const { tenant, device, eventId, eventTime, receivedAt, source, historical } = event;
  const change = emit(twinChanges, {
    tenant,
    device,
    eventId,
    eventTime,
    receivedAt,
    section,
    source,
    sequence: event.sequence ?? -1,
    historical,
    version,
    writes,
    changes: section === 'REPORTED' ? changesOf(state.reported, next.reported) : changesOf(state.desired, next.desired),
    reported,
    desired,
    reportedAt,
    desiredAt,
  });
  if (historical || settled(state, next, section, writes)) return { state: next, emits: [change] };
  const before = statusesOf(state);
  const after = statusesOf(next);
  if (!differ(before, after)) return { state: next, emits: [change] };
  const paths = section === 'DESIRED' ? [...after, ...supersededBy(eventTime, before, after)] : after;
  const delta = emit(twinDeltas, { ...subjectOf(event), version, ...deltaOf(after), paths });
  return { state: next, emits: [change, delta] };
}

/** True when no status can be different. */
function settled(state: TwinState, next: TwinState, section: Section, writes: readonly LeafWrite[]): boolean {
  return section === 'REPORTED' && next.refused === state.refused && !concerns(state.desired, writes);
}

function refuse(state: TwinState, event: Update, section: Section, { code, detail, path }: Problem): Outcome {
  const rejection = emit(twinRejections, {
    ...subjectOf(event),
    section,
    code,
    detail,
    path: path === '' ? null : path,
    expectedVersion: event.expectedVersion,
    version: state.version,
    patch: event.patch,
  });
  return { state, emits: [rejection] };
}

function subjectOf({ tenant, device, eventId, eventTime, receivedAt }: Update) {
  return { tenant, device, eventId, eventTime, receivedAt };
}

function oversizeOf(leaves: readonly TwinLeaf[], text: string): Problem | null {
  if (text.length * 3 > SECTION_BYTES_MAX) {
    const bytes = utf8Bytes(text);
    if (bytes > SECTION_BYTES_MAX) {
      const detail = `a section may have ${SECTION_BYTES_MAX} bytes; it would have ${bytes}`;
      return { code: 'section_too_large', detail, path: '' };
    }
  }
  if (storedCharacters(leaves) <= STORED_CHARACTERS_MAX) return null;
  const detail = `the leaves of a section and its recent deletions may take ${STORED_CHARACTERS_MAX} characters to keep`;
  return { code: 'section_too_large', detail, path: '' };
}

function storedCharacters(leaves: readonly TwinLeaf[]): number {
  let characters = leaves.length * STAMP_CHARACTERS;
  for (const { path, value } of leaves) characters += path.length + (value === null ? 0 : value.length);
  return characters;
}
