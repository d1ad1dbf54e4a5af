// From avro/NoveltyWaiting.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** One thing that was seen. */
export interface NoveltySeen {
  /** Kind of the member. */
  readonly kind: string;
  /** What is learnt of it. */
  readonly member: string;
  /** As it was reported. */
  readonly text: string;
}

/** What was seen of a device, waiting until what happened before has come. */
export interface NoveltyWaiting {
  /** Id of the event. */
  readonly eventId: string;
  /** When it happened. */
  readonly eventTime: number;
  /** When the connector received it. */
  readonly receivedAt: number;
  /** Log time at which it came. */
  readonly heardAt: number;
  /** What it tells of, be it nothing: kinds of members. */
  readonly kinds: readonly string[];
  /** What was seen. */
  readonly seen: readonly NoveltySeen[];
  /** True where the device said what it is. */
  readonly described: boolean;
  /** Model that it said. */
  readonly model: string | null;
  /** Firmware that it said. */
  readonly firmware: string | null;
}

export const NoveltyWaiting: Schema<NoveltyWaiting> = schema({
  "type": "record",
  "name": "NoveltyWaiting",
  "namespace": "fleetstream",
  "doc": "What was seen of a device, waiting until what happened before has come.",
  "fields": [
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
      "name": "heardAt",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Log time at which it came.",
      "dataClass": "operational"
    },
    {
      "name": "kinds",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "What it tells of, be it nothing: kinds of members.",
      "dataClass": "operational"
    },
    {
      "name": "seen",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "NoveltySeen",
          "doc": "One thing that was seen.",
          "fields": [
            {
              "name": "kind",
              "type": "string",
              "doc": "Kind of the member.",
              "dataClass": "operational"
            },
            {
              "name": "member",
              "type": "string",
              "doc": "What is learnt of it.",
              "dataClass": "connectivity"
            },
            {
              "name": "text",
              "type": "string",
              "doc": "As it was reported.",
              "dataClass": "connectivity"
            }
          ]
        }
      },
      "doc": "What was seen.",
      "dataClass": "connectivity"
    },
    {
      "name": "described",
      "type": "boolean",
      "doc": "True where the device said what it is.",
      "dataClass": "operational"
    },
    {
      "name": "model",
      "type": [
        "null",
        "string"
      ],
      "doc": "Model that it said.",
      "dataClass": "configuration",
      "default": null
    },
    {
      "name": "firmware",
      "type": [
        "null",
        "string"
      ],
      "doc": "Firmware that it said.",
      "dataClass": "configuration",
      "default": null
    }
  ]
});
