// From avro/DetectBucket.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** How often something of one kind happened. */
export interface DetectFact {
  /** What happened: message, delivery, refusal, attempt, started, ended, address. */
  readonly kind: string;
  /** Of what: a topic, an outcome, an address. */
  readonly member: string;
  /** How often. */
  readonly count: number;
  /** The least number of bytes. */
  readonly low: number;
  /** Id of the event that had them. */
  readonly lowEvent: string;
  /** The greatest number of bytes. */
  readonly high: number;
  /** Id of the event that had them. */
  readonly highEvent: string;
  /** Bytes of all together. */
  readonly bytes: number;
  /** Ids of some of the events, the smallest. */
  readonly events: readonly string[];
}

/** What a device said of its behaviour. */
export interface DetectReport {
  /** Id of the event. */
  readonly eventId: string;
  /** When it happened. */
  readonly time: number;
  /** Number of the report. */
  readonly reportId: number | null;
  /** TCP ports that are open. */
  readonly listeningTcpPorts: readonly number[] | null;
  /** How many TCP ports are open. */
  readonly listeningTcpPortCount: number | null;
  /** UDP ports that are open. */
  readonly listeningUdpPorts: readonly number[] | null;
  /** How many UDP ports are open. */
  readonly listeningUdpPortCount: number | null;
  /** Bytes received since the report before. */
  readonly bytesIn: number | null;
  /** Bytes sent since the report before. */
  readonly bytesOut: number | null;
  /** Packets received since the report before. */
  readonly packetsIn: number | null;
  /** Packets sent since the report before. */
  readonly packetsOut: number | null;
  /** Addresses of the other ends. */
  readonly remoteAddresses: readonly string[] | null;
  /** How many TCP connections are established. */
  readonly connectionCount: number | null;
  /** Custom metrics that are one number. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Custom metrics that are numbers. */
  readonly numberLists: Readonly<Record<string, readonly number[]>>;
  /** Custom metrics that are texts. */
  readonly stringLists: Readonly<Record<string, readonly string[]>>;
  /** Custom metrics that are network addresses. */
  readonly ipLists: Readonly<Record<string, readonly string[]>>;
}

/** A begin or an end of a session. */
export interface DetectSession {
  /** When it happened. */
  readonly time: number;
  /** Which of both. */
  readonly phase: 'UNKNOWN' | 'STARTED' | 'ENDED';
  /** Id that start and end share. */
  readonly sessionId: string;
}

/** What a device said that it is. */
export interface DetectDescription {
  /** Id of the event. */
  readonly eventId: string;
  /** When it said so. */
  readonly time: number;
  /** Model. */
  readonly model: string | null;
  /** Revision of its hardware. */
  readonly hardware: string | null;
  /** Version of its firmware. */
  readonly firmware: string | null;
  /** Lot that it was made in. */
  readonly lot: string | null;
  /** Site where it stands. */
  readonly site: string | null;
}

/** What happened to a device within five minutes, as far as a behaviour can ask. */
export interface DetectBucket {
  /** What was counted, by kind and member. */
  readonly facts: readonly DetectFact[];
  /** Reports of its behaviour, in order. */
  readonly reports: readonly DetectReport[];
  /** Begins and ends of sessions, in order. */
  readonly sessions: readonly DetectSession[];
  /** The newest description, if there is one. */
  readonly descriptions: readonly DetectDescription[];
}

export const DetectBucket: Schema<DetectBucket> = schema({
  "type": "record",
  "name": "DetectBucket",
  "namespace": "fleetstream",
  "doc": "What happened to a device within five minutes, as far as a behaviour can ask.",
  "fields": [
    {
      "name": "facts",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "DetectFact",
          "doc": "How often something of one kind happened.",
          "fields": [
            {
              "name": "kind",
              "type": "string",
              "doc": "What happened: message, delivery, refusal, attempt, started, ended, address.",
              "dataClass": "operational"
            },
            {
              "name": "member",
              "type": "string",
              "doc": "Of what: a topic, an outcome, an address.",
              "dataClass": "connectivity"
            },
            {
              "name": "count",
              "type": "long",
              "doc": "How often.",
              "dataClass": "operational"
            },
            {
              "name": "low",
              "type": "double",
              "doc": "The least number of bytes.",
              "dataClass": "operational"
            },
            {
              "name": "lowEvent",
              "type": "string",
              "doc": "Id of the event that had them.",
              "dataClass": "operational"
            },
            {
              "name": "high",
              "type": "double",
              "doc": "The greatest number of bytes.",
              "dataClass": "operational"
            },
            {
              "name": "highEvent",
              "type": "string",
              "doc": "Id of the event that had them.",
              "dataClass": "operational"
            },
            {
              "name": "bytes",
              "type": "double",
              "doc": "Bytes of all together.",
              "dataClass": "operational",
              "default": 0
            },
            {
              "name": "events",
              "type": {
                "type": "array",
                "items": "string"
              },
              "doc": "Ids of some of the events, the smallest.",
              "dataClass": "operational"
            }
          ]
        }
      },
      "doc": "What was counted, by kind and member.",
      "dataClass": "operational"
    },
    {
      "name": "reports",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "DetectReport",
          "doc": "What a device said of its behaviour.",
          "fields": [
            {
              "name": "eventId",
              "type": "string",
              "doc": "Id of the event.",
              "dataClass": "operational"
            },
            {
              "name": "time",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "When it happened.",
              "dataClass": "operational"
            },
            {
              "name": "reportId",
              "type": [
                "null",
                "long"
              ],
              "doc": "Number of the report.",
              "dataClass": "operational",
              "default": null
            },
            {
              "name": "listeningTcpPorts",
              "type": [
                "null",
                {
                  "type": "array",
                  "items": "int"
                }
              ],
              "doc": "TCP ports that are open.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "listeningTcpPortCount",
              "type": [
                "null",
                "long"
              ],
              "doc": "How many TCP ports are open.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "listeningUdpPorts",
              "type": [
                "null",
                {
                  "type": "array",
                  "items": "int"
                }
              ],
              "doc": "UDP ports that are open.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "listeningUdpPortCount",
              "type": [
                "null",
                "long"
              ],
              "doc": "How many UDP ports are open.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "bytesIn",
              "type": [
                "null",
                "long"
              ],
              "doc": "Bytes received since the report before.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "bytesOut",
              "type": [
                "null",
                "long"
              ],
              "doc": "Bytes sent since the report before.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "packetsIn",
              "type": [
                "null",
                "long"
              ],
              "doc": "Packets received since the report before.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "packetsOut",
              "type": [
                "null",
                "long"
              ],
              "doc": "Packets sent since the report before.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "remoteAddresses",
              "type": [
                "null",
                {
                  "type": "array",
                  "items": "string"
                }
              ],
              "doc": "Addresses of the other ends.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "connectionCount",
              "type": [
                "null",
                "long"
              ],
              "doc": "How many TCP connections are established.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "numbers",
              "type": {
                "type": "map",
                "values": "double"
              },
              "doc": "Custom metrics that are one number.",
              "dataClass": "telemetry",
              "default": {}
            },
            {
              "name": "numberLists",
              "type": {
                "type": "map",
                "values": {
                  "type": "array",
                  "items": "double"
                }
              },
              "doc": "Custom metrics that are numbers.",
              "dataClass": "telemetry",
              "default": {}
            },
            {
              "name": "stringLists",
              "type": {
                "type": "map",
                "values": {
                  "type": "array",
                  "items": "string"
                }
              },
              "doc": "Custom metrics that are texts.",
              "dataClass": "telemetry",
              "default": {}
            },
            {
              "name": "ipLists",
              "type": {
                "type": "map",
                "values": {
                  "type": "array",
                  "items": "string"
                }
              },
              "doc": "Custom metrics that are network addresses.",
              "dataClass": "connectivity",
              "default": {}
            }
          ]
        }
      },
      "doc": "Reports of its behaviour, in order.",
      "dataClass": "connectivity"
    },
    {
      "name": "sessions",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "DetectSession",
          "doc": "A begin or an end of a session.",
          "fields": [
            {
              "name": "time",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "When it happened.",
              "dataClass": "connectivity"
            },
            {
              "name": "phase",
              "type": {
                "type": "enum",
                "name": "DetectPhase",
                "symbols": [
                  "UNKNOWN",
                  "STARTED",
                  "ENDED"
                ],
                "default": "UNKNOWN"
              },
              "doc": "Which of both.",
              "dataClass": "connectivity"
            },
            {
              "name": "sessionId",
              "type": "string",
              "doc": "Id that start and end share.",
              "dataClass": "connectivity"
            }
          ]
        }
      },
      "doc": "Begins and ends of sessions, in order.",
      "dataClass": "connectivity"
    },
    {
      "name": "descriptions",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "DetectDescription",
          "doc": "What a device said that it is.",
          "fields": [
            {
              "name": "eventId",
              "type": "string",
              "doc": "Id of the event.",
              "dataClass": "operational"
            },
            {
              "name": "time",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "When it said so.",
              "dataClass": "operational"
            },
            {
              "name": "model",
              "type": [
                "null",
                "string"
              ],
              "doc": "Model.",
              "dataClass": "configuration",
              "default": null
            },
            {
              "name": "hardware",
              "type": [
                "null",
                "string"
              ],
              "doc": "Revision of its hardware.",
              "dataClass": "configuration",
              "default": null
            },
            {
              "name": "firmware",
              "type": [
                "null",
                "string"
              ],
              "doc": "Version of its firmware.",
              "dataClass": "configuration",
              "default": null
            },
            {
              "name": "lot",
              "type": [
                "null",
                "string"
              ],
              "doc": "Lot that it was made in.",
              "dataClass": "configuration",
              "default": null
            },
            {
              "name": "site",
              "type": [
                "null",
                "string"
              ],
              "doc": "Site where it stands.",
              "dataClass": "location",
              "default": null
            }
          ]
        }
      },
      "doc": "The newest description, if there is one.",
      "dataClass": "configuration"
    }
  ]
});
