import { Cause, Envelope, event, type Schema, schema, topic } from '#sdk';

/** What a device of the comparison sends. */
export interface Sample extends Envelope {
  readonly network: string;
  readonly rssi: number;
  readonly latencyMs: number;
  readonly lost: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly firmware: string;
}

/** A device's twin after an event that changed it. */
export interface TwinUpdated extends Cause {
  readonly tenant: string;
  readonly device: string;
  readonly seq: number;
  readonly ts: number;
  readonly network: string;
  readonly firmware: string;
  readonly metrics: Readonly<Record<string, number>>;
}

/** A device's minute that is over. */
export interface WindowClosed extends Cause {
  readonly device: string;
  readonly start: number;
  readonly count: number;
  readonly lost: number;
  readonly rssiAvg: number;
  readonly latencyMax: number;
}

/** State of J1. */
export interface DecodeState {
  readonly count: number;
  readonly latencyMs: number;
}

/** State of J2: each field with the time of its last writer. */
export interface TwinSlots {
  readonly network: string;
  readonly networkAt: number;
  readonly firmware: string;
  readonly firmwareAt: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly metricsAt: Readonly<Record<string, number>>;
}

/** A minute of a device that is not over yet. */
export interface OpenWindow {
  readonly start: number;
  readonly count: number;
  readonly lost: number;
  readonly rssi: number;
  readonly latencyMax: number;
}

/** State of J3, in the order of the windows' begin. */
export interface Windows {
  readonly open: readonly OpenWindow[];
}

type Fields = Readonly<Record<string, unknown>>;

function record<T>(name: string, doc: string, fields: Fields, frame: { envelope?: boolean; derived?: boolean } = {}) {
  const own = Object.entries(fields).map(([field, type]) => ({
    name: field,
    type: type as 'string',
    doc: `As the jobs of the comparison define ${field}.`,
    dataClass: 'telemetry',
  }));
  return schema<T>({
    type: 'record',
    name,
    namespace: 'fleetstream.peers',
    doc,
    ...frame,
    fields: [
      ...(frame.envelope === true ? Envelope.avro.fields : []),
      ...own,
      ...(frame.derived === true ? Cause.avro.fields : []),
    ],
  });
}

const doubles = { type: 'map', values: 'double' };
const longs = { type: 'map', values: 'long' };

export const Sample: Schema<Sample> = record(
  'Sample',
  'What a device of the comparison sends.',
  { network: 'string', rssi: 'double', latencyMs: 'double', lost: 'int', metrics: doubles, firmware: 'string' },
  { envelope: true },
);

const TwinUpdated: Schema<TwinUpdated> = record(
  'TwinUpdated',
  'The twin of a device after an event that changed it.',
  {
    tenant: 'string',
    device: 'string',
    seq: 'long',
    ts: 'long',
    network: 'string',
    firmware: 'string',
    metrics: doubles,
  },
  { derived: true },
);

const WindowClosed: Schema<WindowClosed> = record(
  'WindowClosed',
  'A minute of a device that is over.',
  { device: 'string', start: 'long', count: 'long', lost: 'long', rssiAvg: 'double', latencyMax: 'double' },
  { derived: true },
);

export const DecodeState: Schema<DecodeState> = record('DecodeState', 'State of J1.', {
  count: 'long',
  latencyMs: 'double',
});

export const TwinSlots: Schema<TwinSlots> = record('TwinSlots', 'State of J2.', {
  network: 'string',
  networkAt: 'long',
  firmware: 'string',
  firmwareAt: 'long',
  metrics: doubles,
  metricsAt: longs,
});

const openWindow = {
  type: 'record',
  name: 'OpenWindow',
  namespace: 'fleetstream.peers',
  fields: Object.entries({ start: 'long', count: 'long', lost: 'long', rssi: 'double', latencyMax: 'double' }).map(
    ([name, type]) => ({ name, type }),
  ),
};

export const Windows: Schema<Windows> = record('Windows', 'State of J3.', {
  open: { type: 'array', items: openWindow },
});

export const sample = event({ record: Sample, route: 'peers/sample', sender: 'device' });

export const twins = topic({ name: 'peers.twin', doc: 'Every change of a twin.', value: TwinUpdated });

export const minutes = topic({ name: 'peers.windows', doc: 'Every minute of a device, once.', value: WindowClosed });
