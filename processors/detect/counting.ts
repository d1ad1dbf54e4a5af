import type { Envelope, EventType } from '#sdk';
import {
  type AuthorizationRefused,
  type ConnectionAttempted,
  type DetectBucket,
  type DetectState,
  hostOf,
  type SecurityProfiles,
  type SessionEnded,
  type SessionStarted,
} from '#schemas';
import { counted, type Kind, sessionChanged } from './bucket.ts';
import type { Kept } from './state.ts';
import { happened, type Outcome } from './steps.ts';

type Take<E> = (state: DetectState, event: E, kept: Kept) => Outcome;

/** A message that a device sent. Its topic is the one that it has, or would have, over MQTT. */
export function sent<E extends Envelope>(
  { route }: EventType<E>,
  also?: (bucket: DetectBucket, event: E, asked: ReadonlySet<string>) => DetectBucket,
): Take<E> {
  return (state, event, kept) => {
    // What a device says that it is outlasts the profiles that ask for it.
    if (!isAsked(kept) && route !== 'described') return { state };
    return happened(state, event, kept, (bucket) => {
      const whole = addressed(counted(bucket, 'message', route, event), event);
      return also === undefined ? whole : also(whole, event, metricsOf(kept.policies.securityProfiles));
    });
  };
}

/** A message to a device. */
export function delivered<E extends Envelope>({ route }: EventType<E>): Take<E> {
  return (state, event, kept) =>
    isAsked(kept) ? happened(state, event, kept, counting('delivery', route, event)) : { state };
}

/** An attempt to connect. */
export const attempted: Take<ConnectionAttempted> = (state, event, kept) => {
  if (!isAsked(kept)) return { state };
  return happened(state, event, kept, (bucket) => addressed(counted(bucket, 'attempt', event.outcome, event), event));
};

/** A refusal of what a device asked for. */
export const refused: Take<AuthorizationRefused> = (state, event, kept) =>
  isAsked(kept) ? happened(state, event, kept, counting('refusal', event.action, event)) : { state };

/** The begin or the end of a session. */
export function changed(phase: 'STARTED' | 'ENDED'): Take<SessionStarted | SessionEnded> {
  return (state, event, kept) =>
    happened(state, event, kept, (bucket) => {
      const began = phase === 'STARTED';
      const whole = counted(bucket, began ? 'started' : 'ended', '', event);
      return sessionChanged(began ? addressed(whole, event) : whole, phase, event);
    });
}

function counting(kind: Kind, member: string, event: Envelope) {
  return (bucket: DetectBucket) => counted(bucket, kind, member, event);
}

/** Notes the address that a device comes from. */
function addressed(bucket: DetectBucket, event: Envelope): DetectBucket {
  const { sourceAddress } = event;
  return sourceAddress === null ? bucket : counted(bucket, 'address', hostOf(sourceAddress), event);
}

const metrics = new WeakMap<SecurityProfiles, ReadonlySet<string>>();

/** Names of the metrics that any behaviour asks for, found once for each version of the profiles. */
function metricsOf(profiles: SecurityProfiles): ReadonlySet<string> {
  const known = metrics.get(profiles);
  if (known !== undefined) return known;
  const names = new Set(profiles.profiles.flatMap(({ behaviours }) => behaviours.map(({ metric }) => metric)));
  metrics.set(profiles, names);
  return names;
}

/** Where nobody asks, nothing is counted. */
function isAsked({ policies }: Kept): boolean {
  return policies.securityProfiles.profiles.length > 0;
}
