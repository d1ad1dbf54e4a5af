import type { ConnectivityWindow, RecentLink } from '#schemas';
import type { Growth } from './counters.ts';
import { airtimeMs, demodulationFloor } from './lora.ts';
import { THOUSANDTHS } from './minute.ts';
import { quantileOf, sketchOf } from './sketch.ts';

type Signal = 'rssi' | 'snr' | 'rsrp' | 'rsrq' | 'sinr';
type SignalColumns = { readonly [K in Signal | `${Signal}Min` | `${Signal}Max`]: number | null };

/** What the link reports of a window say of the link. */
export type Measures = SignalColumns &
  Pick<
    ConnectivityWindow,
    | 'latency'
    | 'latencyP50'
    | 'latencyP90'
    | 'latencyP99'
    | 'spreadingFactorMin'
    | 'spreadingFactorMax'
    | 'airtimeMs'
    | 'uplinks'
    | 'marginDb'
    | 'marginMinDb'
    | 'bestGateway'
    | 'gateways'
  >;

/** A LoRa uplink, by the gateway that heard it best. */
export interface Uplink {
  readonly best: RecentLink;
  /** SNR less the demodulation floor, dB; null where one of them is not known. */
  readonly marginDb: number | null;
  readonly heardBy: readonly RecentLink[];
}

/** Mean, least and greatest of numbers; null of none. */
interface Spread {
  readonly mean: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

const ofRssi = ({ rssi }: RecentLink) => rssi;
const ofSnr = ({ snr }: RecentLink) => snr;
const ofRsrp = ({ rsrp }: RecentLink) => rsrp;
const ofRsrq = ({ rsrq }: RecentLink) => rsrq;
const ofSinr = ({ sinr }: RecentLink) => sinr;

const NONE: Spread = { mean: null, min: null, max: null };

/** Measures link reports in the order of their time. */
export function measured(links: readonly RecentLink[]): Measures {
  const buckets: number[] = [];
  const factors: number[] = [];
  for (const link of links) {
    if (link.latency !== null) buckets.push(link.latency);
    if (link.spreadingFactor !== null) factors.push(link.spreadingFactor);
  }
  const latency = sketchOf(buckets);
  const uplinks = factors.length === 0 ? [] : uplinksOf(links);
  const margin = spreadOf(uplinks, ({ marginDb }) => thousandfold(marginDb));
  const airtimes = uplinks.flatMap(({ best }) => airtimeMs(best.payloadBytes, best) ?? []);
  const gateways = links.some(({ gateway }) => gateway !== null) ? gatewaysOf(links, uplinks) : [];
  const [rssi, snr] = [spreadOf(links, ofRssi), spreadOf(links, ofSnr)];
  const [rsrp, rsrq, sinr] = [spreadOf(links, ofRsrp), spreadOf(links, ofRsrq), spreadOf(links, ofSinr)];
  return {
    latency,
    latencyP50: quantileOf(latency, 0.5),
    latencyP90: quantileOf(latency, 0.9),
    latencyP99: quantileOf(latency, 0.99),
    rssi: rssi.mean,
    rssiMin: rssi.min,
    rssiMax: rssi.max,
    snr: snr.mean,
    snrMin: snr.min,
    snrMax: snr.max,
    rsrp: rsrp.mean,
    rsrpMin: rsrp.min,
    rsrpMax: rsrp.max,
    rsrq: rsrq.mean,
    rsrqMin: rsrq.min,
    rsrqMax: rsrq.max,
    sinr: sinr.mean,
    sinrMin: sinr.min,
    sinrMax: sinr.max,
    spreadingFactorMin: factors.length === 0 ? null : Math.min(...factors),
    spreadingFactorMax: factors.length === 0 ? null : Math.max(...factors),
    airtimeMs: airtimes.length === 0 ? null : exactSum(airtimes),
    uplinks: uplinks.length,
    marginDb: margin.mean,
    marginMinDb: margin.min,
    bestGateway:
      gateways.reduce((best, each) => (each.best > (best?.best ?? 0) ? each : best), gateways[0])?.gateway ?? null,
    gateways,
  };
}

/** Reports of one moment with a spreading factor are one uplink, which several gateways heard. */
export function uplinksOf(links: readonly RecentLink[]): readonly Uplink[] {
  const moments = new Map<number, RecentLink[]>();
  for (const link of links) {
    if (link.spreadingFactor === null) continue;
    const moment = moments.get(link.eventTime);
    if (moment === undefined) moments.set(link.eventTime, [link]);
    else moment.push(link);
  }
  return Array.from(moments.values(), (heardBy) => {
    const best = heardBy.reduce((before, each) => (isBetter(each, before) ? each : before));
    return { best, marginDb: marginOf(best), heardBy };
  });
}

/** The gateways by name, how each heard the device, and how often best. */
function gatewaysOf(links: readonly RecentLink[], uplinks: readonly Uplink[]): Measures['gateways'] {
  const names = [...new Set(links.flatMap(({ gateway }) => gateway ?? []))].sort();
  return names.map((gateway) => {
    const through = links.filter((link) => link.gateway === gateway);
    return {
      gateway,
      reports: through.length,
      best: uplinks.filter(({ best }) => best.gateway === gateway).length,
      rssi: spreadOf(through, ofRssi).mean,
      snr: spreadOf(through, ofSnr).mean,
      marginDb: spreadOf(through, (link) => thousandfold(marginOf(link))).mean,
    };
  });
}

/** Of all technologies together there is no measure, as their signals do not compare. */
export const NO_MEASURES: Measures = measured([]);

/** Adds up the growth of several technologies. */
export function totalOf(parts: readonly Growth[]): Growth {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const total = (field: 'packetsSent' | 'packetsLost' | 'bytesUp' | 'bytesDown') => {
    const known = parts.flatMap((part) => part[field] ?? []);
    return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
  };
  const count = (field: 'resets' | 'rollovers' | 'repetitions') => parts.reduce((all, part) => all + part[field], 0);
  return {
    packetsSent: total('packetsSent'),
    packetsLost: total('packetsLost'),
    bytesUp: total('bytesUp'),
    bytesDown: total('bytesDown'),
    resets: count('resets'),
    rollovers: count('rollovers'),
    repetitions: count('repetitions'),
  };
}

function isBetter(a: RecentLink, b: RecentLink): boolean {
  const [x, y] = [a.snr ?? -Infinity, b.snr ?? -Infinity];
  return x > y || (x === y && (a.gateway ?? '') < (b.gateway ?? ''));
}

function marginOf(link: RecentLink): number | null {
  const floor = demodulationFloor(link);
  return floor === null || link.snr === null ? null : link.snr / THOUSANDTHS - floor;
}

/** Of thousandths, which are whole numbers, so that their order makes no difference. */
function spreadOf<T>(all: readonly T[], valueOf: (one: T) => number | null): Spread {
  let [count, sum, min, max] = [0, 0, Infinity, -Infinity];
  for (const one of all) {
    const value = valueOf(one);
    if (value === null) continue;
    count++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (count === 0) return NONE;
  return { mean: sum / THOUSANDTHS / count, min: min / THOUSANDTHS, max: max / THOUSANDTHS };
}

function exactSum(values: readonly number[]): number {
  return values.reduce((all, value) => all + Math.round(value * THOUSANDTHS), 0) / THOUSANDTHS;
}

function thousandfold(value: number | null): number | null {
  return value === null ? null : Math.round(value * THOUSANDTHS);
}
