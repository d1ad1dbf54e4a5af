// From avro/OutagesState.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** A gateway that is told to be down. */
export interface GatewayDown {
  /** The gateway. */
  readonly gateway: string;
  /** Last sign of the device that showed it. */
  readonly since: number;
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
  /** Gateways that are told to be down. */
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
          "doc": "A gateway that is told to be down.",
          "fields": [
            {
              "name": "gateway",
              "type": "string",
              "doc": "The gateway.",
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
            }
          ]
        }
      },
      "doc": "Gateways that are told to be down.",
      "dataClass": "location"
    }
  ]
});
