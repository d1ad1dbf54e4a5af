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

function merged(before: TwinSlots, { eventTime: ts, ...event }: Sample): TwinSlots {
  let { network, networkAt, firmware, firmwareAt, metrics, metricsAt } = before;
  let changed = false;
  if (ts > networkAt) [network, networkAt, changed] = [event.network, ts, true];
  if (ts > firmwareAt) [firmware, firmwareAt, changed] = [event.firmware, ts, true];
  const newer = Object.keys(event.metrics).filter((name) => ts > (metricsAt[name] ?? -1));
  if (newer.length > 0) {
    const values: Record<string, number> = { ...metrics };
    const times: Record<string, number> = { ...metricsAt };
    for (const name of newer) {
      values[name] = event.metrics[name] as number;
      times[name] = ts;
    }
    [metrics, metricsAt, changed] = [values, times, true];
  }
  return changed ? { network, networkAt, firmware, firmwareAt, metrics, metricsAt } : before;
}
