// From avro/ClockState.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** A run of events with a clock that seems wrong in the same way. */
export interface ClockDoubt {
  /** True where the clock is behind, as that of stored data is; false where it shows a time that cannot be. */
  readonly isPossible: boolean;
  /** The clock's time less when the connector received it, of the first event. */
  readonly offsetMs: number;
  /** When the first event was received. */
  readonly since: number;
  /** When the last event was received. */
  readonly until: number;
  /** Events in a row. */
  readonly events: number;
  /** The longest time between two of them. */
  readonly longestGapMs: number;
}

/** What is kept of the clock of a device. */
export interface ClockState {
  /** Whether it has been right at some time. */
  readonly known: boolean;
  /** How far it was put forward or back once, by exactly an hour, as where summer time begins or ends; 0 where it was not. Such a clock counts as right too. */
  readonly summerMs: number;
  /** Whether it has been told that it is wrong, and not yet that it is right again. */
  readonly raised: boolean;
  /** Right events in a row since it was told that it is wrong. */
  readonly rights: number;
  /** The run at hand; null while the clock is right. */
  readonly doubt: ClockDoubt | null;
}

export const ClockState: Schema<ClockState> = schema({
  "type": "record",
  "name": "ClockState",
  "namespace": "fleetstream",
  "doc": "What is kept of the clock of a device.",
  "fields": [
    {
      "name": "known",
      "type": "boolean",
      "doc": "Whether it has been right at some time.",
      "dataClass": "operational"
    },
    {
      "name": "summerMs",
      "type": "long",
      "doc": "How far it was put forward or back once, by exactly an hour, as where summer time begins or ends; 0 where it was not. Such a clock counts as right too.",
      "dataClass": "operational"
    },
    {
      "name": "raised",
      "type": "boolean",
      "doc": "Whether it has been told that it is wrong, and not yet that it is right again.",
      "dataClass": "operational"
    },
    {
      "name": "rights",
      "type": "int",
      "doc": "Right events in a row since it was told that it is wrong.",
      "dataClass": "operational"
    },
    {
      "name": "doubt",
      "type": [
        "null",
        {
          "type": "record",
          "name": "ClockDoubt",
          "doc": "A run of events with a clock that seems wrong in the same way.",
          "fields": [
            {
              "name": "isPossible",
              "type": "boolean",
              "doc": "True where the clock is behind, as that of stored data is; false where it shows a time that cannot be.",
              "dataClass": "operational"
            },
            {
              "name": "offsetMs",
              "type": "long",
              "doc": "The clock's time less when the connector received it, of the first event.",
              "dataClass": "operational"
            },
            {
              "name": "since",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "When the first event was received.",
              "dataClass": "operational"
            },
            {
              "name": "until",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "When the last event was received.",
              "dataClass": "operational"
            },
            {
              "name": "events",
              "type": "int",
              "doc": "Events in a row.",
              "dataClass": "operational"
            },
            {
              "name": "longestGapMs",
              "type": "long",
              "doc": "The longest time between two of them.",
              "dataClass": "operational"
            }
          ]
        }
      ],
      "doc": "The run at hand; null while the clock is right.",
      "dataClass": "operational",
      "default": null
    }
  ]
});
