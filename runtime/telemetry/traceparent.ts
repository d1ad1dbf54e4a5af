import { isSpanContextValid, type SpanContext } from '@opentelemetry/api';
import { murmur2 } from '../log/partition.ts';

const PATTERN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Reads a `traceparent` of W3C Trace Context, of any version; undefined where it is none. */
export function readTraceparent(text: string | undefined): SpanContext | undefined {
  const [, version, traceId, spanId, flags, more] = PATTERN.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return isSpanContextValid(context) ? context : undefined;
}

export function writeTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & 1).toString().padStart(2, '0')}`;
}

/** True for the devices of a share: the same ones on every machine, and those of a smaller share among those of a larger. */
export function isInShare(key: string, share: number): boolean {
  // Partitions are told by the low bits, so that a share is spread over all of them.
  return (murmur2(Buffer.from(key)) >>> 0) / 2 ** 32 < share;
}
