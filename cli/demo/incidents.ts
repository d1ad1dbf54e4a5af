import { battery, type Device, stamped } from './device.ts';

/** Something that goes wrong in the demo fleet, so that alerts have what they are for. */
export interface Incidents {
  /** Whether a device cannot be heard, since its gateway is down. */
  isDown(device: Device, atMs: number): boolean;
  /** The level that a device reports. */
  battery(device: Device, atMs: number): Body;
  /** What a device stored of its battery before it first connected; nothing of most. */
  stored(device: Device, startMs: number): readonly Body[];
  /** What operators say of it, in the order of its time. */
  readonly remarks: readonly Remark[];
}

/** An operator's word of an alert, or of a device. */
export interface Remark {
  readonly atMs: number;
  readonly device: Pick<Device, 'tenant' | 'id'>;
  readonly route: string;
  readonly body: Body;
}

type Body = Readonly<Record<string, unknown>>;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A gateway is down from then for so long; in each half of an hour another. */
const OUTAGE_AT_MS = 2 * MINUTE_MS;
const OUTAGE_MS = 15 * MINUTE_MS;
/** When somebody sees it: where silence is noticed soon, as in a demo, and where it takes what it takes in the field. */
const SEEN_AFTER_MS = [5 * MINUTE_MS, 14 * MINUTE_MS] as const;
const OUTAGE_EVERY_MS = 30 * MINUTE_MS;
/** Outages that operators speak of: a day of them. */
const OUTAGES_TOLD = 48;

/** A battery that has fallen so fast for days, by reports of so often, percent. */
const LEVEL_AT_START = 14;
const LOSS_A_DAY = 11;
const STORED_EVERY_MS = 6 * HOUR_MS;
const STORED_REPORTS = 15;
/** The end of a battery is told when the hour closes, which takes up to twenty minutes more. */
const BATTERY_SEEN_MS = 85 * MINUTE_MS;

/** What goes wrong among these devices, the same for the same devices. */
export function makeIncidents(devices: readonly Device[]): Incidents {
  const gateways = [...new Set(devices.flatMap(({ gateway }) => gateway ?? []))].sort();
  const weak = devices.find(({ profile, clock, numbered }) => profile.battery && clock === 'right' && numbered);
  const downAt = (atMs: number) => {
    const turn = Math.floor(atMs / OUTAGE_EVERY_MS);
    const within = atMs - turn * OUTAGE_EVERY_MS - OUTAGE_AT_MS;
    return within >= 0 && within < OUTAGE_MS ? (gateways[turn % gateways.length] ?? null) : null;
  };
  const levelAt = (atMs: number) => Math.max(1, LEVEL_AT_START - (LOSS_A_DAY * atMs) / (24 * HOUR_MS));
  return {
    isDown: ({ gateway }, atMs) => gateway !== null && gateway === downAt(atMs),
    battery: (device, atMs) => {
      const report = battery(device, atMs);
      return device === weak ? { ...report, level: rounded(levelAt(atMs)) } : report;
    },
    stored: (device, startMs) =>
      device !== weak
        ? []
        : Array.from({ length: STORED_REPORTS }, (_, index) => {
            const atMs = (index - STORED_REPORTS) * STORED_EVERY_MS;
            const body = { level: rounded(levelAt(atMs)), volts: 3.1, charging: false, temperatureC: 11 };
            return stamped(device, body, startMs, atMs);
          }),
    remarks: [...outageRemarks(gateways), ...batteryRemarks(weak)].sort((a, b) => a.atMs - b.atMs),
  };
}

/** Of each outage: somebody has seen it, works on it, and says in the end that it was so. */
function outageRemarks(gateways: readonly string[]): readonly Remark[] {
  return Array.from({ length: gateways.length === 0 ? 0 : OUTAGES_TOLD }, (_, turn) => {
    const id = gateways[turn % gateways.length] as string;
    const [tenant = ''] = id.split('-gw-');
    const alert = `outages.gateway/${id}`;
    const downAtMs = turn * OUTAGE_EVERY_MS + OUTAGE_AT_MS;
    const about = { device: { tenant, id } };
    const seen = { alert, comment: 'the site has no power', actor: 'demo' };
    const judged = { finding: alert, verdict: 'TRUE_POSITIVE', comment: 'a fuse was changed', actor: 'demo' };
    return [
      ...SEEN_AFTER_MS.map((ms) => ({ ...about, atMs: downAtMs + ms, route: 'alert/acknowledged', body: seen })),
      { ...about, atMs: downAtMs + OUTAGE_MS + MINUTE_MS, route: 'verdict', body: judged },
    ];
  }).flat();
}

function batteryRemarks(weak: Device | undefined): readonly Remark[] {
  if (weak === undefined) return [];
  const seen = { alert: `device-health.battery/${weak.id}`, comment: 'a battery is ordered', actor: 'demo' };
  return [{ device: weak, atMs: BATTERY_SEEN_MS, route: 'alert/acknowledged', body: seen }];
}

function rounded(level: number): number {
  return Math.round(level * 10) / 10;
}
