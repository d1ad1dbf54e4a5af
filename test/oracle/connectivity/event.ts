import { Seen } from '../admission.ts';

/** What a device, or its connector, said; times in ms since 1970. */
export interface Said {
  readonly kind: 'report' | 'link' | 'began' | 'over' | 'interval' | 'attempt';
  readonly deviceTime: number;
  readonly receivedAt: number;
  readonly source: string;
  readonly epoch: number | null;
  readonly sequence: number;
  readonly historical: boolean;
  readonly payloadBytes: number;
  readonly sessionId?: string;
  readonly reason?: string | null;
  readonly intervalMs?: number;
  readonly link?: Link;
}

export interface Link {
  readonly technology: string;
  readonly gateway: string | null;
  readonly rssi: number | null;
  readonly snr: number | null;
  readonly rsrp: number | null;
  readonly rsrq: number | null;
  readonly sinr: number | null;
  readonly spreadingFactor: number | null;
  readonly dataRate: number | null;
  readonly latencyMs: number | null;
  readonly packetsSent: number | null;
  readonly packetsLost: number | null;
  readonly bytesUp: number | null;
  readonly bytesDown: number | null;
}

/** One entry of the log: an event, or the passing of time. */
export type Entry = { readonly said: Said } | { readonly tick: number; readonly resumed: boolean };

export type Event = Said & { readonly eventTime: number };

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const SKEW = 5 * MINUTE;

/** An entry as it counts: a late event counts for no window, and still is heard when it came. */
export type Counted = { readonly tick: number; readonly resumed: boolean } | { readonly event: Event; late: boolean };

/** The log without repetitions, each event with its time. */
export function admitted(log: readonly Entry[]): readonly Counted[] {
  const seen = new Seen();
  let now = 0;
  const counted: Counted[] = [];
  for (const entry of log) {
    if ('tick' in entry) {
      now = Math.max(now, entry.tick);
      counted.push(entry);
      continue;
    }
    const { deviceTime, receivedAt } = entry.said;
    const eventTime = deviceTime > receivedAt + SKEW ? receivedAt : deviceTime;
    const { outcome } = seen.judge({ ...entry.said, eventId: '' });
    if (outcome === 'duplicate') continue;
    counted.push({ event: { ...entry.said, eventTime }, late: outcome === 'beyond' || now - eventTime > DAY });
  }
  return counted;
}

/** When it proves that the device was there: as it happened and as it was received, which within a second is one. */
export function signsOf({ event, late }: { readonly event: Event; readonly late: boolean }): readonly number[] {
  const { kind, eventTime, receivedAt, historical } = event;
  if (late) return [receivedAt];
  if (kind === 'began') return [eventTime];
  if (kind !== 'report' && kind !== 'link') return [];
  if (historical) return [receivedAt];
  return receivedAt >= eventTime && receivedAt < eventTime + 1_000 ? [eventTime] : [eventTime, receivedAt];
}
