// From avro/AnomalyState.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What anomaly detection keeps for a device beside its baselines. */
export interface AnomalyState {
  /** Log time at which the reports that wait longest are taken; null when none wait. */
  readonly dueAt: number | null;
  /** Reports that wait until those before them have come. */
  readonly waiting: number;
  /** Event time of the newest report that was taken; what is older comes too late to be judged. */
  readonly newest: number | null;
  /** Reports that came too late to be judged. */
  readonly late: number;
  /** Metrics that have a baseline. */
  readonly series: number;
  /** Values of metrics beyond the number that are watched. */
  readonly unwatched: number;
  /** Model that the device said, by which its cohort goes. */
  readonly model: string | null;
  /** Firmware that it said. */
  readonly firmware: string | null;
}

export const AnomalyState: Schema<AnomalyState> = schema({
  "type": "record",
  "name": "AnomalyState",
  "namespace": "fleetstream",
  "doc": "What anomaly detection keeps for a device beside its baselines.",
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
      "doc": "Log time at which the reports that wait longest are taken; null when none wait.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "waiting",
      "type": "int",
      "doc": "Reports that wait until those before them have come.",
      "dataClass": "operational"
    },
    {
      "name": "newest",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Event time of the newest report that was taken; what is older comes too late to be judged.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "late",
      "type": "long",
      "doc": "Reports that came too late to be judged.",
      "dataClass": "operational"
    },
    {
      "name": "series",
      "type": "int",
      "doc": "Metrics that have a baseline.",
      "dataClass": "operational"
    },
    {
      "name": "unwatched",
      "type": "long",
      "doc": "Values of metrics beyond the number that are watched.",
      "dataClass": "operational"
    },
    {
      "name": "model",
      "type": [
        "null",
        "string"
      ],
      "doc": "Model that the device said, by which its cohort goes.",
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
