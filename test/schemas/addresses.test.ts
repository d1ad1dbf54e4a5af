import * as fc from 'fast-check';
import { BlockList, isIP } from 'node:net';
import { expect, test } from 'vitest';
import { hostOf, isInCidr, parseAddress, parseCidr } from '#schemas';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`addresses: SEED=${seed}`);

const v4 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => parts.join('.'));
const v6 = fc.ipV6();

test('reads what is an address to Node, and refuses all else', () => {
  const like = fc.array(fc.constantFrom('0', '1', '25', '255', '256', '01', 'a', 'ffff', 'g', '.', ':', '::'), {
    maxLength: 16,
  });
  fc.assert(
    fc.property(
      fc.oneof(
        v4,
        v6,
        fc.string(),
        like.map((parts) => parts.join('')),
      ),
      (text) => {
        const address = parseAddress(text);
        // Node takes a zone of any text, which is no part of an address here.
        if (text.includes('%')) return;
        expect(address !== null).toBe(isIP(text) !== 0);
      },
    ),
    { seed, numRuns: 5_000 },
  );
});

test('an address lies in a block where Node’s own block list says so', () => {
  const of = (address: fc.Arbitrary<string>, most: number) => fc.tuple(address, address, fc.nat(most), fc.nat(most));
  fc.assert(
    fc.property(fc.oneof(of(v4, 32), of(v6, 128)), ([block, other, bits, shared]) => {
      const family = block.includes(':') ? 'ipv6' : 'ipv4';
      const cidr = parseCidr(`${block}/${bits}`);
      const isMapped = family === 'ipv6' && parseAddress(block)?.length === 4;
      if (cidr === null || isMapped) return;
      const list = new BlockList();
      list.addSubnet(block, bits, family);
      // One that begins as the block does, so that the edge is met often.
      for (const text of [other, joined(block, other, shared)]) {
        const address = parseAddress(text);
        if (address === null || address.length !== cidr.address.length) continue;
        expect(isInCidr(address, cidr)).toBe(list.check(text, family));
      }
    }),
    { seed, numRuns: 5_000 },
  );
});

/** The first bits of one address and the others of another, bit by bit. */
function joined(first: string, second: string, bits: number): string {
  const [a, b] = [parseAddress(first), parseAddress(second)];
  if (a === null || b === null || a.length !== b.length) return second;
  const bitOf = (bytes: readonly number[], at: number) => ((bytes[at >> 3] as number) >> (7 - (at & 7))) & 1;
  const mixed = Array.from({ length: a.length * 8 }, (_, at) => bitOf(at < bits ? a : b, at));
  const bytes = a.map((_, at) => Number.parseInt(mixed.slice(at * 8, at * 8 + 8).join(''), 2));
  if (bytes.length === 4) return bytes.join('.');
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return (hex.match(/.{4}/g) ?? []).join(':');
}

test.each([
  ['10.0.0.0/33', null],
  ['10.0.0.0/-1', null],
  ['10.0.0.0/08', null],
  ['10.0.0.0/8/8', null],
  ['2001:db8::/129', null],
  ['::ffff:10.0.0.0/95', null],
  ['::ffff:10.0.0.0/104', { address: [10, 0, 0, 0], bits: 8 }],
  ['192.0.2.1', { address: [192, 0, 2, 1], bits: 32 }],
])('the block %s', (text, cidr) => {
  expect(parseCidr(text)).toEqual(cidr);
});

test.each([
  ['192.0.2.1:443', '192.0.2.1'],
  ['192.0.2.1', '192.0.2.1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['2001:db8::1', '2001:db8::1'],
])('the host of %s', (text, host) => {
  expect(hostOf(text)).toBe(host);
});

test('an IPv4 address within IPv6 is one of IPv4, and a zone says nothing', () => {
  expect(parseAddress('::ffff:192.0.2.1')).toEqual([192, 0, 2, 1]);
  expect(parseAddress('fe80::1%eth0')).toEqual(parseAddress('fe80::1'));
});
