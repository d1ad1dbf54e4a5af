import { hash } from 'node:crypto';
import type { Envelope } from './generated/Envelope.ts';

/** A device clock this far ahead of receipt is not believed. */
export const CLOCK_SKEW_MS_MAX = 5 * 60_000;

/** 2020-01-01: a device clock before it lost its time, since no device of the fleet is older than the platform's protocol. */
export const CLOCK_FLOOR_MS = Date.UTC(2020, 0, 1);

/** Tenants and devices are parts of keys, topics and paths, so their alphabet is narrow. */
export const TENANT_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const DEVICE_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/** What a connector knows of an event, from which its envelope follows. */
export interface Observed {
  readonly tenant: string;
  readonly device: string;
  /** What the device's clock said, ms since 1970; null when it sent no time. */
  readonly deviceTime: number | null;
  readonly receivedAt: number;
  readonly source: string;
  readonly sourceAddress: string | null;
  readonly region: string | null;
  readonly epoch: number | null;
  readonly sequence: number | null;
  readonly historical: boolean;
  readonly correlationId: string | null;
  /** What identifies the event when it has no sequence: its payload, without what differs between deliveries. */
  readonly payload: string | Uint8Array;
  readonly payloadBytes: number;
}

/** The key of everything about a device. */
export function keyOf(event: Pick<Envelope, 'tenant' | 'device'>): string {
  return `${event.tenant}/${event.device}`;
}

/** Makes the envelope of an event: judges the device's clock and derives the id. */
export function envelope(observed: Observed): Envelope {
  const { payload, ...known } = observed;
  const clockSuspect = !believable(observed.deviceTime, observed.receivedAt);
  const eventTime = clockSuspect || observed.deviceTime === null ? observed.receivedAt : observed.deviceTime;
  return { ...known, eventId: eventId(observed), eventTime, clockSuspect, keyId: null };
}

function believable(deviceTime: number | null, receivedAt: number): boolean {
  if (deviceTime === null) return true;
  return deviceTime >= CLOCK_FLOOR_MS && deviceTime <= receivedAt + CLOCK_SKEW_MS_MAX;
}

/**
 * SHA-256 over the parts joined by NUL, its first 128 bits as 32 hex digits.
 * With a sequence: tenant, device, source, epoch (empty when null), sequence.
 * Without: tenant, device, source, device time (empty when null), payload.
 */
export function eventId(observed: Observed): string {
  const { tenant, device, source, epoch, sequence, deviceTime, payload } = observed;
  const stream = `${tenant}\0${device}\0${source}\0`;
  if (sequence !== null) return hash('sha256', `s\0${stream}${epoch ?? ''}\0${sequence}`, 'hex').slice(0, 32);
  const text = typeof payload === 'string' ? payload : Buffer.from(payload).toString('base64');
  return hash('sha256', `p\0${stream}${deviceTime ?? ''}\0${text}`, 'hex').slice(0, 32);
}
