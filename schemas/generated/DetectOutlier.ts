// From avro/DetectOutlier.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** How a device stands to a behaviour with a statistical threshold; kept of those alone that violated it last, or are in alarm. */
export interface DetectOutlier {
  /** Finding of the alarm that is on. */
  readonly finding: string | null;
  /** Windows in a row that were not normal. */
  readonly violating: number;
  /** Windows in a row that were normal. */
  readonly conforming: number;
  /** End of the newest window in which it was measured. */
  readonly measuredTo: number;
}

export const DetectOutlier: Schema<DetectOutlier> = schema({
  "type": "record",
  "name": "DetectOutlier",
  "namespace": "fleetstream",
  "doc": "How a device stands to a behaviour with a statistical threshold; kept of those alone that violated it last, or are in alarm.",
  "fields": [
    {
      "name": "finding",
      "type": [
        "null",
        "string"
      ],
      "doc": "Finding of the alarm that is on.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "violating",
      "type": "int",
      "doc": "Windows in a row that were not normal.",
      "dataClass": "operational"
    },
    {
      "name": "conforming",
      "type": "int",
      "doc": "Windows in a row that were normal.",
      "dataClass": "operational"
    },
    {
      "name": "measuredTo",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "End of the newest window in which it was measured.",
      "dataClass": "operational"
    }
  ]
});
