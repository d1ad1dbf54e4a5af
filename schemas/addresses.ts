/** A network address as bytes: four of IPv4, sixteen of IPv6. */
export type Address = readonly number[];

/** All addresses that begin with the same bits. */
export interface Cidr {
  readonly address: Address;
  readonly bits: number;
}

/** An address in dots (IPv4) or in the forms of RFC 4291 (IPv6); null for other text. IPv4 within IPv6 is IPv4. */
export function parseAddress(text: string): Address | null {
  if (!text.includes(':')) return parseDotted(text);
  const bytes = parseColons(text.replace(ZONE, ''));
  if (bytes === null) return null;
  // `::ffff:192.0.2.1` is how a socket for both families names an IPv4 peer.
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  return isMapped ? bytes.slice(12) : bytes;
}

/** A block such as `10.0.0.0/8` or `2001:db8::/32`; a bare address is a block of one. Null for other text. */
export function parseCidr(text: string): Cidr | null {
  const [before = '', length, ...more] = text.split('/');
  const address = parseAddress(before);
  if (address === null || more.length > 0) return null;
  const most = address.length * 8;
  if (length === undefined) return { address, bits: most };
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length)) return null;
  // The block of an IPv4 address within IPv6 counts the 96 bits before it.
  const bits = Number(length) - (before.includes(':') && most === 32 ? 96 : 0);
  return bits >= 0 && bits <= most ? { address, bits } : null;
}

/** True when an address lies in a block of its family. */
export function isInCidr(address: Address, { address: block, bits }: Cidr): boolean {
  if (address.length !== block.length) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (address[i] !== block[i]) return false;
  const rest = bits & 7;
  const shift = 8 - rest;
  return rest === 0 || (address[whole] as number) >> shift === (block[whole] as number) >> shift;
}

/** The address of a text that may have a port behind it: `192.0.2.1:443`, `[2001:db8::1]:443`. */
export function hostOf(text: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(text);
  if (bracketed !== null) return bracketed[1] as string;
  const dotted = /^([\d.]+):\d+$/.exec(text);
  return dotted === null ? text : (dotted[1] as string);
}

/** An IPv6 address may name the interface that it is reached by. */
const ZONE = /%[^/]*$/;

function parseDotted(text: string): Address | null {
  const parts = text.split('.');
  // Digits behind a zero are octal to some and decimal to others, so they are no address.
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return null;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : null;
}

function parseColons(text: string): Address | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [left, right] = halves.map((half) => (half === '' ? [] : bytesOf(half.split(':'))));
  if (left === undefined || left === null || right === null) return null;
  if (right === undefined) return left.length === 16 ? left : null;
  const gap = 16 - left.length - right.length;
  // Two colons stand for one group at least, and an IPv4 part can only end the address.
  if (gap < 2 || (halves[0] as string).includes('.')) return null;
  return [...left, ...Array.from({ length: gap }, () => 0), ...right];
}

function bytesOf(groups: readonly string[]): number[] | null {
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    if (group.includes('.')) {
      const dotted = index === groups.length - 1 ? parseDotted(group) : null;
      if (dotted === null) return null;
      bytes.push(...dotted);
      continue;
    }
    if (!/^[\da-f]{1,4}$/i.test(group)) return null;
    const value = Number.parseInt(group, 16);
    bytes.push(value >> 8, value & 255);
  }
  return bytes;
}
