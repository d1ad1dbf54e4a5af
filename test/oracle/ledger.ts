import type { Judged } from './admission.ts';
import { declared, type RecordJson } from './avro.ts';
import type { Event, Rules, Values } from './oracle.ts';

/** The ledger: every admitted event into its table, and what sequence numbers say about completeness. */
export const ledger: Rules = {
  name: 'ledger',
  version: 1,
  latenessMs: 30 * 24 * 3_600_000,
  gatekeeper: true,
  // All that can be sent: each record that begins with an envelope and is no copy of another.
  reads: [...declared.values()].filter(isSent).map(({ name }) => `fleetstream.${name}`),
  begin: () => ({
    admitted: (type, event, judged) => [...table(type, event), ...findings(event, judged)],
    refused: (reason, event, judged) => [
      ...findings(event, judged),
      gap(event, reason === 'duplicate' ? 'DUPLICATE' : 'LATE', event.sequence, event.sequence),
    ],
  }),
};

function isSent({ namespace, envelope, derived }: RecordJson): boolean {
  return namespace === 'fleetstream' && envelope === true && derived !== true;
}

/** Tables that hold the events of one type as they are. */
const WHOLE: Readonly<Record<string, string>> = {
  'fleetstream.TelemetryReported': 'telemetry',
  'fleetstream.LinkReported': 'links',
  'fleetstream.BatteryReported': 'batteries',
  'fleetstream.DeviceDescribed': 'descriptions',
  'fleetstream.DeviceRebooted': 'reboots',
  'fleetstream.DeviceCrashed': 'crashes',
  'fleetstream.DeviceLogged': 'device.logs',
};

function table(type: string, event: Event): [string, Values][] {
  const whole = WHOLE[type];
  if (whole !== undefined) return [[whole, event]];
  switch (type) {
    case 'fleetstream.SessionStarted':
      return [['sessions', { ...event, phase: 'STARTED' }]];
    case 'fleetstream.SessionEnded':
      return [['sessions', { ...event, phase: 'ENDED' }]];
    default:
      return [];
  }
}

function findings(event: Event, { dedupable, missing, filled, lost, reset }: Judged): [string, Values][] {
  const found: [string, Values][] = [];
  if (reset) found.push(gap(event, 'RESET', event.sequence, event.sequence));
  if (missing !== null) found.push(gap(event, 'MISSING', missing.first, missing.last));
  if (filled) found.push(gap(event, 'FILLED', event.sequence, event.sequence));
  if (lost !== null) found.push(gap(event, 'LOST', lost.first, lost.last));
  if (!dedupable) found.push(gap(event, 'UNDEDUPABLE', null, null));
  return found;
}

function gap(event: Event, kind: string, firstSequence: number | null, lastSequence: number | null): [string, Values] {
  const { tenant, device, eventId, eventTime, receivedAt, source, epoch } = event;
  const about = { tenant, device, eventId, eventTime, receivedAt, source, epoch };
  const count = firstSequence === null || lastSequence === null ? 1 : lastSequence - firstSequence + 1;
  return ['gaps', { ...about, kind, firstSequence, lastSequence, count }];
}
