// From avro/ConnectivityState.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What a device said of how often it reports. */
export interface IntervalSaid {
  /** When it was said. */
  readonly eventTime: number;
  /** Id of the event. */
  readonly eventId: string;
  /** Interval, ms. */
  readonly intervalMs: number;
}

/** A session, joined by its id. */
export interface DeviceSession {
  /** Its id. */
  readonly sessionId: string;
  /** When it began, as far as known. */
  readonly startedAt: number | null;
  /** When it ended; null while it goes on or where that is not known. */
  readonly endedAt: number | null;
  /** Why it ended. */
  readonly reason: string | null;
}

/** A time without a sign of the device, longer than it may be. */
export interface DeviceAbsence {
  /** Last sign before. */
  readonly from: number;
  /** First sign after; null while it lasts. */
  readonly until: number | null;
  /** Log time at which it was found. */
  readonly noticedAt: number;
  /** How long the device may be silent, ms. */
  readonly allowedMs: number;
  /** SILENT or SESSION_ENDED. */
  readonly reason: string;
}

/** A gateway that heard the device. */
export interface GatewayHeard {
  /** The gateway. */
  readonly gateway: string;
  /** Event time of the newest report through it. */
  readonly heardAt: number;
}

/** An uplink that can change no more. */
export interface UplinkHeard {
  /** Margin of the gateway that heard it best, dB. */
  readonly marginDb: number | null;
  /** Its spreading factor. */
  readonly spreadingFactor: number | null;
  /** How many gateways heard it. */
  readonly gateways: number;
  /** The gateway that heard it best. */
  readonly gateway: string | null;
}

/** What is kept of how a device is connected, beside its minutes. */
export interface ConnectivityState {
  /** ONLINE: it was heard within the time that it may be silent. SLEEPING: so it was, and it is silent for long by intent. OFFLINE: it was not. UNKNOWN: that cannot be told. */
  readonly status: 'UNKNOWN' | 'ONLINE' | 'SLEEPING' | 'OFFLINE';
  /** Since when; null before the first sign. */
  readonly since: number | null;
  /** First sign of the device. */
  readonly firstSeen: number | null;
  /** Last sign of the device. */
  readonly lastSeen: number | null;
  /** Log time from which silence counts, after time stood still. */
  readonly resumedAt: number | null;
  /** Begins and ends of times in which nothing could be seen, pair by pair. */
  readonly blindMs: readonly number[];
  /** What it said of its interval, oldest first. */
  readonly said: readonly IntervalSaid[];
  /** Where it stands, as it said last. */
  readonly site: string | null;
  /** When it said that. */
  readonly siteSaidAt: number | null;
  /** Times between its newest signs, as they came, ms. */
  readonly gaps: readonly number[];
  /** Times between signs that can change no more, ms. */
  readonly closedGaps: readonly number[];
  /** Its newest sessions, oldest first. */
  readonly sessions: readonly DeviceSession[];
  /** Its newest absences, oldest first. */
  readonly absences: readonly DeviceAbsence[];
  /** Gateways that heard it, newest first. */
  readonly gateways: readonly GatewayHeard[];
  /** Cell of its newest link report. */
  readonly cell: string | null;
  /** Network operator of its newest link report. */
  readonly operator: string | null;
  /** Event time of that report. */
  readonly linkAt: number | null;
  /** Log time at which its drops are counted next. */
  readonly flapDueAt: number | null;
  /** Log time at which it was found to flap; null while it does not. */
  readonly flappingAt: number | null;
  /** 0: within its plan. 1: near the end of it. 2: beyond it. */
  readonly volumeLevel: number;
  /** Begin of the month that this is about. */
  readonly volumeMonth: number | null;
  /** Log time at which windows are due. */
  readonly windowsDueAt: number | null;
  /** Begin of the next hour to be written for the first time; null while none is. */
  readonly nextHour: number | null;
  /** Begin of the oldest minute that is kept. */
  readonly oldest: number | null;
  /** Begin of the newest minute that is kept. */
  readonly newest: number | null;
  /** Before it nothing changes any more. */
  readonly closedTo: number | null;
  /** Begin of the month of the next field. */
  readonly monthStart: number | null;
  /** Bytes of that month that can change no more. */
  readonly monthBytes: number;
  /** The last uplinks before that, oldest first. */
  readonly uplinks: readonly UplinkHeard[];
  /** What is advised now. */
  readonly advice: readonly string[];
  /** Windows that are to be written: four times the minutes from 1970 to their begin, and 0, 1 or 2 for a minute, a quarter or an hour. */
  readonly pending: readonly number[];
  /** Of version 2 of the processor: minutes that are not packed yet, as minutes since 1970, oldest first. */
  readonly recent: readonly number[];
  /** How often the window of each of these minutes was written. */
  readonly written: readonly number[];
  /** Minutes that are not packed yet, oldest first: how many minutes each begins after the one before, the first after the packed ones. */
  readonly steps: readonly number[];
  /** Minutes before it are packed. */
  readonly packedTo: number;
  /** The interval that its newest gaps show, ms; null where they are too few. */
  readonly learntMs: number | null;
}

export const ConnectivityState: Schema<ConnectivityState> = schema({
  "type": "record",
  "name": "ConnectivityState",
  "namespace": "fleetstream",
  "doc": "What is kept of how a device is connected, beside its minutes.",
  "fields": [
    {
      "name": "status",
      "type": {
        "type": "enum",
        "name": "Presence",
        "symbols": [
          "UNKNOWN",
          "ONLINE",
          "SLEEPING",
          "OFFLINE"
        ],
        "default": "UNKNOWN"
      },
      "doc": "ONLINE: it was heard within the time that it may be silent. SLEEPING: so it was, and it is silent for long by intent. OFFLINE: it was not. UNKNOWN: that cannot be told.",
      "dataClass": "connectivity"
    },
    {
      "name": "since",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Since when; null before the first sign.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "firstSeen",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "First sign of the device.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "lastSeen",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Last sign of the device.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "resumedAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time from which silence counts, after time stood still.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "blindMs",
      "type": {
        "type": "array",
        "items": {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      },
      "doc": "Begins and ends of times in which nothing could be seen, pair by pair.",
      "dataClass": "operational"
    },
    {
      "name": "said",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "IntervalSaid",
          "doc": "What a device said of how often it reports.",
          "fields": [
            {
              "name": "eventTime",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "When it was said.",
              "dataClass": "operational"
            },
            {
              "name": "eventId",
              "type": "string",
              "doc": "Id of the event.",
              "dataClass": "operational"
            },
            {
              "name": "intervalMs",
              "type": "long",
              "doc": "Interval, ms.",
              "dataClass": "connectivity"
            }
          ]
        }
      },
      "doc": "What it said of its interval, oldest first.",
      "dataClass": "connectivity"
    },
    {
      "name": "site",
      "type": [
        "null",
        "string"
      ],
      "doc": "Where it stands, as it said last.",
      "dataClass": "location",
      "default": null
    },
    {
      "name": "siteSaidAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "When it said that.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "gaps",
      "type": {
        "type": "array",
        "items": "long"
      },
      "doc": "Times between its newest signs, as they came, ms.",
      "dataClass": "connectivity"
    },
    {
      "name": "closedGaps",
      "type": {
        "type": "array",
        "items": "long"
      },
      "doc": "Times between signs that can change no more, ms.",
      "dataClass": "connectivity"
    },
    {
      "name": "sessions",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "DeviceSession",
          "doc": "A session, joined by its id.",
          "fields": [
            {
              "name": "sessionId",
              "type": "string",
              "doc": "Its id.",
              "dataClass": "connectivity"
            },
            {
              "name": "startedAt",
              "type": [
                "null",
                {
                  "type": "long",
                  "logicalType": "timestamp-millis"
                }
              ],
              "doc": "When it began, as far as known.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "endedAt",
              "type": [
                "null",
                {
                  "type": "long",
                  "logicalType": "timestamp-millis"
                }
              ],
              "doc": "When it ended; null while it goes on or where that is not known.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "reason",
              "type": [
                "null",
                "string"
              ],
              "doc": "Why it ended.",
              "dataClass": "connectivity",
              "default": null
            }
          ]
        }
      },
      "doc": "Its newest sessions, oldest first.",
      "dataClass": "connectivity"
    },
    {
      "name": "absences",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "DeviceAbsence",
          "doc": "A time without a sign of the device, longer than it may be.",
          "fields": [
            {
              "name": "from",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "Last sign before.",
              "dataClass": "connectivity"
            },
            {
              "name": "until",
              "type": [
                "null",
                {
                  "type": "long",
                  "logicalType": "timestamp-millis"
                }
              ],
              "doc": "First sign after; null while it lasts.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "noticedAt",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "Log time at which it was found.",
              "dataClass": "operational"
            },
            {
              "name": "allowedMs",
              "type": "long",
              "doc": "How long the device may be silent, ms.",
              "dataClass": "connectivity"
            },
            {
              "name": "reason",
              "type": "string",
              "doc": "SILENT or SESSION_ENDED.",
              "dataClass": "connectivity"
            }
          ]
        }
      },
      "doc": "Its newest absences, oldest first.",
      "dataClass": "connectivity"
    },
    {
      "name": "gateways",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "GatewayHeard",
          "doc": "A gateway that heard the device.",
          "fields": [
            {
              "name": "gateway",
              "type": "string",
              "doc": "The gateway.",
              "dataClass": "location"
            },
            {
              "name": "heardAt",
              "type": {
                "type": "long",
                "logicalType": "timestamp-millis"
              },
              "doc": "Event time of the newest report through it.",
              "dataClass": "location"
            }
          ]
        }
      },
      "doc": "Gateways that heard it, newest first.",
      "dataClass": "location"
    },
    {
      "name": "cell",
      "type": [
        "null",
        "string"
      ],
      "doc": "Cell of its newest link report.",
      "dataClass": "location",
      "default": null
    },
    {
      "name": "operator",
      "type": [
        "null",
        "string"
      ],
      "doc": "Network operator of its newest link report.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "linkAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Event time of that report.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "flapDueAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time at which its drops are counted next.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "flappingAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time at which it was found to flap; null while it does not.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "volumeLevel",
      "type": "int",
      "doc": "0: within its plan. 1: near the end of it. 2: beyond it.",
      "dataClass": "connectivity"
    },
    {
      "name": "volumeMonth",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Begin of the month that this is about.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "windowsDueAt",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Log time at which windows are due.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "nextHour",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Begin of the next hour to be written for the first time; null while none is.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "oldest",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Begin of the oldest minute that is kept.",
      "dataClass": "operational",
      "default": null
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
      "doc": "Begin of the newest minute that is kept.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "closedTo",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Before it nothing changes any more.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "monthStart",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "doc": "Begin of the month of the next field.",
      "dataClass": "connectivity",
      "default": null
    },
    {
      "name": "monthBytes",
      "type": "long",
      "doc": "Bytes of that month that can change no more.",
      "dataClass": "connectivity"
    },
    {
      "name": "uplinks",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "UplinkHeard",
          "doc": "An uplink that can change no more.",
          "fields": [
            {
              "name": "marginDb",
              "type": [
                "null",
                "double"
              ],
              "doc": "Margin of the gateway that heard it best, dB.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "spreadingFactor",
              "type": [
                "null",
                "int"
              ],
              "doc": "Its spreading factor.",
              "dataClass": "connectivity",
              "default": null
            },
            {
              "name": "gateways",
              "type": "int",
              "doc": "How many gateways heard it.",
              "dataClass": "connectivity"
            },
            {
              "name": "gateway",
              "type": [
                "null",
                "string"
              ],
              "doc": "The gateway that heard it best.",
              "dataClass": "location",
              "default": null
            }
          ]
        }
      },
      "doc": "The last uplinks before that, oldest first.",
      "dataClass": "connectivity"
    },
    {
      "name": "advice",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "What is advised now.",
      "dataClass": "connectivity"
    },
    {
      "name": "pending",
      "type": {
        "type": "array",
        "items": "long"
      },
      "doc": "Windows that are to be written: four times the minutes from 1970 to their begin, and 0, 1 or 2 for a minute, a quarter or an hour.",
      "dataClass": "operational",
      "default": []
    },
    {
      "name": "recent",
      "type": {
        "type": "array",
        "items": "long"
      },
      "doc": "Of version 2 of the processor: minutes that are not packed yet, as minutes since 1970, oldest first.",
      "dataClass": "operational",
      "default": []
    },
    {
      "name": "written",
      "type": {
        "type": "array",
        "items": "long"
      },
      "doc": "How often the window of each of these minutes was written.",
      "dataClass": "operational",
      "default": []
    },
    {
      "name": "steps",
      "type": {
        "type": "array",
        "items": "long"
      },
      "doc": "Minutes that are not packed yet, oldest first: how many minutes each begins after the one before, the first after the packed ones.",
      "dataClass": "operational",
      "default": []
    },
    {
      "name": "packedTo",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Minutes before it are packed.",
      "dataClass": "operational",
      "default": 0
    },
    {
      "name": "learntMs",
      "type": [
        "null",
        "long"
      ],
      "doc": "The interval that its newest gaps show, ms; null where they are too few.",
      "dataClass": "connectivity",
      "default": null
    }
  ]
});
