// From avro/SeriesProfile.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** The hours of a metric of a device, written when a quarter of an hour is over; that of the newest value is in SeriesBaseline. */
export interface SeriesProfile {
  /** Single floats, little-endian: what the series is off its level by quarter of an hour of the day (96), what beyond that by hour of the week (168), and the scale of residuals by hour of the day (24). */
  readonly floats: Uint8Array;
}

export const SeriesProfile: Schema<SeriesProfile> = schema({
  "type": "record",
  "name": "SeriesProfile",
  "namespace": "fleetstream",
  "doc": "The hours of a metric of a device, written when a quarter of an hour is over; that of the newest value is in SeriesBaseline.",
  "fields": [
    {
      "name": "floats",
      "type": "bytes",
      "doc": "Single floats, little-endian: what the series is off its level by quarter of an hour of the day (96), what beyond that by hour of the week (168), and the scale of residuals by hour of the day (24).",
      "dataClass": "telemetry"
    }
  ]
});
