import { processor } from '#sdk';
import {
  batteryReported,
  behaviourReported,
  ClockState,
  deviceCrashed,
  deviceLogged,
  deviceRebooted,
  linkReported,
  telemetryReported,
  topics,
  twinReported,
} from '#schemas';
import { judged } from './judging.ts';

/**
 * Finds clocks that are wrong for some time, by the time that devices give their events and when these were received.
 * It judges in the order in which events were received; what is told of an event that is received later depends on it.
 */
export const clocks = processor({
  name: 'clocks',
  version: 1,
  doc: 'Tells when the clock of a device was lost, put forward or back, or tells local time, and when it is right again.',
  // Only what the device itself stamps: brokers and operators have clocks of their own.
  inputs: {
    telemetryReported,
    linkReported,
    batteryReported,
    behaviourReported,
    deviceRebooted,
    deviceCrashed,
    deviceLogged,
    twinReported,
  },
  outputs: [topics.signals],
  state: ClockState,
  initial: { known: false, summerMs: 0, raised: false, rights: 0, doubt: null },
  // A clock that was reset makes every event late.
  latenessMs: Infinity,
  apply: {
    telemetryReported: judged,
    linkReported: judged,
    batteryReported: judged,
    behaviourReported: judged,
    deviceRebooted: judged,
    deviceCrashed: judged,
    deviceLogged: judged,
    twinReported: judged,
  },
});
