import { collection, type Entries, type InForce, type Meta, type Step } from '#sdk';
import {
  ConnectivityBlock,
  ConnectivityMark,
  dataPlan,
  linkMargin,
  presencePolicy,
  qualityBands,
  RecentMinute,
  type ConnectivityState,
  type topics,
} from '#schemas';

/**
 * A day: a device that was out of reach for a night sends what it stored, and revises the windows that it belongs to.
 * An older event goes to `fleet.late`.
 */
export const LATENESS_MS = 24 * 60 * 60_000;

/** A window is written so long after its end, so that what is on its way comes in time. */
export const GRACE_MS = 10_000;

/** One of a minute waits for the next event of its device, which writes it in the same step; at most so long. */
export const WAIT_MS = 120_000;

/** What was said in each of the newest minutes of event time. */
export const recent = collection('recent', RecentMinute);

/** What was said in each minute before, packed by the hour, and what is left of the minutes that were dropped. */
export const blocks = collection('blocks', ConnectivityBlock);

/** What was last written of each hour. */
export const marks = collection('marks', ConnectivityMark);

export const policies = { presencePolicy, qualityBands, dataPlan, linkMargin };

/** What a step reads beside the state of the device. */
export interface Kept extends InForce<typeof policies> {
  readonly recent: Entries<RecentMinute>;
  readonly blocks: Entries<ConnectivityBlock>;
  readonly marks: Entries<ConnectivityMark>;
  readonly meta: Meta;
}

export type Outcome = Step<
  ConnectivityState,
  | typeof topics.connectivityChanges
  | typeof topics.connectivityWindows
  | typeof topics.connectivityAdvice
  | typeof topics.connectivitySilences
  | typeof topics.signals
>;

export type Emit = NonNullable<Outcome['emits']>[number];

export const INITIAL: ConnectivityState = {
  status: 'UNKNOWN',
  since: null,
  firstSeen: null,
  lastSeen: null,
  resumedAt: null,
  blindMs: [],
  said: [],
  site: null,
  siteSaidAt: null,
  gaps: [],
  closedGaps: [],
  sessions: [],
  absences: [],
  gateways: [],
  cell: null,
  operator: null,
  linkAt: null,
  flapDueAt: null,
  flappingAt: null,
  volumeLevel: 0,
  volumeMonth: null,
  windowsDueAt: null,
  nextHour: null,
  oldest: null,
  newest: null,
  closedTo: null,
  monthStart: null,
  monthBytes: 0,
  uplinks: [],
  advice: [],
  pending: [],
  recent: [],
  written: [],
  steps: [],
  packedTo: 0,
  learntMs: null,
};
