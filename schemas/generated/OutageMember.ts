// From avro/OutageMember.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** Where a device is connected, and whether it is silent. */
export interface OutageMember {
  /** Gateways that hear it, in the order of their names. */
  readonly gateways: readonly string[];
  /** Its cell. */
  readonly cell: string | null;
  /** Its network operator. */
  readonly operator: string | null;
  /** Last sign before its silence; null while it is heard. */
  readonly silentSince: number | null;
  /** Log time at which the silence was noticed. */
  readonly noticedAt: number | null;
  /** Why it is thought to be away. */
  readonly reason: string;
  /** What its last silence was judged to be; empty where it was not. */
  readonly verdict: string;
  /** How often that was told. */
  readonly revision: number;
  /** True when its last silence never was. */
  readonly retracted: boolean;
  /** Whether it comes and goes. */
  readonly flapping: boolean;
}

export const OutageMember: Schema<OutageMember> = schema({
  "type": "record",
  "name": "OutageMember",
  "namespace": "fleetstream",
  "doc": "Where a device is connected, and whether it is silent.",
  "fields": [
    {
      "name": "gateways",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "Gateways that hear it, in the order of their names.",
      "dataClass": "location"
    },
    {
      "name": "cell",
      "type": [
        "null",
        "string"
      ],
      "doc": "Its cell.",
      "dataClass": "location",
      "default": null
    },
    {
      "name": "operator",
      "type": [
        "null",
        "string"
      ],
      "doc": "Its network operator.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "silentSince",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Last sign before its silence; null while it is heard.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "noticedAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time at which the silence was noticed.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "reason",
      "type": "string",
      "doc": "Why it is thought to be away.",
      "dataClass": "connectivity"
    },
    {
      "name": "verdict",
      "type": "string",
      "doc": "What its last silence was judged to be; empty where it was not.",
      "dataClass": "connectivity"
    },
    {
      "name": "revision",
      "type": "int",
      "doc": "How often that was told.",
      "dataClass": "operational"
    },
    {
      "name": "retracted",
      "type": "boolean",
      "doc": "True when its last silence never was.",
      "dataClass": "connectivity"
    },
    {
      "name": "flapping",
      "type": "boolean",
      "doc": "Whether it comes and goes.",
      "dataClass": "connectivity",
      "default": false
    }
  ]
});
