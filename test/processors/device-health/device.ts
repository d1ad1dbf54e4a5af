import { type DeviceHealthHour, deviceDescribed, type HealthExposure, telemetryReported, topics } from '#schemas';
import { simulate, type Simulation } from '#runtime/simulate.ts';
import { deviceHealth } from '../../../processors/device-health/processor.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** A day on which a period of 28 days begins. */
export const START = Math.floor(Date.UTC(2026, 10, 2) / (28 * DAY)) * 28 * DAY;

/** What a test says of an event of the device `d1`; its time is log time unless said. */
interface Told {
  readonly deviceTime?: number;
  readonly [other: string]: unknown;
}

/** A device, whose hours are told. Times count from `START`, ms. */
export class Device {
  readonly run: Simulation;
  #sequence = 0;

  private constructor(run: Simulation) {
    this.run = run;
  }

  static async begun(): Promise<Device> {
    const device = new Device(await simulate(deviceHealth));
    await device.tick(0);
    return device;
  }

  async tick(time: number): Promise<void> {
    await this.run.advanceTo(START + time);
  }

  /** Ticks and reports each so often, from one time to another, both included. */
  async reportEach(step: number, from: number, to: number): Promise<void> {
    for (let time = from; time <= to; time += step) {
      await this.tick(time);
      await this.report();
    }
  }

  async report(told: Told = {}): Promise<void> {
    await this.send(telemetryReported, { metrics: {}, labels: {}, ...told });
  }

  async describe(told: Told): Promise<void> {
    const nothing = { model: null, hardware: null, firmware: null, lot: null, site: null, reportIntervalMs: null };
    await this.send(deviceDescribed, { ...nothing, ...told });
  }

  async send(type: Parameters<Simulation['send']>[0], { deviceTime, ...told }: Told): Promise<void> {
    const time = deviceTime === undefined ? {} : { deviceTime: START + deviceTime };
    const event = { device: 'd1', epoch: 1, sequence: this.#sequence++, ...time, ...told };
    await this.run.send(type, event);
  }

  /** The hours as they were told last, those with nothing in them left out. */
  hours(): readonly DeviceHealthHour[] {
    return currentOf(this.run.read(topics.deviceHealthHours));
  }

  /** The hour that begins so long after `START`. */
  hour(time: number): DeviceHealthHour | undefined {
    return this.hours().find(({ eventTime }) => eventTime === START + time);
  }

  exposures(): readonly HealthExposure[] {
    return this.run.read(topics.healthExposures);
  }
}

/**
 * Of each part of an hour the highest revision, and of equal ones the last, as `device_health_hours_current` has it.
 */
export function currentOf(rows: readonly DeviceHealthHour[]): readonly DeviceHealthHour[] {
  const current = new Map<string, DeviceHealthHour>();
  for (const row of rows) {
    const key = partOf(row);
    if (row.revision >= (current.get(key)?.revision ?? 0)) current.set(key, row);
  }
  return [...current.values()]
    .filter(({ expectedMs, operatingMs, crashes }) => expectedMs + operatingMs + crashes > 0)
    .sort((a, b) => a.eventTime - b.eventTime || (partOf(a) < partOf(b) ? -1 : 1));
}

export function partOf({
  device,
  eventTime,
  model,
  hardware,
  firmware,
  lot,
  site,
  technology,
}: DeviceHealthHour): string {
  return JSON.stringify([device, eventTime, model, hardware, firmware, lot, site, technology]);
}

/** A link report that says nothing but its technology. */
export function linkOf(technology: string): Told {
  const radio = { rssi: null, snr: null, rsrp: null, rsrq: null, sinr: null, spreadingFactor: null, dataRate: null };
  const counters = { packetsSent: null, packetsLost: null, bytesUp: null, bytesDown: null };
  return { technology, gateway: null, cell: null, operator: null, latencyMs: null, ...radio, ...counters };
}
