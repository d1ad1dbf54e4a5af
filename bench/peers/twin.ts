import { emit, processor } from '#sdk';
import { type Sample, sample, twins, TwinSlots } from './records.ts';

/** J2: each field by its last writer, and a record for each change. The engine has dropped what it has seen before. */
export const twin = processor({
  name: 'peers-twin',
  version: 1,
  doc: 'Keeps the last value of each field of a device, by event time.',
  inputs: { sample },
  outputs: [twins],
  state: TwinSlots,
  initial: { network: '', networkAt: -1, firmware: '', firmwareAt: -1, metrics: {}, metricsAt: {} },
  latenessMs: 600_000,
  apply: {
    sample(before, event) {
      const state = merged(before, event);
      if (state === before) return { state };
      const { tenant, device, sequence, eventTime: ts } = event;
      const { network, firmware, metrics } = state;
      return { state, emits: [emit(twins, { tenant, device, seq: sequence ?? 0, ts, network, firmware, metrics })] };
    },
  },
});

function merged(before: TwinSlots, event: Sample): TwinSlots {
  const { eventTime: ts } = event;
  const { metrics, metricsAt } = before;
  const isNetworkNewer = ts > before.networkAt;
  const isFirmwareNewer = ts > before.firmwareAt;
  const names = Object.keys(event.metrics);
  const newer = names.filter((name) => ts > (metricsAt[name] ?? -1));
  if (!isNetworkNewer && !isFirmwareNewer && newer.length === 0) return before;
  const times = { ...metricsAt };
  for (const name of newer) times[name] = ts;
  // An event that tells all there is has the next values as they are.
  const isWhole = newer.length === names.length && names.length === Object.keys(times).length;
  const values: Record<string, number> = isWhole ? event.metrics : { ...metrics };
  if (!isWhole) for (const name of newer) values[name] = event.metrics[name] as number;
  return {
    network: isNetworkNewer ? event.network : before.network,
    networkAt: isNetworkNewer ? ts : before.networkAt,
    firmware: isFirmwareNewer ? event.firmware : before.firmware,
    firmwareAt: isFirmwareNewer ? ts : before.firmwareAt,
    metrics: newer.length > 0 ? values : metrics,
    metricsAt: newer.length > 0 ? times : metricsAt,
  };
}
