// From avro/PresencePolicy.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** How long devices may be silent, and what flapping is. */
export interface PresencePolicy {
  /** A device of unknown interval may be silent for so long, and none is missed sooner, ms. A device of a longer interval sleeps. */
  readonly silenceMs: number;
  /** So many reports in a row must be missing. */
  readonly missedReports: number;
  /** After its session broke off a device may take so long to come back, ms. */
  readonly sessionGraceMs: number;
  /** A device flaps that goes away so often */
  readonly flapDrops: number;
  /** within so long, ms. */
  readonly flapWindowMs: number;
  /** It flaps no more when it went away at most so often within that time. */
  readonly flapClear: number;
  /** Who is back within so long was not away, ms. */
  readonly blipMs: number;
  /** A device that was silent for so long is expected no more, ms. */
  readonly forgetMs: number;
}

export const PresencePolicy: Schema<PresencePolicy> = schema({
  "type": "record",
  "name": "PresencePolicy",
  "namespace": "fleetstream",
  "doc": "How long devices may be silent, and what flapping is.",
  "fields": [
    {
      "name": "silenceMs",
      "type": "long",
      "doc": "A device of unknown interval may be silent for so long, and none is missed sooner, ms. A device of a longer interval sleeps.",
      "dataClass": "connectivity"
    },
    {
      "name": "missedReports",
      "type": "double",
      "doc": "So many reports in a row must be missing.",
      "dataClass": "connectivity"
    },
    {
      "name": "sessionGraceMs",
      "type": "long",
      "doc": "After its session broke off a device may take so long to come back, ms.",
      "dataClass": "connectivity"
    },
    {
      "name": "flapDrops",
      "type": "int",
      "doc": "A device flaps that goes away so often",
      "dataClass": "connectivity"
    },
    {
      "name": "flapWindowMs",
      "type": "long",
      "doc": "within so long, ms.",
      "dataClass": "connectivity"
    },
    {
      "name": "flapClear",
      "type": "int",
      "doc": "It flaps no more when it went away at most so often within that time.",
      "dataClass": "connectivity"
    },
    {
      "name": "blipMs",
      "type": "long",
      "doc": "Who is back within so long was not away, ms.",
      "dataClass": "connectivity"
    },
    {
      "name": "forgetMs",
      "type": "long",
      "doc": "A device that was silent for so long is expected no more, ms.",
      "dataClass": "connectivity"
    }
  ]
});
