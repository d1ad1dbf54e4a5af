import { isUtf8 } from 'node:buffer';
import type { Tap } from './avro-numbers.ts';

/** Broken bytes decode to a replacement character, so only text that has one is looked at again. */
export function readText(tap: Tap): string {
  const { buf, pos } = tap;
  const twice = buf[pos] as number;
  const to = pos + 1 + (twice >> 1);
  // The length of what is short is one byte, twice as large as it.
  if ((twice & 0x81) === 0 && to <= buf.length) {
    const short = to - pos <= SHORT_MAX + 1 ? shortText(buf, pos + 1, to) : asciiText(buf, pos + 1, to);
    if (short !== null) {
      tap.pos = to;
      return short;
    }
  }
  const text = tap.readString();
  const end = tap.pos;
  // Beyond the end there is no text; the decoder refuses the record for being short.
  if (end > buf.length || !text.includes(REPLACEMENT)) return text;
  tap.pos = pos;
  const length = tap.readLong();
  tap.pos = end;
  if (!isUtf8(buf.subarray(end - length, end))) throw new Error('a string is not UTF-8');
  return text;
}

const REPLACEMENT = '\ufffd';

/** Bytes of text worth remembering: names of devices, metrics and states come again and again; ids of 32 digits do not. */
const SHORT_MAX = 31;
const SHORT_SLOTS = 1 << 14;
/** By hash, the last one met: the same text is then the same string, which costs no memory and compares at once. */
const shorts: (string | undefined)[] = Array.from({ length: SHORT_SLOTS });

/** Short text of ASCII alone, as a string that may have been given out before; null where it holds other bytes. */
export function shortText(bytes: Buffer, from: number, to: number): string | null {
  let hash = to - from;
  let high = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    high |= byte;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  if (high >= 0x80) return null;
  const slot = (hash ^ (hash >>> 15)) & (SHORT_SLOTS - 1);
  const known = shorts[slot];
  if (known !== undefined && isText(known, bytes, from, to)) return known;
  const text = bytes.toString('latin1', from, to);
  shorts[slot] = text;
  return text;
}

/** Text of ASCII alone; null where it holds other bytes. */
function asciiText(bytes: Buffer, from: number, to: number): string | null {
  let high = 0;
  for (let at = from; at < to; at++) high |= bytes[at] as number;
  return high < 0x80 ? bytes.toString('latin1', from, to) : null;
}

function isText(text: string, bytes: Buffer, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let at = from, i = 0; at < to; at++, i++) if (text.charCodeAt(i) !== bytes[at]) return false;
  return true;
}

/** Writes short text of ASCII alone as avsc would, without asking for its length in bytes first. */
export function writeText(tap: Tap, text: string): void {
  const { buf, pos } = tap;
  const { length } = text;
  const end = pos + 1 + length;
  // Twice the length, the zigzag form, is one byte.
  if (length < 64 && end <= buf.length) {
    buf[pos] = length << 1;
    let i = 0;
    for (; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) break;
      buf[pos + 1 + i] = code;
    }
    if (i === length) {
      tap.pos = end;
      return;
    }
  }
  tap.writeString(text);
}
