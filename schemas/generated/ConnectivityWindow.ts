// From avro/ConnectivityWindow.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** A bucket of a sketch. */
export interface SketchBucket {
  /** Its index i: values above 1.02^(i-1) and up to 1.02^i; -10000 holds zero. */
  readonly bucket: number;
  /** Values in it. */
  readonly count: number;
}

/** How one gateway heard a device. */
export interface GatewayLink {
  /** The gateway. */
  readonly gateway: string;
  /** Link reports through it. */
  readonly reports: number;
  /** Uplinks that it heard best. */
  readonly best: number;
  /** Mean of RSSI, dBm. */
  readonly rssi: number | null;
  /** Mean of SNR, dB. */
  readonly snr: number | null;
  /** Mean of the link margin, dB. */
  readonly marginDb: number | null;
}

/** How a device was connected in a window of event time. */
export interface ConnectivityWindow extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device, unique within its tenant. */
  readonly device: string;
  /** Begin of the window, by event time. */
  readonly start: number;
  /** Length of the window: 60, 900 or 3600 s. */
  readonly spanSeconds: number;
  /** Access technology; ALL in a row of the whole device. */
  readonly technology: string;
  /** True where it stands for the whole device too, since all that came were link reports of one technology; there is no row ALL beside it then. Of an hour there always is. */
  readonly whole: boolean;
  /** Grows whenever the window is written anew. */
  readonly revision: number;
  /** Reports of the device in the window, of every kind and technology. */
  readonly reports: number;
  /** Numbers that were skipped: between the first and the last of the window, and between the window and what was before it. */
  readonly missing: number;
  /** Reports that its interval lets expect; null where it did not say one and, of an hour, none could be learnt. */
  readonly expected: number | null;
  /** Reports by what should have come, by numbers or by interval, whichever is more; from 0 to 1, null where nothing is known. */
  readonly completeness: number | null;
  /** Sum of the sizes of all payloads, bytes. */
  readonly payloadBytes: number;
  /** Of an hour: for how long it was connected, ms. */
  readonly connectedMs: number | null;
  /** Of an hour: for how long it should have been, ms; null where its interval is not known. */
  readonly expectedMs: number | null;
  /** Link reports of the technology. */
  readonly linkReports: number;
  /** Link reports beyond the number that is kept of a minute: they count in no measure. */
  readonly unsampled: number;
  /** Packets sent; null where no counter says. */
  readonly packetsSent: number | null;
  /** Packets lost. */
  readonly packetsLost: number | null;
  /** Packets lost by packets sent, from 0 to 1. */
  readonly loss: number | null;
  /** How often the counters began anew. */
  readonly resets: number;
  /** How often a counter of 16 or 32 bits ran over. */
  readonly rollovers: number;
  /** Link reports whose counters had come before: an uplink sent or heard twice. */
  readonly repetitions: number;
  /** Bytes sent by the device. */
  readonly bytesUp: number | null;
  /** Bytes received by the device. */
  readonly bytesDown: number | null;
  /** Sketch of the round trip times: merged by adding counts. */
  readonly latency: readonly SketchBucket[];
  /** Median of the round trip time, ms, within 1 %. */
  readonly latencyP50: number | null;
  /** Of ten round trips nine took less, ms, within 1 %. */
  readonly latencyP90: number | null;
  /** Of a hundred 99 took less, ms, within 1 %. */
  readonly latencyP99: number | null;
  /** Mean of the received signal strength, dBm. */
  readonly rssi: number | null;
  /** Its lowest value, dBm. */
  readonly rssiMin: number | null;
  /** Its highest value, dBm. */
  readonly rssiMax: number | null;
  /** Mean of the signal to noise ratio, dB. */
  readonly snr: number | null;
  /** Its lowest value, dB. */
  readonly snrMin: number | null;
  /** Its highest value, dB. */
  readonly snrMax: number | null;
  /** Mean of the reference signal received power, dBm. */
  readonly rsrp: number | null;
  /** Its lowest value, dBm. */
  readonly rsrpMin: number | null;
  /** Its highest value, dBm. */
  readonly rsrpMax: number | null;
  /** Mean of the reference signal received quality, dB. */
  readonly rsrq: number | null;
  /** Its lowest value, dB. */
  readonly rsrqMin: number | null;
  /** Its highest value, dB. */
  readonly rsrqMax: number | null;
  /** Mean of the signal to interference and noise ratio, dB. */
  readonly sinr: number | null;
  /** Its lowest value, dB. */
  readonly sinrMin: number | null;
  /** Its highest value, dB. */
  readonly sinrMax: number | null;
  /** Lowest LoRa spreading factor. */
  readonly spreadingFactorMin: number | null;
  /** Highest LoRa spreading factor. */
  readonly spreadingFactorMax: number | null;
  /** Time on air of the LoRa uplinks, ms, by their payloads. */
  readonly airtimeMs: number | null;
  /** LoRa uplinks: reports of the same moment are one uplink that several gateways heard. */
  readonly uplinks: number;
  /** Mean of the link margin over the uplinks: SNR at the gateway that heard it best, less the demodulation floor, dB. */
  readonly marginDb: number | null;
  /** Its lowest value, dB. */
  readonly marginMinDb: number | null;
  /** The gateway that heard most uplinks best. */
  readonly bestGateway: string | null;
  /** How each gateway heard it, in the order of their names. */
  readonly gateways: readonly GatewayLink[];
  /** Of the worst measure that has a band. */
  readonly quality: 'UNKNOWN' | 'EXCELLENT' | 'GOOD' | 'FAIR' | 'POOR' | 'VERY_POOR';
  /** The measure that decided. */
  readonly qualityBy: string | null;
  /** Version of the policy quality-bands; 0 is its fallback. */
  readonly policyVersion: number;
}

export const ConnectivityWindow: Schema<ConnectivityWindow> = schema({
  "type": "record",
  "name": "ConnectivityWindow",
  "namespace": "fleetstream",
  "doc": "How a device was connected in a window of event time.",
  "derived": true,
  "fields": [
    {
      "name": "tenant",
      "type": "string",
      "doc": "Who owns the device.",
      "dataClass": "identity"
    },
    {
      "name": "device",
      "type": "string",
      "doc": "The device, unique within its tenant.",
      "dataClass": "identity"
    },
    {
      "name": "start",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Begin of the window, by event time.",
      "dataClass": "operational"
    },
    {
      "name": "spanSeconds",
      "type": "int",
      "doc": "Length of the window: 60, 900 or 3600 s.",
      "dataClass": "operational"
    },
    {
      "name": "technology",
      "type": "string",
      "doc": "Access technology; ALL in a row of the whole device.",
      "dataClass": "connectivity"
    },
    {
      "name": "whole",
      "type": "boolean",
      "doc": "True where it stands for the whole device too, since all that came were link reports of one technology; there is no row ALL beside it then. Of an hour there always is.",
      "dataClass": "connectivity",
      "default": false
    },
    {
      "name": "revision",
      "type": "int",
      "doc": "Grows whenever the window is written anew.",
      "dataClass": "operational"
    },
    {
      "name": "reports",
      "type": "long",
      "doc": "Reports of the device in the window, of every kind and technology.",
      "dataClass": "operational"
    },
    {
      "name": "missing",
      "type": "long",
      "doc": "Numbers that were skipped: between the first and the last of the window, and between the window and what was before it.",
      "dataClass": "operational"
    },
    {
      "name": "expected",
      "type": [
        "null",
        "double"
      ],
      "doc": "Reports that its interval lets expect; null where it did not say one and, of an hour, none could be learnt.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "completeness",
      "type": [
        "null",
        "double"
      ],
      "doc": "Reports by what should have come, by numbers or by interval, whichever is more; from 0 to 1, null where nothing is known.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "payloadBytes",
      "type": "long",
      "doc": "Sum of the sizes of all payloads, bytes.",
      "dataClass": "operational"
    },
    {
      "name": "connectedMs",
      "type": [
        "null",
        "long"
      ],
      "doc": "Of an hour: for how long it was connected, ms.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "expectedMs",
      "type": [
        "null",
        "long"
      ],
      "doc": "Of an hour: for how long it should have been, ms; null where its interval is not known.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "linkReports",
      "type": "long",
      "doc": "Link reports of the technology.",
      "dataClass": "connectivity"
    },
    {
      "name": "unsampled",
      "type": "long",
      "doc": "Link reports beyond the number that is kept of a minute: they count in no measure.",
      "dataClass": "connectivity"
    },
    {
      "name": "packetsSent",
      "type": [
        "null",
        "long"
      ],
      "doc": "Packets sent; null where no counter says.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "packetsLost",
      "type": [
        "null",
        "long"
      ],
      "doc": "Packets lost.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "loss",
      "type": [
        "null",
        "double"
      ],
      "doc": "Packets lost by packets sent, from 0 to 1.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "resets",
      "type": "long",
      "doc": "How often the counters began anew.",
      "dataClass": "connectivity"
    },
    {
      "name": "rollovers",
      "type": "long",
      "doc": "How often a counter of 16 or 32 bits ran over.",
      "dataClass": "connectivity"
    },
    {
      "name": "repetitions",
      "type": "long",
      "doc": "Link reports whose counters had come before: an uplink sent or heard twice.",
      "dataClass": "connectivity"
    },
    {
      "name": "bytesUp",
      "type": [
        "null",
        "long"
      ],
      "doc": "Bytes sent by the device.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "bytesDown",
      "type": [
        "null",
        "long"
      ],
      "doc": "Bytes received by the device.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "latency",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "SketchBucket",
          "doc": "A bucket of a sketch.",
          "fields": [
            {
              "name": "bucket",
              "type": "int",
              "doc": "Its index i: values above 1.02^(i-1) and up to 1.02^i; -10000 holds zero.",
              "dataClass": "connectivity"
            },
            {
              "name": "count",
              "type": "long",
              "doc": "Values in it.",
              "dataClass": "connectivity"
            }
          ]
        }
      },
      "doc": "Sketch of the round trip times: merged by adding counts.",
      "dataClass": "connectivity"
    },
    {
      "name": "latencyP50",
      "type": [
        "null",
        "double"
      ],
      "doc": "Median of the round trip time, ms, within 1 %.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "latencyP90",
      "type": [
        "null",
        "double"
      ],
      "doc": "Of ten round trips nine took less, ms, within 1 %.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "latencyP99",
      "type": [
        "null",
        "double"
      ],
      "doc": "Of a hundred 99 took less, ms, within 1 %.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "rssi",
      "type": [
        "null",
        "double"
      ],
      "doc": "Mean of the received signal strength, dBm.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "rssiMin",
      "type": [
        "null",
        "double"
      ],
      "doc": "Its lowest value, dBm.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "rssiMax",
      "type": [
        "null",
        "double"
      ],
      "doc": "Its highest value, dBm.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "snr",
      "type": [
        "null",
        "double"
      ],
      "doc": "Mean of the signal to noise ratio, dB.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "snrMin",
      "type": [
        "null",
        "double"
      ],
      "doc": "Its lowest value, dB.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "snrMax",
      "type": [
        "null",
        "double"
      ],
      "doc": "Its highest value, dB.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "rsrp",
      "type": [
        "null",
        "double"
      ],
      "doc": "Mean of the reference signal received power, dBm.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "rsrpMin",
      "type": [
        "null",
        "double"
      ],
      "doc": "Its lowest value, dBm.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "rsrpMax",
      "type": [
        "null",
        "double"
      ],
      "doc": "Its highest value, dBm.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "rsrq",
      "type": [
        "null",
        "double"
      ],
      "doc": "Mean of the reference signal received quality, dB.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "rsrqMin",
      "type": [
        "null",
        "double"
      ],
      "doc": "Its lowest value, dB.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "rsrqMax",
      "type": [
        "null",
        "double"
      ],
      "doc": "Its highest value, dB.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "sinr",
      "type": [
        "null",
        "double"
      ],
      "doc": "Mean of the signal to interference and noise ratio, dB.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "sinrMin",
      "type": [
        "null",
        "double"
      ],
      "doc": "Its lowest value, dB.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "sinrMax",
      "type": [
        "null",
        "double"
      ],
      "doc": "Its highest value, dB.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "spreadingFactorMin",
      "type": [
        "null",
        "int"
      ],
      "doc": "Lowest LoRa spreading factor.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "spreadingFactorMax",
      "type": [
        "null",
        "int"
      ],
      "doc": "Highest LoRa spreading factor.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "airtimeMs",
      "type": [
        "null",
        "double"
      ],
      "doc": "Time on air of the LoRa uplinks, ms, by their payloads.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "uplinks",
      "type": "long",
      "doc": "LoRa uplinks: reports of the same moment are one uplink that several gateways heard.",
      "dataClass": "connectivity"
    },
    {
      "name": "marginDb",
      "type": [
        "null",
        "double"
      ],
      "doc": "Mean of the link margin over the uplinks: SNR at the gateway that heard it best, less the demodulation floor, dB.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "marginMinDb",
      "type": [
        "null",
        "double"
      ],
      "doc": "Its lowest value, dB.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "bestGateway",
      "type": [
        "null",
        "string"
      ],
      "doc": "The gateway that heard most uplinks best.",
      "dataClass": "location",
      "default": null
    },
    {
      "name": "gateways",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "GatewayLink",
          "doc": "How one gateway heard a device.",
          "fields": [
            {
              "name": "gateway",
              "type": "string",
              "doc": "The gateway.",
              "dataClass": "location"
            },
            {
              "name": "reports",
              "type": "long",
              "doc": "Link reports through it.",
              "dataClass": "connectivity"
            },
            {
              "name": "best",
              "type": "long",
              "doc": "Uplinks that it heard best.",
              "dataClass": "connectivity"
            },
            {
              "name": "rssi",
              "type": [
                "null",
                "double"
              ],
              "doc": "Mean of RSSI, dBm.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "snr",
              "type": [
                "null",
                "double"
              ],
              "doc": "Mean of SNR, dB.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "marginDb",
              "type": [
                "null",
                "double"
              ],
              "doc": "Mean of the link margin, dB.",
              "dataClass": "connectivity",
              "default": null
            }
          ]
        }
      },
      "doc": "How each gateway heard it, in the order of their names.",
      "dataClass": "location"
    },
    {
      "name": "quality",
      "type": {
        "type": "enum",
        "name": "LinkQuality",
        "symbols": [
          "UNKNOWN",
          "EXCELLENT",
          "GOOD",
          "FAIR",
          "POOR",
          "VERY_POOR"
        ],
        "default": "UNKNOWN"
      },
      "doc": "Of the worst measure that has a band.",
      "dataClass": "connectivity"
    },
    {
      "name": "qualityBy",
      "type": [
        "null",
        "string"
      ],
      "doc": "The measure that decided.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "policyVersion",
      "type": "long",
      "doc": "Version of the policy quality-bands; 0 is its fallback.",
      "dataClass": "operational"
    },
    {
      "name": "causeTopic",
      "type": "string",
      "doc": "Topic of the root event that caused this record.",
      "dataClass": "operational"
    },
    {
      "name": "causePartition",
      "type": "int",
      "doc": "Partition of the root event.",
      "dataClass": "operational"
    },
    {
      "name": "causeOffset",
      "type": "long",
      "doc": "Offset of the root event.",
      "dataClass": "operational"
    },
    {
      "name": "causePath",
      "type": "string",
      "doc": "How it was derived: processor/version/index, one step a stage, joined by '>'.",
      "dataClass": "operational"
    },
    {
      "name": "logTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Log time of the partition when this was derived: the largest clock tick seen; 1970 before the first tick.",
      "dataClass": "operational"
    }
  ]
});
