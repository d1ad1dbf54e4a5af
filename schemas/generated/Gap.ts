// From avro/Gap.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** What a device's sequence numbers say about completeness: one record for each thing found. */
export interface Gap extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device. */
  readonly device: string;
  /** Id of the event that caused it. */
  readonly eventId: string;
  /** When that event happened. */
  readonly eventTime: number;
  /** When the connector received that event. */
  readonly receivedAt: number;
  /** The numbering stream. */
  readonly source: string;
  /** Which run of the counter. */
  readonly epoch: number | null;
  /** MISSING: numbers were skipped. FILLED: a skipped number came after all. LOST: skipped numbers are given up, later arrivals go to fleet.late. DUPLICATE: an event came again. LATE: an event came beyond the horizon. RESET: the counter began anew in a later epoch. UNDEDUPABLE: an event with neither sequence nor device time. */
  readonly kind: 'UNKNOWN' | 'MISSING' | 'FILLED' | 'LOST' | 'DUPLICATE' | 'LATE' | 'RESET' | 'UNDEDUPABLE';
  /** First number concerned. */
  readonly firstSequence: number | null;
  /** Last number concerned. */
  readonly lastSequence: number | null;
  /** How many numbers or events. */
  readonly count: number;
}

export const Gap: Schema<Gap> = schema({
  "type": "record",
  "name": "Gap",
  "namespace": "fleetstream",
  "doc": "What a device's sequence numbers say about completeness: one record for each thing found.",
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
      "doc": "Id of the event that caused it.",
      "dataClass": "operational"
    },
    {
      "name": "eventTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When that event happened.",
      "dataClass": "operational"
    },
    {
      "name": "receivedAt",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When the connector received that event.",
      "dataClass": "operational"
    },
    {
      "name": "source",
      "type": "string",
      "doc": "The numbering stream.",
      "dataClass": "operational"
    },
    {
      "name": "epoch",
      "type": [
        "null",
        "long"
      ],
      "doc": "Which run of the counter.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "kind",
      "type": {
        "type": "enum",
        "name": "GapKind",
        "symbols": [
          "UNKNOWN",
          "MISSING",
          "FILLED",
          "LOST",
          "DUPLICATE",
          "LATE",
          "RESET",
          "UNDEDUPABLE"
        ],
        "default": "UNKNOWN"
      },
      "doc": "MISSING: numbers were skipped. FILLED: a skipped number came after all. LOST: skipped numbers are given up, later arrivals go to fleet.late. DUPLICATE: an event came again. LATE: an event came beyond the horizon. RESET: the counter began anew in a later epoch. UNDEDUPABLE: an event with neither sequence nor device time.",
      "dataClass": "operational"
    },
    {
      "name": "firstSequence",
      "type": [
        "null",
        "long"
      ],
      "doc": "First number concerned.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "lastSequence",
      "type": [
        "null",
        "long"
      ],
      "doc": "Last number concerned.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "count",
      "type": "long",
      "doc": "How many numbers or events.",
      "dataClass": "operational"
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
