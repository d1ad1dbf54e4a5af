// From avro/DetectStatisticsState.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What the comparison of all devices keeps of one behaviour of one profile. */
export interface DetectStatisticsState {
  /** Version of the security profiles that it met last; null before it met any. */
  readonly profilesVersion: number | null;
  /** The behaviour as it was asked then, as JSON; empty where it is not asked. */
  readonly asked: string;
  /** Log time at which devices are compared next; null while there is nothing to compare. */
  readonly dueAt: number | null;
  /** End of the newest window that was judged. */
  readonly judgedTo: number;
  /** Measures that wait to be judged. */
  readonly waiting: number;
}

export const DetectStatisticsState: Schema<DetectStatisticsState> = schema({
  "type": "record",
  "name": "DetectStatisticsState",
  "namespace": "fleetstream",
  "doc": "What the comparison of all devices keeps of one behaviour of one profile.",
  "fields": [
    {
      "name": "profilesVersion",
      "type": [
        "null",
        "long"
      ],
      "doc": "Version of the security profiles that it met last; null before it met any.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "asked",
      "type": "string",
      "doc": "The behaviour as it was asked then, as JSON; empty where it is not asked.",
      "dataClass": "operational"
    },
    {
      "name": "dueAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time at which devices are compared next; null while there is nothing to compare.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "judgedTo",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "End of the newest window that was judged.",
      "dataClass": "operational"
    },
    {
      "name": "waiting",
      "type": "int",
      "doc": "Measures that wait to be judged.",
      "dataClass": "operational"
    }
  ]
});
