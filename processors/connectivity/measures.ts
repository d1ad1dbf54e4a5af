import type { ConnectivityWindow, LinkSample } from '#schemas';
import type { Growth } from './counters.ts';
import { airtimeMs, demodulationFloor } from './lora.ts';
import { quantileOf, sketchOf } from './sketch.ts';

/** Values beyond are no decibels that a radio measures. */
const DECIBELS_MAX = 1_000;

/** Sums are of thousandths, whole numbers, so that their order makes no difference. */
const THOUSANDTHS = 1_000;

type Signal = 'rssi' | 'snr' | 'rsrp' | 'rsrq' | 'sinr';
type SignalColumns<S extends Signal> = { readonly [K in S | `${S}Min` | `${S}Max`]: number | null };

/** What the link reports of a window say of the link. */
export type Measures = SignalColumns<Signal> &
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
  readonly best: LinkSample;
  /** SNR less the demodulation floor, dB; null where one of them is not known. */
  readonly marginDb: number | null;
  readonly heardBy: readonly LinkSample[];
}

/** Measures link reports in the order of their time. */
export function measured(links: readonly LinkSample[]): Measures {
  const latency = sketchOf(links.flatMap(({ latencyMs }) => (latencyMs === null ? [] : [latencyMs])));
  const factors = links.flatMap(({ spreadingFactor }) => (spreadingFactor === null ? [] : [spreadingFactor]));
  const uplinks = uplinksOf(links);
  const margins = uplinks.flatMap(({ marginDb }) => (marginDb === null ? [] : [marginDb]));
  const airtimes = uplinks.flatMap(({ best }) => airtimeMs(best.payloadBytes, best) ?? []);
  const gateways = gatewaysOf(links, uplinks);
  return {
    latency,
    latencyP50: quantileOf(latency, 0.5),
    latencyP90: quantileOf(latency, 0.9),
    latencyP99: quantileOf(latency, 0.99),
    ...signal(links, 'rssi'),
    ...signal(links, 'snr'),
    ...signal(links, 'rsrp'),
    ...signal(links, 'rsrq'),
    ...signal(links, 'sinr'),
    spreadingFactorMin: least(factors),
    spreadingFactorMax: greatest(factors),
    airtimeMs: airtimes.length === 0 ? null : exactSum(airtimes),
    uplinks: uplinks.length,
    marginDb: mean(margins),
    marginMinDb: least(margins),
    bestGateway:
      gateways.reduce((best, each) => (each.best > (best?.best ?? 0) ? each : best), gateways[0])?.gateway ?? null,
    gateways,
  };
}

/** Reports of one moment with a spreading factor are one uplink, which several gateways heard. */
export function uplinksOf(links: readonly LinkSample[]): readonly Uplink[] {
  const moments = new Map<number, LinkSample[]>();
  for (const link of links) {
    if (link.spreadingFactor === null) continue;
    const moment = moments.get(link.eventTime);
    if (moment === undefined) moments.set(link.eventTime, [link]);
    else moment.push(link);
  }
  return Array.from(moments.values(), (heardBy) => {
    const best = heardBy.reduce((before, each) => (isBetter(each, before) ? each : before));
    const floor = demodulationFloor(best);
    return { best, marginDb: floor === null || !isDecibels(best.snr) ? null : best.snr - floor, heardBy };
  });
}

/** The gateways by name, how each heard the device, and how often best. */
function gatewaysOf(links: readonly LinkSample[], uplinks: readonly Uplink[]): Measures['gateways'] {
  const names = [...new Set(links.flatMap(({ gateway }) => gateway ?? []))].sort();
  return names.map((gateway) => {
    const through = links.filter((link) => link.gateway === gateway);
    const margins = through.flatMap((link) => {
      const floor = demodulationFloor(link);
      return floor === null || !isDecibels(link.snr) ? [] : [link.snr - floor];
    });
    return {
      gateway,
      reports: through.length,
      best: uplinks.filter(({ best }) => best.gateway === gateway).length,
      rssi: signal(through, 'rssi').rssi,
      snr: signal(through, 'snr').snr,
      marginDb: mean(margins),
    };
  });
}

/** Of all technologies together there is no measure, as their signals do not compare. */
export const NO_MEASURES: Measures = measured([]);

/** Adds up the growth of several technologies. */
export function totalOf(parts: readonly Growth[]): Growth {
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

function isBetter(a: LinkSample, b: LinkSample): boolean {
  const [x, y] = [a.snr ?? -Infinity, b.snr ?? -Infinity];
  return x > y || (x === y && (a.gateway ?? '') < (b.gateway ?? ''));
}

function isDecibels(value: number | null): value is number {
  return value !== null && Math.abs(value) <= DECIBELS_MAX;
}

function signal<S extends Signal>(links: readonly LinkSample[], name: S): SignalColumns<S> {
  const values = links.map((link) => link[name]).filter(isDecibels);
  const columns = { [name]: mean(values), [`${name}Min`]: least(values), [`${name}Max`]: greatest(values) };
  return columns as SignalColumns<S>;
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : exactSum(values) / values.length;
}

function exactSum(values: readonly number[]): number {
  return values.reduce((all, value) => all + Math.round(value * THOUSANDTHS), 0) / THOUSANDTHS;
}

function least(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.min(...values);
}

function greatest(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}
