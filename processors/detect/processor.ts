import { processor } from '#sdk';
import {
  authorizationRefused,
  batteryReported,
  behaviourReported,
  connectionAttempted,
  DetectState,
  deviceCrashed,
  deviceDescribed,
  deviceLogged,
  deviceRebooted,
  linkReported,
  sessionEnded,
  sessionStarted,
  telemetryReported,
  topics,
  twinDesired,
  twinReported,
  verdictGiven,
} from '#schemas';
import { described, reported } from './bucket.ts';
import { attempted, changed, delivered, refused, sent } from './counting.ts';
import { buckets, NEW, policies, statuses } from './state.ts';
import { due, judgedBy } from './steps.ts';
import { REVISED_MS } from './time.ts';

/**
 * Runs security profiles of AWS IoT Device Defender Detect. Windows lie at multiples of their length in event time, and
 * are judged when log time is a minute past their end; an event that comes up to an hour late has them judged anew.
 */
export const detect = processor({
  name: 'detect',
  version: 2,
  doc: 'Finds devices that do what their security profile does not call normal.',
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
  },
  outputs: [topics.violations, topics.signals, topics.detectMeasures, topics.detectSeries],
  state: DetectState,
  collections: { buckets, statuses },
  policies,
  initial: NEW,
  latenessMs: REVISED_MS,
  apply: {
    telemetryReported: sent(telemetryReported),
    linkReported: sent(linkReported),
    batteryReported: sent(batteryReported),
    behaviourReported: sent(behaviourReported, reported),
    deviceDescribed: sent(deviceDescribed, described),
    deviceRebooted: sent(deviceRebooted),
    deviceCrashed: sent(deviceCrashed),
    deviceLogged: sent(deviceLogged),
    twinReported: sent(twinReported),
    twinDesired: delivered(twinDesired),
    connectionAttempted: attempted,
    authorizationRefused: refused,
    sessionStarted: changed('STARTED'),
    sessionEnded: changed('ENDED'),
    verdictGiven: judgedBy,
  },
  deadline: ({ dueAt }) => dueAt,
  expire: (state, _at, kept) => due(state, kept),
  revisit: due,
});
