// From avro/SecurityProfiles.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** Devices that a profile is for: those that fit all that is said. */
export interface ProfileTarget {
  /** Name of the device; an asterisk at its end stands for any ending. */
  readonly device: string | null;
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

/** What is normal of a metric. */
export interface Behaviour {
  /** Name of the behaviour, unique within its profile. */
  readonly name: string;
  /** What is measured: a metric of AWS, as aws:num-messages-sent, or the name of a custom metric. */
  readonly metric: string;
  /** Whether messages of these topics count, or all others; null where all count. */
  readonly topicOperator: 'UNKNOWN' | 'IN' | 'NOT_IN' | null;
  /** Topic filters of MQTT. */
  readonly topicFilters: readonly string[];
  /** How the metric compares to the value where all is normal: less-than, in-cidr-set and so on. */
  readonly operator: string;
  /** What a number is compared to. */
  readonly threshold: number | null;
  /** What network addresses are compared to, in CIDR notation. */
  readonly cidrs: readonly string[];
  /** What ports are compared to. */
  readonly ports: readonly number[];
  /** What numbers are compared to. */
  readonly numbers: readonly number[];
  /** What texts are compared to. */
  readonly strings: readonly string[];
  /** Length of the windows over which is counted: 300, 600, 900, 1800 or 3600; null for 300. */
  readonly durationSeconds: number | null;
  /** Windows in a row that are not normal until there is an alarm, 1 to 10. */
  readonly datapointsToAlarm: number;
  /** Windows in a row that are normal until it is cleared, 1 to 10. */
  readonly datapointsToClear: number;
  /** Percentile over all devices of the profile in the same window that a number is compared to, such as p90. */
  readonly statistic: string | null;
  /** How sure it must be that a number is unlike what the device usually does: LOW, MEDIUM or HIGH; null where a number or a list decides. */
  readonly confidence: string | null;
  /** True to write its violations down without a word to anybody. */
  readonly suppressAlerts: boolean;
}

/** What is normal of some devices. */
export interface SecurityProfile {
  /** Name of the profile. */
  readonly name: string;
  /** What it is for. */
  readonly description: string;
  /** How bad a violation is. */
  readonly severity: 'UNKNOWN' | 'INFORMATIONAL' | 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';
  /** Whom it is for: whoever fits one of these; where there are none, every device. */
  readonly targets: readonly ProfileTarget[];
  /** What is normal. */
  readonly behaviours: readonly Behaviour[];
}

/** The security profiles of a tenant, as AWS IoT Device Defender has them. */
export interface SecurityProfiles {
  /** Every profile. */
  readonly profiles: readonly SecurityProfile[];
}

export const SecurityProfiles: Schema<SecurityProfiles> = schema({
  "type": "record",
  "name": "SecurityProfiles",
  "namespace": "fleetstream",
  "doc": "The security profiles of a tenant, as AWS IoT Device Defender has them.",
  "fields": [
    {
      "name": "profiles",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "SecurityProfile",
          "doc": "What is normal of some devices.",
          "fields": [
            {
              "name": "name",
              "type": "string",
              "doc": "Name of the profile.",
              "dataClass": "operational"
            },
            {
              "name": "description",
              "type": "string",
              "doc": "What it is for.",
              "dataClass": "operational",
              "default": ""
            },
            {
              "name": "severity",
              "type": {
                "type": "enum",
                "name": "Severity",
                "symbols": [
                  "UNKNOWN",
                  "INFORMATIONAL",
                  "LOW",
                  "MEDIUM",
                  "HIGH",
                  "CRITICAL"
                ],
                "default": "UNKNOWN"
              },
              "doc": "How bad a violation is.",
              "dataClass": "operational",
              "default": "MEDIUM"
            },
            {
              "name": "targets",
              "type": {
                "type": "array",
                "items": {
                  "type": "record",
                  "name": "ProfileTarget",
                  "doc": "Devices that a profile is for: those that fit all that is said.",
                  "fields": [
                    {
                      "name": "device",
                      "type": [
                        "null",
                        "string"
                      ],
                      "doc": "Name of the device; an asterisk at its end stands for any ending.",
                      "dataClass": "identity",
                      "default": null
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
              "doc": "Whom it is for: whoever fits one of these; where there are none, every device.",
              "dataClass": "operational",
              "default": []
            },
            {
              "name": "behaviours",
              "type": {
                "type": "array",
                "items": {
                  "type": "record",
                  "name": "Behaviour",
                  "doc": "What is normal of a metric.",
                  "fields": [
                    {
                      "name": "name",
                      "type": "string",
                      "doc": "Name of the behaviour, unique within its profile.",
                      "dataClass": "operational"
                    },
                    {
                      "name": "metric",
                      "type": "string",
                      "doc": "What is measured: a metric of AWS, as aws:num-messages-sent, or the name of a custom metric.",
                      "dataClass": "operational"
                    },
                    {
                      "name": "topicOperator",
                      "type": [
                        "null",
                        {
                          "type": "enum",
                          "name": "TopicOperator",
                          "symbols": [
                            "UNKNOWN",
                            "IN",
                            "NOT_IN"
                          ],
                          "default": "UNKNOWN"
                        }
                      ],
                      "doc": "Whether messages of these topics count, or all others; null where all count.",
                      "dataClass": "operational",
                      "default": null
                    },
                    {
                      "name": "topicFilters",
                      "type": {
                        "type": "array",
                        "items": "string"
                      },
                      "doc": "Topic filters of MQTT.",
                      "dataClass": "operational",
                      "default": []
                    },
                    {
                      "name": "operator",
                      "type": "string",
                      "doc": "How the metric compares to the value where all is normal: less-than, in-cidr-set and so on.",
                      "dataClass": "operational"
                    },
                    {
                      "name": "threshold",
                      "type": [
                        "null",
                        "double"
                      ],
                      "doc": "What a number is compared to.",
                      "dataClass": "operational",
                      "default": null
                    },
                    {
                      "name": "cidrs",
                      "type": {
                        "type": "array",
                        "items": "string"
                      },
                      "doc": "What network addresses are compared to, in CIDR notation.",
                      "dataClass": "connectivity",
                      "default": []
                    },
                    {
                      "name": "ports",
                      "type": {
                        "type": "array",
                        "items": "int"
                      },
                      "doc": "What ports are compared to.",
                      "dataClass": "connectivity",
                      "default": []
                    },
                    {
                      "name": "numbers",
                      "type": {
                        "type": "array",
                        "items": "double"
                      },
                      "doc": "What numbers are compared to.",
                      "dataClass": "operational",
                      "default": []
                    },
                    {
                      "name": "strings",
                      "type": {
                        "type": "array",
                        "items": "string"
                      },
                      "doc": "What texts are compared to.",
                      "dataClass": "operational",
                      "default": []
                    },
                    {
                      "name": "durationSeconds",
                      "type": [
                        "null",
                        "int"
                      ],
                      "doc": "Length of the windows over which is counted: 300, 600, 900, 1800 or 3600; null for 300.",
                      "dataClass": "operational",
                      "default": null
                    },
                    {
                      "name": "datapointsToAlarm",
                      "type": "int",
                      "doc": "Windows in a row that are not normal until there is an alarm, 1 to 10.",
                      "dataClass": "operational",
                      "default": 1
                    },
                    {
                      "name": "datapointsToClear",
                      "type": "int",
                      "doc": "Windows in a row that are normal until it is cleared, 1 to 10.",
                      "dataClass": "operational",
                      "default": 1
                    },
                    {
                      "name": "statistic",
                      "type": [
                        "null",
                        "string"
                      ],
                      "doc": "Percentile over all devices of the profile in the same window that a number is compared to, such as p90.",
                      "dataClass": "operational",
                      "default": null
                    },
                    {
                      "name": "confidence",
                      "type": [
                        "null",
                        "string"
                      ],
                      "doc": "How sure it must be that a number is unlike what the device usually does: LOW, MEDIUM or HIGH; null where a number or a list decides.",
                      "dataClass": "operational",
                      "default": null
                    },
                    {
                      "name": "suppressAlerts",
                      "type": "boolean",
                      "doc": "True to write its violations down without a word to anybody.",
                      "dataClass": "operational",
                      "default": false
                    }
                  ]
                }
              },
              "doc": "What is normal.",
              "dataClass": "operational",
              "default": []
            }
          ]
        }
      },
      "doc": "Every profile.",
      "dataClass": "operational"
    }
  ]
});
