// From avro/PolicyChanged.avsc. Run `npm run generate`.
import { schema, type Schema } from '../schema.ts';

/** A policy's value from this offset on. */
export interface PolicyChanged {
  /** Name of the policy. */
  readonly policy: string;
  /** Version of the policy; grows by one with every change. */
  readonly version: number;
  /** Tenant it holds for; null for all. */
  readonly tenant: string | null;
  /** When it was submitted. */
  readonly time: number;
  /** The policy's value, as a Confluent-framed Avro record. */
  readonly value: Uint8Array;
}

export const PolicyChanged: Schema<PolicyChanged> = schema({
  "type": "record",
  "name": "PolicyChanged",
  "namespace": "fleetstream.platform",
  "doc": "A policy's value from this offset on.",
  "fields": [
    {
      "name": "policy",
      "type": "string",
      "doc": "Name of the policy.",
      "dataClass": "operational"
    },
    {
      "name": "version",
      "type": "long",
      "doc": "Version of the policy; grows by one with every change.",
      "dataClass": "operational"
    },
    {
      "name": "tenant",
      "type": [
        "null",
        "string"
      ],
      "doc": "Tenant it holds for; null for all.",
      "dataClass": "identity",
      "default": null
    },
    {
      "name": "time",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When it was submitted.",
      "dataClass": "operational"
    },
    {
      "name": "value",
      "type": "bytes",
      "doc": "The policy's value, as a Confluent-framed Avro record.",
      "dataClass": "configuration"
    }
  ]
});
