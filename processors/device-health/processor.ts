import { processor } from '#sdk';
import {
  batteryReported,
  behaviourReported,
  deviceCrashed,
  deviceDescribed,
  DeviceHealthState,
  deviceLogged,
  deviceRebooted,
  healthPolicy,
  linkReported,
  sessionStarted,
  telemetryReported,
  twinReported,
} from '#schemas';
import { tellBattery } from './battery.ts';
import { LATENESS_MS } from './forgetting.ts';
import { batteries, days, fresh, outputs } from './state.ts';
import { batteryTold, crashed, described, linked, rebooted, reported } from './taking.ts';
import { tellHours } from './telling.ts';

/**
 * Tells for each hour of a device what reports show: how long it operated and was connected, how often it crashed and
 * started anew, and how much is unknown. Late reports revise the hours that they tell of, in whatever order they come.
 */
export const deviceHealth = processor({
  name: 'device-health',
  version: 2,
  doc: 'Tells how long a device operated in each hour, how it did, and what is unknown; and when its battery ends.',
  inputs: {
    telemetryReported,
    linkReported,
    batteryReported,
    behaviourReported,
    sessionStarted,
    deviceDescribed,
    deviceRebooted,
    deviceCrashed,
    deviceLogged,
    twinReported,
  },
  outputs,
  state: DeviceHealthState,
  collections: { days, fresh, batteries },
  policies: { health: healthPolicy },
  initial: {
    dueAt: null,
    batteryDueAt: null,
    batteryEnding: false,
    restarting: false,
    toldUntil: null,
    freshDays: 0,
    unplaced: 0,
    keptFrom: 0,
    heardBefore: null,
    before: {
      model: null,
      hardware: null,
      firmware: null,
      lot: null,
      site: null,
      reportIntervalMs: null,
      technology: null,
    },
    firstCrashes: [],
  },
  latenessMs: LATENESS_MS,
  apply: {
    telemetryReported: reported,
    linkReported: linked,
    batteryReported: batteryTold,
    behaviourReported: reported,
    sessionStarted: reported,
    deviceDescribed: described,
    deviceRebooted: rebooted,
    deviceCrashed: crashed,
    deviceLogged: reported,
    twinReported: reported,
  },
  deadline: ({ dueAt, batteryDueAt }) => (dueAt === null ? batteryDueAt : Math.min(dueAt, batteryDueAt ?? dueAt)),
  expire(state, at, kept) {
    const isDue = (due: number | null) => due !== null && due <= at;
    const hours = isDue(state.dueAt) ? tellHours(state, kept) : { state };
    if (!isDue(state.batteryDueAt)) return hours;
    const battery = tellBattery(hours.state, kept);
    return { ...hours, state: battery.state, emits: [...(hours.emits ?? []), ...(battery.emits ?? [])] };
  },
});
