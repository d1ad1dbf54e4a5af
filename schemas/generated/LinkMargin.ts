// From avro/LinkMargin.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** What margin a LoRa link keeps in reserve. */
export interface LinkMargin {
  /** Margin for what is not measured, dB. */
  readonly reserveDb: number;
  /** More of it while there are few uplinks, dB. */
  readonly safetyDb: number;
  /** So many uplinks are enough. */
  readonly enoughUplinks: number;
}

export const LinkMargin: Schema<LinkMargin> = schema({
  "type": "record",
  "name": "LinkMargin",
  "namespace": "fleetstream",
  "doc": "What margin a LoRa link keeps in reserve.",
  "fields": [
    {
      "name": "reserveDb",
      "type": "double",
      "doc": "Margin for what is not measured, dB.",
      "dataClass": "connectivity"
    },
    {
      "name": "safetyDb",
      "type": "double",
      "doc": "More of it while there are few uplinks, dB.",
      "dataClass": "connectivity"
    },
    {
      "name": "enoughUplinks",
      "type": "int",
      "doc": "So many uplinks are enough.",
      "dataClass": "connectivity"
    }
  ]
});
