import { telemetryReported } from 'fleetstream/schemas';
import { emit, processor, table, topic } from 'fleetstream/sdk';
import { FrostChanged, FrostState } from './generated/index.ts';

const FREEZING_C = 0;
/** A device that was away longer than a day reports no frost of the past. */
const LATENESS_MS = 24 * 3_600_000;

export const frostChanges = topic({
  name: 'frost.changes',
  doc: 'Devices that began or ceased to freeze.',
  value: FrostChanged,
});

export const frostTable = table({
  name: 'frost_changes',
  doc: 'Devices that began or ceased to freeze.',
  from: frostChanges,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'telemetry',
});

export const frost = processor({
  name: 'frost',
  version: 1,
  doc: 'Tells when a device begins and when it ceases to freeze.',
  inputs: { telemetryReported },
  outputs: [frostChanges],
  state: FrostState,
  initial: { freezing: false, at: 0 },
  latenessMs: LATENESS_MS,
  apply: {
    telemetryReported(state, { tenant, device, eventTime, metrics }) {
      const { temperatureC } = metrics;
      // What was measured earlier says nothing about now, in whatever order it comes.
      if (temperatureC === undefined || eventTime < state.at) return { state };
      const freezing = temperatureC < FREEZING_C;
      const next = { freezing, at: eventTime };
      if (freezing === state.freezing) return { state: next };
      return { state: next, emits: [emit(frostChanges, { tenant, device, eventTime, freezing, temperatureC })] };
    },
  },
});
