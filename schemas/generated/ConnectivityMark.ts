// From avro/ConnectivityMark.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What was last written of an hour. */
export interface ConnectivityMark {
  /** How often it was written. */
  readonly revision: number;
  /** Interval of reports that it was reckoned by, ms. */
  readonly intervalMs: number | null;
  /** Connected time that was written, ms. */
  readonly connectedMs: number | null;
  /** Expected time that was written, ms. */
  readonly expectedMs: number | null;
  /** Bytes sent and received in it. */
  readonly bytes: number;
}

export const ConnectivityMark: Schema<ConnectivityMark> = schema({
  "type": "record",
  "name": "ConnectivityMark",
  "namespace": "fleetstream",
  "doc": "What was last written of an hour.",
  "fields": [
    {
      "name": "revision",
      "type": "int",
      "doc": "How often it was written.",
      "dataClass": "operational"
    },
    {
      "name": "intervalMs",
      "type": [
        "null",
        "long"
      ],
      "doc": "Interval of reports that it was reckoned by, ms.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "connectedMs",
      "type": [
        "null",
        "long"
      ],
      "doc": "Connected time that was written, ms.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "expectedMs",
      "type": [
        "null",
        "long"
      ],
      "doc": "Expected time that was written, ms.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "bytes",
      "type": "long",
      "doc": "Bytes sent and received in it.",
      "dataClass": "connectivity"
    }
  ]
});
