import { type Address, type BehaviourReported, hostOf, type NoveltySeen, parseAddress, parsePatch } from '#schemas';
import type { TwinDesired } from '#schemas';

/** What is learnt, in the order in which it is judged: an endpoint of a new destination is not told as well. */
export const KINDS = ['DESTINATION', 'ENDPOINT', 'PORT', 'COMMAND'] as const;

export type Kind = (typeof KINDS)[number];

/** What an event tells of: kinds, be they empty, and what was seen of them. */
export interface Sight {
  readonly kinds: readonly Kind[];
  readonly seen: readonly NoveltySeen[];
}

/** Members of one report that are looked at, and UTF-16 units of one that are learnt. */
const SEEN_MAX = 256;
export const MEMBER_LENGTH_MAX = 40;

/** Addresses of a network are one destination: a service moves within it, and a thief seldom has one there. */
const NETWORK_BYTES_V4 = 3;
const NETWORK_BYTES_V6 = 6;

/** What a device reports of its connections and ports. */
export function seenIn({ remoteAddresses, listeningTcpPorts, listeningUdpPorts }: BehaviourReported): Sight {
  const kinds: Kind[] = [];
  const seen: NoveltySeen[] = [];
  if (remoteAddresses !== null) {
    const destinations = remoteAddresses.slice(0, SEEN_MAX).map(destinationOf);
    kinds.push('DESTINATION');
    seen.push(...destinations.map(({ network, text }) => ({ kind: 'DESTINATION', member: network, text })));
    const endpoints = destinations.filter(({ port }) => port !== null);
    // Who names no ports says nothing of endpoints.
    if (endpoints.length > 0 || remoteAddresses.length === 0) kinds.push('ENDPOINT');
    for (const { network, port, text } of endpoints)
      seen.push({ kind: 'ENDPOINT', member: `${network}:${port}`, text });
  }
  if (listeningTcpPorts !== null || listeningUdpPorts !== null) {
    kinds.push('PORT');
    seen.push(...portsOf('tcp', listeningTcpPorts), ...portsOf('udp', listeningUdpPorts));
  }
  return { kinds, seen };
}

/** What is asked of a device: the paths that a patch of its twin writes. One that cannot be read says nothing. */
export function askedIn({ patch }: TwinDesired): Sight {
  const { writes, problem } = parsePatch(patch);
  if (problem !== null) return { kinds: [], seen: [] };
  const paths = writes.slice(0, SEEN_MAX).map(({ path }) => path);
  return { kinds: ['COMMAND'], seen: paths.map((path) => ({ kind: 'COMMAND', member: short(path), text: path })) };
}

interface Destination {
  readonly network: string;
  readonly port: string | null;
  readonly text: string;
}

function destinationOf(text: string): Destination {
  const host = hostOf(text);
  const address = parseAddress(host);
  const port = /[\]\d]:(\d+)$/.exec(host === text ? '' : text)?.[1] ?? null;
  return { network: address === null ? short(host) : networkOf(address), port, text };
}

/** The block that an address is learnt by: /24 of IPv4, /48 of IPv6. */
export function networkOf(address: Address): string {
  if (address.length === 4) return `${address.slice(0, NETWORK_BYTES_V4).join('.')}.0/24`;
  const groups = [0, 2, 4].map((at) => (((address[at] as number) << 8) | (address[at + 1] as number)).toString(16));
  return `${groups.join(':')}::/${8 * NETWORK_BYTES_V6}`;
}

function portsOf(protocol: string, ports: readonly number[] | null): readonly NoveltySeen[] {
  return (ports ?? []).slice(0, SEEN_MAX).map((port) => {
    return { kind: 'PORT', member: `${protocol}/${port}`, text: `${protocol}/${port}` };
  });
}

/** A long text keeps its begin and its end, where paths differ. */
function short(text: string): string {
  const half = MEMBER_LENGTH_MAX >> 1;
  return text.length <= MEMBER_LENGTH_MAX ? text : `${text.slice(0, half - 1)}…${text.slice(-half)}`;
}
