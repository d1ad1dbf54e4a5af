// From avro/ConnectivityMinute.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** Numbers of one run of a counter that were seen. */
export interface SequenceSpan {
  /** The numbering stream. */
  readonly source: string;
  /** Which run of the counter. */
  readonly epoch: number | null;
  /** Lowest number. */
  readonly first: number;
  /** Highest number. */
  readonly last: number;
  /** How many came. */
  readonly count: number;
}

/** What is kept of a link report. */
export interface LinkSample {
  /** When it was. */
  readonly eventTime: number;
  /** Its number; -1 when it had none. */
  readonly sequence: number;
  /** Its id. */
  readonly eventId: string;
  /** Access technology. */
  readonly technology: string;
  /** Gateway that heard it. */
  readonly gateway: string | null;
  /** dBm. */
  readonly rssi: number | null;
  /** dB. */
  readonly snr: number | null;
  /** dBm. */
  readonly rsrp: number | null;
  /** dB. */
  readonly rsrq: number | null;
  /** dB. */
  readonly sinr: number | null;
  /** LoRa spreading factor. */
  readonly spreadingFactor: number | null;
  /** bit/s. */
  readonly dataRate: number | null;
  /** Round trip time, ms. */
  readonly latencyMs: number | null;
  /** Counter of packets sent. */
  readonly packetsSent: number | null;
  /** Counter of packets lost. */
  readonly packetsLost: number | null;
  /** Counter of bytes sent. */
  readonly bytesUp: number | null;
  /** Counter of bytes received. */
  readonly bytesDown: number | null;
  /** Size of its payload, bytes. */
  readonly payloadBytes: number;
}

/** Of version 1 of the processor: what a device said in one minute of event time. Nothing writes it now. */
export interface ConnectivityMinute {
  /** Reports of the device, of every kind. */
  readonly reports: number;
  /** Sum of the sizes of all payloads, bytes. */
  readonly payloadBytes: number;
  /** First moment at which the device is known to have been connected; null when there is none. */
  readonly seenFirst: number | null;
  /** Last such moment. */
  readonly seenLast: number | null;
  /** Sequence numbers, by source and epoch. */
  readonly streams: readonly SequenceSpan[];
  /** Link reports, in the order of time, number and id; the first of them where there are very many. */
  readonly links: readonly LinkSample[];
  /** Link reports, kept or not. */
  readonly linkReports: number;
}

export const ConnectivityMinute: Schema<ConnectivityMinute> = schema({
  "type": "record",
  "name": "ConnectivityMinute",
  "namespace": "fleetstream",
  "doc": "Of version 1 of the processor: what a device said in one minute of event time. Nothing writes it now.",
  "fields": [
    {
      "name": "reports",
      "type": "long",
      "doc": "Reports of the device, of every kind.",
      "dataClass": "operational"
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
          "name": "SequenceSpan",
          "doc": "Numbers of one run of a counter that were seen.",
          "fields": [
            {
              "name": "source",
              "type": "string",
              "doc": "The numbering stream.",
              "dataClass": "operational"
            },
            {
              "name": "epoch",
              "type": [
                "null",
                "long"
              ],
              "doc": "Which run of the counter.",
              "dataClass": "operational",
              "default": null
            },
            {
              "name": "first",
              "type": "long",
              "doc": "Lowest number.",
              "dataClass": "operational"
            },
            {
              "name": "last",
              "type": "long",
              "doc": "Highest number.",
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
          "name": "LinkSample",
          "doc": "What is kept of a link report.",
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
              "doc": "Its number; -1 when it had none.",
              "dataClass": "operational"
            },
            {
              "name": "eventId",
              "type": "string",
              "doc": "Its id.",
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
              "doc": "Gateway that heard it.",
              "dataClass": "location",
              "default": null
            },
            {
              "name": "rssi",
              "type": [
                "null",
                "double"
              ],
              "doc": "dBm.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "snr",
              "type": [
                "null",
                "double"
              ],
              "doc": "dB.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "rsrp",
              "type": [
                "null",
                "double"
              ],
              "doc": "dBm.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "rsrq",
              "type": [
                "null",
                "double"
              ],
              "doc": "dB.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "sinr",
              "type": [
                "null",
                "double"
              ],
              "doc": "dB.",
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
                "double"
              ],
              "doc": "bit/s.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "latencyMs",
              "type": [
                "null",
                "double"
              ],
              "doc": "Round trip time, ms.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "packetsSent",
              "type": [
                "null",
                "long"
              ],
              "doc": "Counter of packets sent.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "packetsLost",
              "type": [
                "null",
                "long"
              ],
              "doc": "Counter of packets lost.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "bytesUp",
              "type": [
                "null",
                "long"
              ],
              "doc": "Counter of bytes sent.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "bytesDown",
              "type": [
                "null",
                "long"
              ],
              "doc": "Counter of bytes received.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "payloadBytes",
              "type": "int",
              "doc": "Size of its payload, bytes.",
              "dataClass": "operational"
            }
          ]
        }
      },
      "doc": "Link reports, in the order of time, number and id; the first of them where there are very many.",
      "dataClass": "connectivity"
    },
    {
      "name": "linkReports",
      "type": "long",
      "doc": "Link reports, kept or not.",
      "dataClass": "connectivity"
    }
  ]
});
