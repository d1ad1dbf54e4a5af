import type { Random } from './random.ts';

/** How a device reaches the pipeline: an own MQTT connection, a gateway's, or its operator's HTTP batches. */
type Path = 'mqtt' | 'gateway' | 'http';

/** What the devices of one technology have in common. */
export interface Profile {
  readonly technology: 'WIFI' | 'LTE_M' | 'NB_IOT' | 'LORAWAN';
  /** Begins the names of its devices. */
  readonly prefix: string;
  readonly path: Path;
  /** Share of the fleet. */
  readonly share: number;
  readonly intervalS: readonly [min: number, max: number];
  readonly firmware: readonly string[];
  /** Whether its devices live on a battery. */
  readonly battery: boolean;
  readonly metrics: (random: Random, phase: number, atMs: number) => Readonly<Record<string, number>>;
  /** Members of a link report beside the technology. */
  readonly link: (random: Random, place: number) => Readonly<Record<string, string | number>>;
}

/** The technologies of the demo fleet. Intervals are shorter than in the field, so that a minute shows something. */
export const PROFILES: readonly Profile[] = [
  {
    technology: 'WIFI',
    prefix: 'wifi',
    path: 'mqtt',
    share: 0.3,
    intervalS: [1.5, 3],
    firmware: ['2.4.1', '2.4.1', '2.5.0'],
    battery: false,
    metrics: (random, phase, atMs) => ({
      temperatureC: round(21 + 2 * wave(atMs, phase) + 0.2 * random.wobble(), 2),
      humidityPct: round(45 - 6 * wave(atMs, phase) + random.wobble(), 1),
      powerW: round(Math.max(0, 180 + 120 * wave(atMs, phase * 3) + 15 * random.wobble()), 1),
    }),
    link: (random, place) => ({
      gateway: `ap-${(place % 40) + 1}`,
      rssi: round(-58 - (place % 17) + 4 * random.wobble(), 0),
      snr: round(32 - (place % 13) + 3 * random.wobble(), 0),
      dataRate: 1_000_000 * random.pick([26, 39, 52, 65]),
      latencyMs: round(6 + 4 * Math.abs(random.wobble()), 1),
    }),
  },
  {
    technology: 'LTE_M',
    prefix: 'ltem',
    path: 'mqtt',
    share: 0.25,
    intervalS: [5, 12],
    firmware: ['1.8.3', '1.9.0'],
    battery: true,
    metrics: (random, phase, atMs) => ({
      speedKmh: round(Math.max(0, 45 + 40 * wave(atMs * 40, phase) + 5 * random.wobble()), 1),
      batteryV: round(12.6 + 0.4 * wave(atMs, phase) + 0.05 * random.wobble(), 2),
      engineTemperatureC: round(82 + 8 * wave(atMs * 10, phase) + random.wobble(), 1),
    }),
    link: (random, place) => cellular(random, place, 'cell', 84),
  },
  {
    technology: 'NB_IOT',
    prefix: 'nbiot',
    path: 'http',
    share: 0.2,
    intervalS: [15, 45],
    firmware: ['3.0.2', '3.0.4'],
    battery: true,
    metrics: (random, phase, atMs) => ({
      volumeM3: round(phase * 400 + atMs / 3_600_000, 4),
      flowLpm: round(Math.max(0, 6 * wave(atMs * 20, phase) + random.wobble()), 2),
      batteryV: round(3.6 - phase * 0.2 + 0.01 * random.wobble(), 3),
    }),
    link: (random, place) => cellular(random, place, 'nb', 101),
  },
  {
    technology: 'LORAWAN',
    prefix: 'lora',
    path: 'gateway',
    share: 0.25,
    intervalS: [10, 60],
    firmware: ['0.9.12', '1.0.0'],
    battery: true,
    metrics: (random, phase, atMs) => ({
      soilMoisturePct: round(31 + 9 * wave(atMs, phase) + 0.5 * random.wobble(), 1),
      temperatureC: round(14 + 6 * wave(atMs, phase) + 0.3 * random.wobble(), 1),
      batteryV: round(3.3 - phase * 0.3 + 0.01 * random.wobble(), 3),
    }),
    link: (random, place) => {
      const spreadingFactor = 7 + (place % 6);
      return {
        rssi: round(-78 - 7 * (spreadingFactor - 7) + 4 * random.wobble(), 0),
        snr: round(9 - 4 * (spreadingFactor - 7) + 2 * random.wobble(), 1),
        spreadingFactor,
        dataRate: LORA_BIT_RATES[spreadingFactor - 7] as number,
      };
    },
  },
];

/** Bit rates of SF7 to SF12 at 125 kHz, as LoRaWAN's regional parameters give them. */
const LORA_BIT_RATES = [5470, 3125, 1760, 980, 440, 250];

/** One swing in ten minutes, from -1 to 1. */
function wave(atMs: number, phase: number): number {
  return Math.sin((atMs / 600_000 + phase) * 2 * Math.PI);
}

function cellular(random: Random, place: number, prefix: string, loss: number) {
  return {
    cell: `${prefix}-${(place % 60) + 1}`,
    operator: place % 3 === 0 ? 'Nordnet' : 'Vialink',
    rsrp: round(-loss - (place % 19) + 3 * random.wobble(), 0),
    rsrq: round(-9 - (place % 7) + random.wobble(), 1),
    sinr: round(13 - (place % 11) + 2 * random.wobble(), 1),
    latencyMs: round(60 + (place % 90) + 20 * Math.abs(random.wobble()), 0),
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
