import { collection, type Entries, type InForce, type Meta, type Step } from '#sdk';
import { BatteryHistory, type DeviceHealthState, HealthDay, type healthPolicy, topics } from '#schemas';

/** What has been told, by day. */
export const days = collection('days', HealthDay);

/** What came since hours were last told, by day. */
export const fresh = collection('fresh', HealthDay);

/** Levels of the battery, under one key. */
export const batteries = collection('batteries', BatteryHistory);

/** What a step reads beside the state of the device. */
export interface Kept extends InForce<{ readonly health: typeof healthPolicy }> {
  readonly days: Entries<HealthDay>;
  readonly fresh: Entries<HealthDay>;
  readonly batteries: Entries<BatteryHistory>;
  readonly meta: Meta;
}

const { batteryForecasts, deviceHealthHours, healthExposures, signals } = topics;

export const outputs = [deviceHealthHours, batteryForecasts, healthExposures, signals] as const;

export type Taken = Step<DeviceHealthState, (typeof outputs)[number]>;
