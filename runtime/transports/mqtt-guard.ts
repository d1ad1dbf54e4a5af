import type { Socket } from 'node:net';

/** Bytes of one MQTT packet of a connected client: an event and its topic. */
export const PACKET_BYTES_MAX = 300 * 1024;

/** Bytes of the CONNECT packet. */
export const CONNECT_BYTES_MAX = 16 * 1024;

const LENGTH_BYTES_MAX = 4;

/** Bounds the packets of a client. */
export function guardPackets(socket: Socket): void {
  const lengths = new PacketLengths();
  const read = socket.read.bind(socket);
  socket.read = (size?: number) => {
    const bytes = read(size) as Buffer | null;
    if (bytes === null || lengths.pass(bytes)) return bytes;
    socket.destroy(new Error('an MQTT packet is too long'));
    return null;
  };
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
  #length = 0;

  pass(bytes: Buffer): boolean {
    for (let at = 0; at < bytes.length; ) {
      if (this.#rest !== null) {
        const step = Math.min(this.#rest, bytes.length - at);
        at += step;
        this.#rest -= step;
        if (this.#rest === 0) this.#begin();
      } else {
        if (!this.#takesHeader(bytes[at] as number)) return false;
        at++;
      }
    }
    return true;
  }

  #takesHeader(byte: number): boolean {
    this.#header++;
    if (this.#header === 1) return true;
    const position = this.#header - 2;
    this.#length += (byte & 0x7f) * 128 ** position;
    if (this.#length > this.#bytesMax) return false;
    if (byte >= 0x80) return position + 1 < LENGTH_BYTES_MAX;
    this.#rest = this.#length;
    if (this.#rest === 0) this.#begin();
    return true;
  }

  #begin(): void {
    this.#bytesMax = PACKET_BYTES_MAX;
    this.#rest = null;
    this.#header = 0;
    this.#length = 0;
  }
}
