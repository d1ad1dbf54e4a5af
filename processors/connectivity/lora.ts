import { log } from '#sdk';

const KHZ_125 = 125_000;
const BANDWIDTHS = [KHZ_125, 250_000, 500_000];
const CODING_RATE = 1;
const PREAMBLE_SYMBOLS = 8;

/** Header, address, counter, port and integrity code of a LoRaWAN data frame without options, bytes. */
const FRAME_BYTES = 13;
const PHYSICAL_BYTES_MAX = 255;

/** Symbols of that length and more are sent with low data rate optimisation, s. */
const LONG_SYMBOL_S = 0.016;

/** What `link` tells of how it was modulated. */
export interface Modulation {
  readonly spreadingFactor: number | null;
  /** bit/s; null is taken as a bandwidth of 125 kHz. */
  readonly dataRate: number | null;
}

/**
 * The bandwidth, Hz, whose data rate at coding rate 4/5 is nearest to what was told. Null where the spreading factor is
 * none of LoRa's.
 */
export function bandwidthOf({ spreadingFactor, dataRate }: Modulation): number | null {
  if (spreadingFactor === null || spreadingFactor < 7 || spreadingFactor > 12) return null;
  if (dataRate === null || !(dataRate > 0)) return KHZ_125;
  const distance = (bandwidth: number) =>
    Math.abs(log((dataRate * chips(spreadingFactor) * 5) / (spreadingFactor * bandwidth * 4)));
  return BANDWIDTHS.reduce((best, each) => (distance(each) < distance(best) ? each : best), KHZ_125);
}

/**
 * The lowest SNR, dB, at which a LoRa receiver still demodulates: -7.5 dB at spreading factor 7 and 125 kHz, 2.5 dB
 * less for each further factor, 3 dB more for each doubling of the bandwidth.
 */
export function demodulationFloor(modulation: Modulation): number | null {
  const bandwidth = bandwidthOf(modulation);
  if (bandwidth === null) return null;
  return -7.5 - 2.5 * ((modulation.spreadingFactor as number) - 7) + 3 * BANDWIDTHS.indexOf(bandwidth);
}

/**
 * Time on air, ms, of a LoRaWAN uplink with so many bytes of payload, by Semtech AN1200.13, section 4: explicit header,
 * checksum, coding rate 4/5, preamble of 8 symbols. Null where that cannot be, or the frame would be too long.
 */
export function airtimeMs(payloadBytes: number, modulation: Modulation): number | null {
  const bandwidth = bandwidthOf(modulation);
  const bytes = payloadBytes + FRAME_BYTES;
  if (bandwidth === null || payloadBytes <= 0 || bytes > PHYSICAL_BYTES_MAX) return null;
  const spreadingFactor = modulation.spreadingFactor as number;
  const symbol = chips(spreadingFactor) / bandwidth;
  const optimised = symbol > LONG_SYMBOL_S ? 2 : 0;
  const blocks = Math.ceil((8 * bytes - 4 * spreadingFactor + 28 + 16) / (4 * (spreadingFactor - optimised)));
  const symbols = 8 + Math.max(blocks * (CODING_RATE + 4), 0);
  return 1_000 * symbol * (PREAMBLE_SYMBOLS + 4.25 + symbols);
}

function chips(spreadingFactor: number): number {
  return 1 << spreadingFactor;
}
