import type { Socket } from 'node:net';
import { REFUSED_BYTES_KEPT } from '../ingress/ingress.ts';
import { KEPT_MS_MAX } from './transport.ts';

/** Bytes of one MQTT packet of a connected client: an event and its topic. */
export const PACKET_BYTES_MAX = 300 * 1024;

/** Bytes of the CONNECT packet. */
export const CONNECT_BYTES_MAX = 16 * 1024;

const LENGTH_BYTES_MAX = 4;

/** A packet that is longer than it may be. */
export interface LongPacket {
  /** The first byte: type and flags. */
  readonly head: number;
  /** Bytes after the length, as declared; null where even the length does not end. */
  readonly length: number | null;
  /** The first of these bytes, as far as they came in time; with the head where the length does not end. */
  readonly bytes: Buffer;
}

/** A socket whose packets are bounded. */
export interface Guard {
  /** What was read from the socket in this turn, for an error in it. */
  recent(): Buffer;
}

/** Bounds the packets of a client: of one that is too long the parser sees nothing, and the connection ends once `refuse` has it. */
export function guardPackets(socket: Socket, refuse: (packet: LongPacket) => Promise<void>): Guard {
  const lengths = new PacketLengths();
  const read = socket.read.bind(socket);
  let recent: Buffer = EMPTY;
  let collect: ((bytes: Buffer) => void) | null = null;
  socket.read = (size?: number) => {
    const bytes = read(size) as Buffer | null;
    if (bytes === null) return null;
    if (collect !== null) {
      collect(bytes);
      return null;
    }
    const long = lengths.pass(bytes);
    // Parsed in the same turn; held longer, the reads of idle clients would add up.
    recent = bytes;
    queueMicrotask(() => {
      recent = EMPTY;
    });
    if (long === null) return bytes;
    collect = collector(socket, long, refuse);
    collect(bytes.subarray(long.bodyAt));
    return long.at === 0 ? null : bytes.subarray(0, long.at);
  };
  return { recent: () => recent };
}

const EMPTY = Buffer.alloc(0);

/** Takes what is kept of a packet, then has it refused and ends the connection. */
function collector(socket: Socket, { head, length }: LongFound, refuse: (packet: LongPacket) => Promise<void>) {
  const wanted = Math.min(length ?? 0, REFUSED_BYTES_KEPT);
  const kept = length === null ? REFUSED_BYTES_KEPT : wanted;
  const parts: Buffer[] = [];
  let size = 0;
  let isOver = false;
  const finish = () => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    const bytes = Buffer.concat(parts).subarray(0, kept);
    void refuse({ head, length, bytes }).finally(() => socket.destroy(new Error('an MQTT packet is too long')));
  };
  const timer = setTimeout(finish, KEPT_MS_MAX);
  socket.once('close', finish);
  // The broker reads no further while its client waits for the log.
  socket.on('readable', () => socket.read());
  return (bytes: Buffer) => {
    if (isOver) return;
    parts.push(bytes);
    size += bytes.length;
    if (size >= wanted) finish();
  };
}

/** Where a packet that is too long begins in what was read, and where its bytes after the length do. */
interface LongFound {
  readonly at: number;
  readonly bodyAt: number;
  readonly head: number;
  readonly length: number | null;
}

/**
 * Follows the packet lengths in what is read from a socket, and finds the one that is too long: the broker's
 * parser would collect the whole packet in memory first.
 */
class PacketLengths {
  #bytesMax = CONNECT_BYTES_MAX;
  /** Bytes of the current packet still to come; null while its length is being read. */
  #rest: number | null = null;
  /** Bytes of the current header read so far. */
  #header = 0;
  #head = 0;
  #length = 0;

  /** Null when every packet that begins in these bytes may go on. */
  pass(bytes: Buffer): LongFound | null {
    let begunAt = 0;
    for (let at = 0; at < bytes.length; ) {
      if (this.#rest !== null) {
        const step = Math.min(this.#rest, bytes.length - at);
        at += step;
        this.#rest -= step;
        if (this.#rest === 0) this.#begin();
      } else {
        if (this.#header === 0) begunAt = at;
        const fault = this.#takeHeader(bytes[at] as number);
        at++;
        if (fault === 'endless') return { at: begunAt, bodyAt: begunAt, head: this.#head, length: null };
        // The length is read to its end, so that the dead letter can tell it.
        if (fault === 'long') return { at: begunAt, bodyAt: at, head: this.#head, length: this.#length };
      }
    }
    return null;
  }

  #takeHeader(byte: number): 'long' | 'endless' | null {
    this.#header++;
    if (this.#header === 1) {
      this.#head = byte;
      return null;
    }
    const position = this.#header - 2;
    this.#length += (byte & 0x7f) * 128 ** position;
    if (byte >= 0x80) return position + 1 < LENGTH_BYTES_MAX ? null : 'endless';
    if (this.#length > this.#bytesMax) return 'long';
    this.#rest = this.#length;
    if (this.#rest === 0) this.#begin();
    return null;
  }

  #begin(): void {
    this.#bytesMax = PACKET_BYTES_MAX;
    this.#rest = null;
    this.#header = 0;
    this.#length = 0;
  }
}
