import { collection, type Entries } from '#sdk';
import { HealthAlert, HealthCell, type HealthExposure } from '#schemas';

export const DAY_MS = 24 * 60 * 60_000;

/** Within so many days a device counts for its first crash alone; equal to that of device-health. */
const PERIOD_DAYS = 28;

/** Cells of a day; what finds no room goes to one cell of unlike devices. */
export const CELLS_EACH_DAY_MAX = 2_000;

/** The health of devices that were alike, by day and what they were. */
export const cells = collection('cells', HealthCell);

/** Open alerts, by what they are about. */
export const worse = collection('worse', HealthAlert);

type Dimensions = Pick<HealthCell, 'model' | 'hardware' | 'firmware' | 'lot' | 'site' | 'technology'>;

const NUMBERS = [
  'expectedMs',
  'operatingMs',
  'unknownMs',
  'connectedMs',
  'hours',
  'crashFreeHours',
  'crashes',
  'reboots',
  'rebootsExpected',
  'atRiskMs',
  'firstCrashes',
  'atRiskAgainMs',
  'firstCrashesAgain',
] as const;

/** Where an hour of a device belongs, and what it adds to. */
export interface Place {
  readonly subkey: string;
  readonly cell: HealthCell;
  readonly overflowed: boolean;
}

/** The cell of an hour with it added, in the cells as they are. */
export function added(entries: Entries<HealthCell>, exposure: HealthExposure): Place {
  const day = Math.floor(exposure.eventTime / DAY_MS);
  const { model, hardware, firmware, lot, site, technology } = exposure;
  const own = subkeyOf(day, { model, hardware, firmware, lot, site, technology });
  const before = entries.get(own);
  const overflowed = before === undefined && [...cellsOfDay(entries, day)].length >= CELLS_EACH_DAY_MAX;
  const subkey = overflowed ? overflowKey(day) : own;
  const dimensions = overflowed ? NO_DIMENSIONS : { model, hardware, firmware, lot, site, technology };
  const fresh = { ...ZERO, ...dimensions, day, overflow: overflowed };
  const cell = { ...(before ?? entries.get(subkey) ?? fresh), changed: true };
  for (const name of NUMBERS) cell[name] += exposure[name];
  return { subkey, cell, overflowed };
}

/** Number of the period of a day. */
export function periodOf(day: number): number {
  return Math.floor(day / PERIOD_DAYS);
}

/** The first day of a period. */
export function firstDayOf(period: number): number {
  return period * PERIOD_DAYS;
}

/** All cells of a day and later ones, by day. */
export function cellsFrom(entries: Entries<HealthCell>, day: number): readonly (readonly [string, HealthCell])[] {
  return [...entries.range(digits(day), ':')];
}

function cellsOfDay(entries: Entries<HealthCell>, day: number) {
  return entries.range(digits(day), digits(day + 1));
}

function subkeyOf(day: number, dimensions: Dimensions): string {
  return `${digits(day)} ${JSON.stringify(dimensions)}`;
}

function overflowKey(day: number): string {
  return `${digits(day)} more`;
}

function digits(day: number): string {
  return String(day).padStart(6, '0');
}

const NO_DIMENSIONS: Dimensions = {
  model: null,
  hardware: null,
  firmware: null,
  lot: null,
  site: null,
  technology: null,
};

const ZERO = {
  expectedMs: 0,
  operatingMs: 0,
  unknownMs: 0,
  connectedMs: 0,
  hours: 0,
  crashFreeHours: 0,
  crashes: 0,
  reboots: 0,
  rebootsExpected: 0,
  atRiskMs: 0,
  firstCrashes: 0,
  atRiskAgainMs: 0,
  firstCrashesAgain: 0,
  changed: false,
  revision: 0,
};
