// From avro/ViolationFound.avsc. Run `npm run generate`.
import { schema, type Cause, type Schema } from '#sdk';

/** A device did what its security profile does not call normal, or came back to it, or an operator judged that. */
export interface ViolationFound extends Cause {
  /** Who owns the device. */
  readonly tenant: string;
  /** The device, unique within its tenant. */
  readonly device: string;
  /** Id of the finding, which begin, end and verdicts share. */
  readonly finding: string;
  /** What became of it: in alarm, cleared as the device is normal again or silent, invalidated as its profile changed or a late event shows that it never was, judged by an operator. */
  readonly kind: 'UNKNOWN' | 'IN_ALARM' | 'ALARM_CLEARED' | 'ALARM_INVALIDATED' | 'JUDGED';
  /** Why: the criteria, nothing measured any more, another policy, another description of the device, a late event, an operator. */
  readonly reason: 'UNKNOWN' | 'CRITERIA' | 'NO_DATA' | 'POLICY' | 'TARGET' | 'REVISION' | 'VERDICT';
  /** How often this of the finding was told; the last one counts. */
  readonly revision: number;
  /** Name of the security profile. */
  readonly profile: string;
  /** Name of the behaviour. */
  readonly behaviour: string;
  /** What is measured. */
  readonly metric: string;
  /** What is normal. */
  readonly criteria: string;
  /** What was seen, where it is a number: the one furthest from normal. */
  readonly value: number | null;
  /** What was seen that is not normal, where it is a list: addresses, ports, texts, numbers. */
  readonly members: readonly string[];
  /** The threshold that would just have kept it silent: for less-than and greater-than, one beyond it. */
  readonly silentAt: number | null;
  /** Windows in a row that led to it. */
  readonly consecutive: number;
  /** Begin of the newest of these windows. */
  readonly windowStart: number;
  /** End of that window. */
  readonly eventTime: number;
  /** Ids of events that caused it, not always all. */
  readonly events: readonly string[];
  /** True where nobody is told. */
  readonly suppressed: boolean;
  /** Version of the security profiles. */
  readonly policyVersion: number;
  /** What an operator judged. */
  readonly verdict: 'UNKNOWN' | 'TRUE_POSITIVE' | 'BENIGN_POSITIVE' | 'FALSE_POSITIVE' | null;
  /** Who judged. */
  readonly actor: string | null;
  /** What the operator says about it. */
  readonly comment: string | null;
}

export const ViolationFound: Schema<ViolationFound> = schema({
  "type": "record",
  "name": "ViolationFound",
  "namespace": "fleetstream",
  "doc": "A device did what its security profile does not call normal, or came back to it, or an operator judged that.",
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
      "name": "finding",
      "type": "string",
      "doc": "Id of the finding, which begin, end and verdicts share.",
      "dataClass": "operational"
    },
    {
      "name": "kind",
      "type": {
        "type": "enum",
        "name": "ViolationKind",
        "symbols": [
          "UNKNOWN",
          "IN_ALARM",
          "ALARM_CLEARED",
          "ALARM_INVALIDATED",
          "JUDGED"
        ],
        "default": "UNKNOWN"
      },
      "doc": "What became of it: in alarm, cleared as the device is normal again or silent, invalidated as its profile changed or a late event shows that it never was, judged by an operator.",
      "dataClass": "operational"
    },
    {
      "name": "reason",
      "type": {
        "type": "enum",
        "name": "ViolationReason",
        "symbols": [
          "UNKNOWN",
          "CRITERIA",
          "NO_DATA",
          "POLICY",
          "TARGET",
          "REVISION",
          "VERDICT"
        ],
        "default": "UNKNOWN"
      },
      "doc": "Why: the criteria, nothing measured any more, another policy, another description of the device, a late event, an operator.",
      "dataClass": "operational"
    },
    {
      "name": "revision",
      "type": "int",
      "doc": "How often this of the finding was told; the last one counts.",
      "dataClass": "operational"
    },
    {
      "name": "profile",
      "type": "string",
      "doc": "Name of the security profile.",
      "dataClass": "operational"
    },
    {
      "name": "behaviour",
      "type": "string",
      "doc": "Name of the behaviour.",
      "dataClass": "operational"
    },
    {
      "name": "metric",
      "type": "string",
      "doc": "What is measured.",
      "dataClass": "operational"
    },
    {
      "name": "criteria",
      "type": "string",
      "doc": "What is normal.",
      "dataClass": "operational"
    },
    {
      "name": "value",
      "type": [
        "null",
        "double"
      ],
      "doc": "What was seen, where it is a number: the one furthest from normal.",
      "dataClass": "telemetry",
      "default": null
    },
    {
      "name": "members",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "What was seen that is not normal, where it is a list: addresses, ports, texts, numbers.",
      "dataClass": "connectivity",
      "default": []
    },
    {
      "name": "silentAt",
      "type": [
        "null",
        "double"
      ],
      "doc": "The threshold that would just have kept it silent: for less-than and greater-than, one beyond it.",
      "dataClass": "telemetry",
      "default": null
    },
    {
      "name": "consecutive",
      "type": "int",
      "doc": "Windows in a row that led to it.",
      "dataClass": "operational"
    },
    {
      "name": "windowStart",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "Begin of the newest of these windows.",
      "dataClass": "operational"
    },
    {
      "name": "eventTime",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "End of that window.",
      "dataClass": "operational"
    },
    {
      "name": "events",
      "type": {
        "type": "array",
        "items": "string"
      },
      "doc": "Ids of events that caused it, not always all.",
      "dataClass": "operational",
      "default": []
    },
    {
      "name": "suppressed",
      "type": "boolean",
      "doc": "True where nobody is told.",
      "dataClass": "operational",
      "default": false
    },
    {
      "name": "policyVersion",
      "type": "long",
      "doc": "Version of the security profiles.",
      "dataClass": "operational"
    },
    {
      "name": "verdict",
      "type": [
        "null",
        {
          "type": "enum",
          "name": "Verdict",
          "symbols": [
            "UNKNOWN",
            "TRUE_POSITIVE",
            "BENIGN_POSITIVE",
            "FALSE_POSITIVE"
          ],
          "default": "UNKNOWN"
        }
      ],
      "doc": "What an operator judged.",
      "dataClass": "operational",
      "default": null
    },
    {
      "name": "actor",
      "type": [
        "null",
        "string"
      ],
      "doc": "Who judged.",
      "dataClass": "identity",
      "default": null
    },
    {
      "name": "comment",
      "type": [
        "null",
        "string"
      ],
      "doc": "What the operator says about it.",
      "dataClass": "operational",
      "default": null
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
