// From avro/HealthPolicy.avsc. Run `npm run generate`.
import { schema, type Schema } from '#sdk';

/** When a battery is empty, when a device starts anew too often, and when a lot or a firmware counts as worse than its like. */
export interface HealthPolicy {
  /** A battery of this level or less is empty, percent. */
  readonly batteryEmptyPercent: number;
  /** A battery that will be empty within so many days is an alert. */
  readonly batteryWarnDays: number;
  /** A device that starts so often within a day, and nobody means it, is an alert. */
  readonly restartsMax: number;
  /** Of the lots and firmwares that are told of as worse, at most this share is expected to be told wrongly. */
  readonly falseDiscoveryRate: number;
  /** A crash rate of so many times that of its like is not yet called worse. */
  readonly ratioTolerated: number;
  /** Devices that crashed, of a lot or firmware and its like together, below which nothing is said. */
  readonly crashesMin: number;
  /** Devices that crashed, of the lot or firmware itself, below which it is not called worse. */
  readonly devicesMin: number;
}

export const HealthPolicy: Schema<HealthPolicy> = schema({
  "type": "record",
  "name": "HealthPolicy",
  "namespace": "fleetstream",
  "doc": "When a battery is empty, when a device starts anew too often, and when a lot or a firmware counts as worse than its like.",
  "fields": [
    {
      "name": "batteryEmptyPercent",
      "type": "double",
      "doc": "A battery of this level or less is empty, percent.",
      "dataClass": "configuration"
    },
    {
      "name": "batteryWarnDays",
      "type": "double",
      "doc": "A battery that will be empty within so many days is an alert.",
      "dataClass": "configuration",
      "default": 14
    },
    {
      "name": "restartsMax",
      "type": "int",
      "doc": "A device that starts so often within a day, and nobody means it, is an alert.",
      "dataClass": "configuration",
      "default": 8
    },
    {
      "name": "falseDiscoveryRate",
      "type": "double",
      "doc": "Of the lots and firmwares that are told of as worse, at most this share is expected to be told wrongly.",
      "dataClass": "configuration"
    },
    {
      "name": "ratioTolerated",
      "type": "double",
      "doc": "A crash rate of so many times that of its like is not yet called worse.",
      "dataClass": "configuration"
    },
    {
      "name": "crashesMin",
      "type": "int",
      "doc": "Devices that crashed, of a lot or firmware and its like together, below which nothing is said.",
      "dataClass": "configuration"
    },
    {
      "name": "devicesMin",
      "type": "int",
      "doc": "Devices that crashed, of the lot or firmware itself, below which it is not called worse.",
      "dataClass": "configuration"
    }
  ]
});
