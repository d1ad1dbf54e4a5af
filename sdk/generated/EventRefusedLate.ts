// From avro/EventRefusedLate.avsc. Run `npm run generate`.
import { schema, type Schema } from '../schema.ts';
import type { Cause } from './Cause.ts';

/** An event that came after its processor's horizon: it changed no state, and is kept here. */
export interface EventRefusedLate extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device. */
  readonly device: string;
  /** Id of the event. */
  readonly eventId: string;
  /** When it happened. */
  readonly eventTime: number;
  /** When the connector received it. */
  readonly receivedAt: number;
  /** The processor whose horizon it missed. */
  readonly processor: string;
  /** Which horizon: beyond_lateness, or beyond_admission when it can no longer be told from a duplicate. */
  readonly code: string;
  /** The horizon, in milliseconds. */
  readonly horizonMs: number;
  /** Full name of the event's record. */
  readonly eventType: string;
  /** The event's own bytes, with its schema id. */
  readonly value: Uint8Array;
}

export const EventRefusedLate: Schema<EventRefusedLate> = schema({
  "type": "record",
  "name": "EventRefusedLate",
  "namespace": "fleetstream.platform",
  "doc": "An event that came after its processor's horizon: it changed no state, and is kept here.",
  "derived": true,
  "fields": [
    {
      "name": "tenant",
      "type": "string",
      "doc": "Who owns the device.",
      "dataClass": "identity"
    },
    {
      "name": "device",
      "type": "string",
      "doc": "The device.",
      "dataClass": "identity"
    },
    {
      "name": "eventId",
      "type": "string",
      "doc": "Id of the event.",
      "dataClass": "operational"
    },
    {
      "name": "eventTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When it happened.",
      "dataClass": "operational"
    },
    {
      "name": "receivedAt",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When the connector received it.",
      "dataClass": "operational"
    },
    {
      "name": "processor",
      "type": "string",
      "doc": "The processor whose horizon it missed.",
      "dataClass": "operational"
    },
    {
      "name": "code",
      "type": "string",
      "doc": "Which horizon: beyond_lateness, or beyond_admission when it can no longer be told from a duplicate.",
      "dataClass": "operational"
    },
    {
      "name": "horizonMs",
      "type": "long",
      "doc": "The horizon, in milliseconds.",
      "dataClass": "operational"
    },
    {
      "name": "eventType",
      "type": "string",
      "doc": "Full name of the event's record.",
      "dataClass": "operational"
    },
    {
      "name": "value",
      "type": "bytes",
      "doc": "The event's own bytes, with its schema id.",
      "dataClass": "telemetry"
    },
    {
      "name": "causeTopic",
      "type": "string",
      "doc": "Topic of the root event that caused this record.",
      "dataClass": "operational"
    },
    {
      "name": "causePartition",
      "type": "int",
      "doc": "Partition of the root event.",
      "dataClass": "operational"
    },
    {
      "name": "causeOffset",
      "type": "long",
      "doc": "Offset of the root event.",
      "dataClass": "operational"
    },
    {
      "name": "causePath",
      "type": "string",
      "doc": "How it was derived: processor/version/index, one step a stage, joined by '>'.",
      "dataClass": "operational"
    },
    {
      "name": "logTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Log time of the partition when this was derived: the largest clock tick seen; 1970 before the first tick.",
      "dataClass": "operational"
    }
  ]
});
