import { collection, type Entries, type InForce, type Meta, type Step } from '#sdk';
import {
  ConnectivityMark,
  ConnectivityMinute,
  ConnectivityPending,
  dataPlan,
  linkMargin,
  presencePolicy,
  qualityBands,
  type ConnectivityState,
  type topics,
} from '#schemas';

/**
 * A day: a device that was out of reach for a night sends what it stored, and revises the windows that it belongs to.
 * An older event goes to `fleet.late`.
 */
export const LATENESS_MS = 24 * 60 * 60_000;

/** What was said in each minute of event time; and under `CLOSED` what is left of the minutes that were dropped. */
export const minutes = collection('minutes', ConnectivityMinute);

/** What was last written of each window. */
export const marks = collection('marks', ConnectivityMark);

/** Windows that are to be written. */
export const pending = collection('pending', ConnectivityPending);

export const policies = { presencePolicy, qualityBands, dataPlan, linkMargin };

/** What a step reads beside the state of the device. */
export interface Kept extends InForce<typeof policies> {
  readonly minutes: Entries<ConnectivityMinute>;
  readonly marks: Entries<ConnectivityMark>;
  readonly pending: Entries<ConnectivityPending>;
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
};
