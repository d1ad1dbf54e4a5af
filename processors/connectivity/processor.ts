import { processor } from '#sdk';
import {
  authorizationRefused,
  batteryReported,
  behaviourReported,
  connectionAttempted,
  ConnectivityState,
  deviceCrashed,
  deviceDescribed,
  deviceLogged,
  deviceRebooted,
  linkReported,
  sessionEnded,
  sessionStarted,
  telemetryReported,
  topics,
  twinReported,
} from '#schemas';
import { described, due, dueAt, noted, refused, reported, sessionBegan, sessionOver } from './steps.ts';
import { blocks, INITIAL, LATENESS_MS, marks, policies, recent } from './state.ts';

/**
 * Decides whether each device is there, and how well it is connected in windows of event time. A window is a function
 * of the set of events in it and before it, so order and repetition make no difference to its last revision.
 */
export const connectivity = processor({
  name: 'connectivity',
  version: 5,
  doc: 'Decides when each device is online, asleep, offline or unknown, and how well it is connected.',
  inputs: {
    telemetryReported,
    linkReported,
    batteryReported,
    behaviourReported,
    twinReported,
    deviceRebooted,
    deviceCrashed,
    deviceLogged,
    deviceDescribed,
    sessionStarted,
    sessionEnded,
    connectionAttempted,
    authorizationRefused,
  },
  outputs: [
    topics.connectivityChanges,
    topics.connectivityWindows,
    topics.connectivityAdvice,
    topics.connectivitySilences,
    topics.signals,
  ],
  state: ConnectivityState,
  collections: { recent, blocks, marks },
  policies,
  initial: INITIAL,
  latenessMs: LATENESS_MS,
  apply: {
    telemetryReported: (state, event, kept) => reported(state, event, null, kept),
    linkReported: (state, event, kept) => reported(state, event, event, kept),
    batteryReported: (state, event, kept) => reported(state, event, null, kept),
    behaviourReported: (state, event, kept) => reported(state, event, null, kept),
    twinReported: (state, event, kept) => reported(state, event, null, kept),
    deviceRebooted: (state, event, kept) => reported(state, event, null, kept),
    deviceCrashed: (state, event, kept) => reported(state, event, null, kept),
    deviceLogged: (state, event, kept) => reported(state, event, null, kept),
    deviceDescribed: described,
    sessionStarted: sessionBegan,
    sessionEnded: sessionOver,
    // Somebody may try in the name of a device that is away: only the numbers count.
    connectionAttempted: noted,
    authorizationRefused: noted,
  },
  refused,
  deadline: dueAt,
  expire: (state, _at, kept) => due(state, kept),
});
