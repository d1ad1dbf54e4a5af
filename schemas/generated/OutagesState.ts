// From avro/OutagesState.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** A gateway, cell, operator or part of one that is told to be down, or a cell that flaps. */
export interface GatewayDown {
  /** Its name. */
  readonly gateway: string;
  /** Last sign of the device that showed it. */
  readonly since: number;
  /** gateway, cell, operator, subscriptions or flapping. */
  readonly kind: string;
  /** Of subscriptions, the most of its devices that were silent at once. */
  readonly silent: number;
}

/** What is kept of the silences of a tenant, beside its devices. */
export interface OutagesState {
  /** Log time at which silences are judged next. */
  readonly dueAt: number | null;
  /** Log time at which they were judged last. */
  readonly judgedAt: number | null;
  /** Devices that are kept. */
  readonly devices: number;
  /** Records of devices beyond the number that is kept. */
  readonly unkept: number;
  /** What is told to be down or to flap. */
  readonly down: readonly GatewayDown[];
}

export const OutagesState: Schema<OutagesState> = schema({
  "type": "record",
  "name": "OutagesState",
  "namespace": "fleetstream",
  "doc": "What is kept of the silences of a tenant, beside its devices.",
  "fields": [
    {
      "name": "dueAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time at which silences are judged next.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "judgedAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time at which they were judged last.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "devices",
      "type": "int",
      "doc": "Devices that are kept.",
      "dataClass": "operational"
    },
    {
      "name": "unkept",
      "type": "long",
      "doc": "Records of devices beyond the number that is kept.",
      "dataClass": "operational"
    },
    {
      "name": "down",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "GatewayDown",
          "doc": "A gateway, cell, operator or part of one that is told to be down, or a cell that flaps.",
          "fields": [
            {
              "name": "gateway",
              "type": "string",
              "doc": "Its name.",
              "dataClass": "location"
            },
            {
              "name": "since",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "Last sign of the device that showed it.",
              "dataClass": "operational"
            },
            {
              "name": "kind",
              "type": "string",
              "doc": "gateway, cell, operator, subscriptions or flapping.",
              "dataClass": "operational",
              "default": "gateway"
            },
            {
              "name": "silent",
              "type": "int",
              "doc": "Of subscriptions, the most of its devices that were silent at once.",
              "dataClass": "operational",
              "default": 0
            }
          ]
        }
      },
      "doc": "What is told to be down or to flap.",
      "dataClass": "location"
    }
  ]
});
