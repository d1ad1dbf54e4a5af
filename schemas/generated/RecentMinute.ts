// From avro/RecentMinute.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** Numbers of one run of a counter of reports. */
export interface RecentRun {
  /** Whose numbers these are. */
  readonly source: string;
  /** Which run. */
  readonly epoch: number | null;
  /** The least number. */
  readonly first: number;
  /** The greatest number. */
  readonly last: number;
  /** How many came. */
  readonly count: number;
}

/** A link report, in whole numbers. */
export interface RecentLink {
  /** When it was. */
  readonly eventTime: number;
  /** Its number; -1 where it has none. */
  readonly sequence: number;
  /** Access technology. */
  readonly technology: string;
  /** Gateway that heard the device. */
  readonly gateway: string | null;
  /** Size of the payload, bytes. */
  readonly payloadBytes: number;
  /** dBm, in thousandths. */
  readonly rssi: number | null;
  /** dB, in thousandths. */
  readonly snr: number | null;
  /** dBm, in thousandths. */
  readonly rsrp: number | null;
  /** dB, in thousandths. */
  readonly rsrq: number | null;
  /** dB, in thousandths. */
  readonly sinr: number | null;
  /** LoRa spreading factor. */
  readonly spreadingFactor: number | null;
  /** Data rate, bit/s. */
  readonly dataRate: number | null;
  /** Bucket of the round trip time. */
  readonly latency: number | null;
  /** Packets sent since the counter began. */
  readonly packetsSent: number | null;
  /** Packets lost since the counter began. */
  readonly packetsLost: number | null;
  /** Bytes sent since the counter began. */
  readonly bytesUp: number | null;
  /** Bytes received since the counter began. */
  readonly bytesDown: number | null;
}

/** What a device said in a minute of event time, and when it was seen in it. */
export interface RecentMinute {
  /** Begin of the minute. */
  readonly start: number;
  /** Reports of the device, of every kind. */
  readonly reports: number;
  /** Sum of the sizes of all payloads, bytes. */
  readonly payloadBytes: number;
  /** First moment at which the device is known to have been connected; null when there is none. */
  readonly seenFirst: number | null;
  /** Last such moment. */
  readonly seenLast: number | null;
  /** Sequence numbers, by source and epoch. */
  readonly streams: readonly RecentRun[];
  /** Link reports, in the order of time, number and what they say; the first of them where there are very many. */
  readonly links: readonly RecentLink[];
  /** Link reports, kept or not. */
  readonly linkReports: number;
  /** Events that are no link reports, and count. */
  readonly others: number;
}

export const RecentMinute: Schema<RecentMinute> = schema({
  "type": "record",
  "name": "RecentMinute",
  "namespace": "fleetstream",
  "doc": "What a device said in a minute of event time, and when it was seen in it.",
  "fields": [
    {
      "name": "start",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Begin of the minute.",
      "dataClass": "operational"
    },
    {
      "name": "reports",
      "type": "long",
      "doc": "Reports of the device, of every kind.",
      "dataClass": "connectivity"
    },
    {
      "name": "payloadBytes",
      "type": "long",
      "doc": "Sum of the sizes of all payloads, bytes.",
      "dataClass": "operational"
    },
    {
      "name": "seenFirst",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "First moment at which the device is known to have been connected; null when there is none.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "seenLast",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Last such moment.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "streams",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "RecentRun",
          "doc": "Numbers of one run of a counter of reports.",
          "fields": [
            {
              "name": "source",
              "type": "string",
              "doc": "Whose numbers these are.",
              "dataClass": "operational"
            },
            {
              "name": "epoch",
              "type": [
                "null",
                "long"
              ],
              "doc": "Which run.",
              "dataClass": "operational",
              "default": null
            },
            {
              "name": "first",
              "type": "long",
              "doc": "The least number.",
              "dataClass": "operational"
            },
            {
              "name": "last",
              "type": "long",
              "doc": "The greatest number.",
              "dataClass": "operational"
            },
            {
              "name": "count",
              "type": "long",
              "doc": "How many came.",
              "dataClass": "operational"
            }
          ]
        }
      },
      "doc": "Sequence numbers, by source and epoch.",
      "dataClass": "operational"
    },
    {
      "name": "links",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "RecentLink",
          "doc": "A link report, in whole numbers.",
          "fields": [
            {
              "name": "eventTime",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "When it was.",
              "dataClass": "operational"
            },
            {
              "name": "sequence",
              "type": "long",
              "doc": "Its number; -1 where it has none.",
              "dataClass": "operational"
            },
            {
              "name": "technology",
              "type": "string",
              "doc": "Access technology.",
              "dataClass": "connectivity"
            },
            {
              "name": "gateway",
              "type": [
                "null",
                "string"
              ],
              "doc": "Gateway that heard the device.",
              "dataClass": "location",
              "default": null
            },
            {
              "name": "payloadBytes",
              "type": "int",
              "doc": "Size of the payload, bytes.",
              "dataClass": "operational"
            },
            {
              "name": "rssi",
              "type": [
                "null",
                "long"
              ],
              "doc": "dBm, in thousandths.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "snr",
              "type": [
                "null",
                "long"
              ],
              "doc": "dB, in thousandths.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "rsrp",
              "type": [
                "null",
                "long"
              ],
              "doc": "dBm, in thousandths.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "rsrq",
              "type": [
                "null",
                "long"
              ],
              "doc": "dB, in thousandths.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "sinr",
              "type": [
                "null",
                "long"
              ],
              "doc": "dB, in thousandths.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "spreadingFactor",
              "type": [
                "null",
                "int"
              ],
              "doc": "LoRa spreading factor.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "dataRate",
              "type": [
                "null",
                "long"
              ],
              "doc": "Data rate, bit/s.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "latency",
              "type": [
                "null",
                "long"
              ],
              "doc": "Bucket of the round trip time.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "packetsSent",
              "type": [
                "null",
                "long"
              ],
              "doc": "Packets sent since the counter began.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "packetsLost",
              "type": [
                "null",
                "long"
              ],
              "doc": "Packets lost since the counter began.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "bytesUp",
              "type": [
                "null",
                "long"
              ],
              "doc": "Bytes sent since the counter began.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "bytesDown",
              "type": [
                "null",
                "long"
              ],
              "doc": "Bytes received since the counter began.",
              "dataClass": "connectivity",
              "default": null
            }
          ]
        }
      },
      "doc": "Link reports, in the order of time, number and what they say; the first of them where there are very many.",
      "dataClass": "connectivity"
    },
    {
      "name": "linkReports",
      "type": "long",
      "doc": "Link reports, kept or not.",
      "dataClass": "connectivity"
    },
    {
      "name": "others",
      "type": "long",
      "doc": "Events that are no link reports, and count.",
      "dataClass": "operational"
    }
  ]
});
