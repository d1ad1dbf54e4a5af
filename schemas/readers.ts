import { type EventType, type JsonReader, jsonReader } from '#sdk';
import { behaviourOfMetrics, isDeviceMetrics } from './device-metrics.ts';
import { behaviourReported } from './events.ts';
import { checkPatch } from './patch.ts';

/**
 * The reader of an event's JSON, as every connector takes it; `address` are members that have been read already.
 * A report of behaviour may also have the form that devices send to AWS IoT Device Defender.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- Events are invariant in their value.
export function eventReader(type: EventType<any>, address: readonly string[] = []): JsonReader {
  const read = jsonReader(type, { address, checks: { patch: checkPatch } });
  if (type.route !== behaviourReported.route) return read;
  return (body, arrival) => {
    if (!isDeviceMetrics(body)) return read(body, arrival);
    const outcome = behaviourOfMetrics(body);
    return 'kind' in outcome ? outcome : read(outcome.behaviour, arrival);
  };
}
