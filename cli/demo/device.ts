import { PROFILES, type Profile } from './profiles.ts';
import { type Random, random } from './random.ts';

/** What a device's clock shows. */
type Clock = 'right' | 'unset' | 'decade-ahead' | 'minutes-ahead' | 'none';

/** What a device does when it is told a desired state. */
type Temper = 'obeys' | 'drifts' | 'refuses' | 'ignores';

/** A simulated device. */
export interface Device {
  readonly tenant: string;
  readonly id: string;
  readonly place: number;
  readonly profile: Profile;
  /** Gateway that hears it; null when it connects itself. */
  readonly gateway: string | null;
  readonly temper: Temper;
  readonly clock: Clock;
  /** False when its events carry neither epoch nor sequence. */
  readonly numbered: boolean;
  /** Days of stored events that it brings when it first connects; 0 for most. */
  readonly offlineDays: number;
  readonly phase: number;
  readonly random: Random;
  readonly firmware: string;
  intervalMs: number;
  epoch: number;
  sequence: number;
  wakes: number;
  sent: number;
  lost: number;
}

export const TENANTS = ['acme', 'globex'] as const;
const GATEWAYS_A_TENANT = 8;
/** Fewer devices have fewer gateways, so that each has some behind it whose silence says something. */
const DEVICES_A_GATEWAY = 60;
const SITES_A_TENANT = 5;
const DAY_MS = 86_400_000;

/** So many devices, technologies and tenants mixed. */
export function makeDevices(seed: number, count: number, startMs: number): Device[] {
  const devices: Device[] = [];
  const ordinals = new Map<string, number>();
  for (let n = 0; n < count; n++) {
    // A stride that has no factor in common with 100 mixes the technologies, and with them the tenants.
    let place = ((n * 37) % 100) / 100;
    const profile = PROFILES.find(({ share }) => (place -= share) < -1e-9) ?? PROFILES[0];
    if (profile === undefined) break;
    const ordinal = (ordinals.get(profile.prefix) ?? 0) + 1;
    ordinals.set(profile.prefix, ordinal);
    devices.push(makeDevice({ seed, count, startMs }, profile, n, ordinal));
  }
  return devices;
}

/** The n-th device; only its first epoch depends on the start. */
function makeDevice(
  { seed, count, startMs }: { readonly seed: number; readonly count: number; readonly startMs: number },
  profile: Profile,
  n: number,
  ordinal: number,
): Device {
  const gateways = Math.min(GATEWAYS_A_TENANT, Math.max(1, Math.round(count / DEVICES_A_GATEWAY)));
  const own = random(seed, n);
  const tenant = TENANTS[n % TENANTS.length] as string;
  const fate = own.unit();
  const [min, max] = profile.intervalS;
  return {
    tenant,
    id: `${profile.prefix}-${String(ordinal).padStart(4, '0')}`,
    place: n,
    profile,
    gateway: profile.path === 'gateway' ? `${tenant}-gw-${own.whole(1, gateways)}` : null,
    temper: temperOf(own.unit()),
    clock: clockOf(fate),
    numbered: fate < 0.95,
    offlineDays: fate > 0.5 && fate < 0.53 ? own.whole(1, 3) : 0,
    phase: own.unit(),
    random: own,
    firmware: own.pick(profile.firmware),
    intervalMs: Math.round(own.between(min, max) * 1000),
    // The second of its start: it grows from run to run, as a boot count does.
    epoch: Math.floor(startMs / 1000),
    sequence: 0,
    wakes: 0,
    sent: 0,
    lost: 0,
  };
}

/** A body with the device's own time and its next number. */
export function stamped(device: Device, body: Readonly<Record<string, unknown>>, startMs: number, atMs: number) {
  const time = shown(device.clock, startMs, atMs);
  const numbers = device.numbered ? { epoch: device.epoch, sequence: device.sequence++ } : {};
  return { ...(time === null ? {} : { time }), ...numbers, ...body };
}

/** What a device tells of itself when it has started. */
export function self(device: Device): Readonly<Record<string, unknown>> {
  return {
    firmware: device.firmware,
    interval: device.intervalMs / 1000,
    hardware: { model: `${device.profile.prefix}-node`, revision: (device.place % 3) + 1 },
    relay: { on: device.place % 2 === 0 },
  };
}

/** What a device is; who stands where and was made when does not change. */
export function described({ profile, place, tenant, firmware, intervalMs }: Device): Readonly<Record<string, unknown>> {
  return {
    model: `${profile.prefix}-node`,
    hardware: `r${(place % 3) + 1}`,
    firmware,
    lot: `L${2024 + (place % 4)}-${(place % 7) + 1}`,
    site: `${tenant}-site-${(place % SITES_A_TENANT) + 1}`,
    reportIntervalMs: intervalMs,
  };
}

/** A battery that is empty after about the days that its technology allows. */
export function battery({ place, random: own, phase }: Device, atMs: number): Readonly<Record<string, unknown>> {
  const level = Math.max(1, 98 - phase * 70 - (atMs / DAY_MS) * (1 + (place % 3)));
  const rounded = Math.round(level * 10) / 10;
  return {
    level: rounded,
    volts: Math.round((3 + level / 150) * 1000) / 1000,
    charging: false,
    temperatureC: own.whole(5, 30),
  };
}

/** What a device that is well does in its network. */
export function behaviour({ random: own, place }: Device): Readonly<Record<string, unknown>> {
  const packetsOut = own.whole(40, 60);
  const traffic = {
    packetsIn: packetsOut - own.whole(0, 5),
    packetsOut,
    bytesIn: packetsOut * 90,
    bytesOut: packetsOut * 210,
  };
  const remoteAddresses = ['198.51.100.7:8883', `198.51.100.${10 + (place % 3)}:443`];
  return { listeningTcpPorts: [22], listeningTcpPortCount: 1, remoteAddresses, connectionCount: 2, ...traffic };
}

/** What the device's clock says at a time of the script; null when it sends none. */
function shown(clock: Clock, startMs: number, atMs: number): number | null {
  switch (clock) {
    case 'right':
      return startMs + atMs;
    case 'unset':
      // Its clock began in 1970 when it got power.
      return Math.max(0, atMs);
    case 'decade-ahead':
      return startMs + atMs + 3_653 * DAY_MS;
    case 'minutes-ahead':
      return startMs + atMs + 11 * 60_000;
    case 'none':
      return null;
  }
}

function clockOf(fate: number): Clock {
  if (fate < 0.01) return 'unset';
  if (fate < 0.02) return 'decade-ahead';
  if (fate < 0.04) return 'minutes-ahead';
  return fate > 0.997 ? 'none' : 'right';
}

function temperOf(fate: number): Temper {
  if (fate < 0.7) return 'obeys';
  if (fate < 0.82) return 'drifts';
  return fate < 0.92 ? 'refuses' : 'ignores';
}

/** The same shape with other values: someone on site turned a knob. */
export function otherwise(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      if (typeof each === 'boolean') return [key, !each];
      if (typeof each === 'number') return [key, each + 1];
      if (typeof each === 'string') return [key, `${each}-local`];
      if (each !== null && typeof each === 'object' && !Array.isArray(each))
        return [key, otherwise(each as Readonly<Record<string, unknown>>)];
      return [key, 'local'];
    }),
  );
}
