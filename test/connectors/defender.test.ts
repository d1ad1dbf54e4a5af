// Device metrics reports as devices send them to AWS: over its topics, in JSON and in CBOR.
import { describe, expect, test } from 'vitest';
import type { BehaviourReported } from '#schemas';
import { defender } from '#connectors';
import { decodeCbor, encodeCbor } from '../../connectors/defender/cbor.ts';
import { chanceFrom } from '../simulation/chance.ts';

const NOW = Date.UTC(2026, 5, 1, 12);
const REPORT = {
  hed: { rid: 1_530_304_554, v: '1.0' },
  met: {
    tp: { pts: [{ if: 'eth0', pt: 24_800 }, { pt: 22 }], t: 2 },
    ns: { bi: 29_358_693_495, bo: 26_485_035, pi: 10, po: 11 },
    tc: { ec: { cs: [{ li: 'eth0', lp: 80, rad: '192.168.0.1:8000' }], t: 1 } },
  },
  cmet: { volts: [{ number: 1.5 }] },
};
const sent = (
  body: string | Uint8Array,
  { format = 'json', tenant = 'acme' }: { readonly format?: string; readonly tenant?: string | null } = {},
) => {
  const address = `$aws/things/pump-7/defender/metrics/${format}`;
  const arrival = { params: {}, contentType: '', receivedAt: NOW, sourceAddress: null, region: null };
  const message = { ...arrival, address, body: Buffer.from(body as Uint8Array), tenant };
  const [outcome] = defender.translate(message);
  if (outcome === undefined) throw new Error('there is no outcome');
  const answers = defender.answer?.(message, outcome.kind === 'rejection' ? outcome : null) ?? [];
  return { outcome, answers };
};

/** A value as CBOR, written as an agent of AWS would: map by map, of definite length. */
function cborOf(value: unknown): Buffer {
  const head = (major: number, count: number) =>
    count < 24
      ? Buffer.from([(major << 5) | count])
      : Buffer.concat([Buffer.from([(major << 5) | 27]), bigOf(BigInt(count))]);
  const bigOf = (count: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(count);
    return bytes;
  };
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cborOf)]);
  if (Number.isSafeInteger(value))
    return (value as number) < 0 ? head(1, -1 - (value as number)) : head(0, value as number);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9, 0xfb);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  const members = Object.entries(value as object);
  return Buffer.concat([head(5, members.length), ...members.flatMap(([name, each]) => [cborOf(name), cborOf(each)])]);
}

describe('a report on the topics of AWS', () => {
  test.each([
    ['json', JSON.stringify(REPORT)],
    ['cbor', cborOf(REPORT)],
  ] as const)('in %s becomes the event that it is on ours', (format, body) => {
    const { outcome, answers } = sent(body, { format });
    expect(outcome.kind).toBe('event');
    const { type, value } = outcome as Extract<typeof outcome, { kind: 'event' }>;
    expect(type.record.name).toBe('fleetstream.BehaviourReported');
    expect(value as BehaviourReported).toMatchObject({
      tenant: 'acme',
      device: 'pump-7',
      source: 'defender',
      reportId: 1_530_304_554,
      listeningTcpPorts: [24_800, 22],
      bytesIn: 29_358_693_495,
      remoteAddresses: ['192.168.0.1:8000'],
      numbers: { volts: 1.5 },
      payloadBytes: body.length,
    });
    const [answer, ...others] = answers;
    expect(others).toEqual([]);
    expect(answer).toMatchObject({ address: `$aws/things/pump-7/defender/metrics/${format}/accepted`, retain: false });
    const told = format === 'json' ? JSON.parse(String(answer?.body)) : decodeCbor(answer?.body as Uint8Array);
    expect(told).toEqual({
      thingName: 'pump-7',
      reportId: 1_530_304_554,
      status: 'ACCEPTED',
      timestamp: NOW / 1_000,
    });
  });

  test.each<readonly [string, string | Uint8Array, string, string | null, number | undefined]>([
    ['that is no JSON', '{', 'json_malformed', 'acme', undefined],
    ['that is no CBOR', cborOf(REPORT).subarray(0, 40), 'cbor_malformed', 'acme', undefined],
    ['without a header', '{"numbers":{"a":1}}', 'header_missing', 'acme', undefined],
    ['with a member that none has', '{"hed":{"rid":7,"v":"1.0"},"met":{"xx":1}}', 'unknown_field', 'acme', 7],
    ['while nobody said whose things are', JSON.stringify(REPORT), 'tenant_unset', null, 1_530_304_554],
  ])('%s is refused, and told why', (_, body, code, tenant, reportId) => {
    const format = typeof body === 'string' ? 'json' : 'cbor';
    const { outcome, answers } = sent(body, { format, tenant });
    expect(outcome).toMatchObject({ kind: 'rejection', code });
    expect(answers[0]?.address).toBe(`$aws/things/pump-7/defender/metrics/${format}/rejected`);
    const said = answers[0]?.body as string | Uint8Array;
    const told = typeof said === 'string' ? (JSON.parse(said) as unknown) : decodeCbor(said);
    expect(told).toMatchObject({
      thingName: 'pump-7',
      status: 'REJECTED',
      statusDetails: { ErrorCode: 'InvalidPayload', ErrorMessage: expect.stringContaining(code) as string },
      ...(reportId === undefined ? {} : { reportId }),
    });
  });

  test('of another form than AWS has is refused, and answered nowhere', () => {
    expect(sent('{}', { format: 'xml' })).toMatchObject({ outcome: { code: 'unknown_event' }, answers: [] });
  });
});

describe('CBOR', () => {
  // RFC 8949, appendix A.
  test.each<readonly [string, unknown]>([
    ['00', 0],
    ['17', 23],
    ['1818', 24],
    ['1903e8', 1_000],
    ['1a000f4240', 1_000_000],
    ['1b000000e8d4a51000', 1_000_000_000_000],
    ['20', -1],
    ['3903e7', -1_000],
    ['f90000', 0],
    ['f93c00', 1],
    ['f93e00', 1.5],
    ['f97bff', 65_504],
    ['f90001', 5.960464477539063e-8],
    ['f90400', 0.00006103515625],
    ['f9c400', -4],
    ['fa47c35000', 100_000],
    ['fb3ff199999999999a', 1.1],
    ['f4', false],
    ['f5', true],
    ['f6', null],
    ['60', ''],
    ['6449455446', 'IETF'],
    ['62c3bc', 'ü'],
    ['64f0908591', '\u{10151}'],
    ['80', []],
    ['8301820203820405', [1, [2, 3], [4, 5]]],
    ['a0', {}],
    ['a26161016162820203', { a: 1, b: [2, 3] }],
    ['7f657374726561646d696e67ff', 'streaming'],
    ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
    ['bf61610161629f0203ffff', { a: 1, b: [2, 3] }],
  ])('%s is %j', (hex, value) => {
    expect(decodeCbor(Buffer.from(hex, 'hex'))).toEqual(value);
  });

  test.each([
    '',
    '18',
    '1c',
    '6261',
    '61ff',
    '4161',
    'c074',
    'f97e00',
    'f97c00',
    'f7',
    'ff',
    '8201',
    'a161',
    'a10102',
    'a2616101616102',
    '0000',
    '1bffffffffffffffff',
    '9bffffffffffffff00',
    '7f6161',
    '7f7f6161ffff',
    '81'.repeat(100_000),
  ])('%.20s is refused', (hex) => {
    expect(() => decodeCbor(Buffer.from(hex, 'hex'))).toThrow(/./);
    expect(sent(Buffer.from(hex, 'hex'), { format: 'cbor' }).outcome).toMatchObject({ code: 'cbor_malformed' });
  });

  test('that is broken anywhere is refused or read, and nothing else', () => {
    const seed = Date.now() % 1_000_000_007;
    const chance = chanceFrom(seed);
    const whole = cborOf(REPORT);
    for (let run = 0; run < 5_000; run++) {
      const bytes = Buffer.from(whole);
      for (let times = chance.int(1, 4); times > 0; times--)
        bytes[chance.int(0, bytes.length - 1)] = chance.int(0, 255);
      const cut = bytes.subarray(0, chance.hit(0.3) ? chance.int(0, bytes.length) : bytes.length);
      expect(['event', 'rejection'], `seed ${seed}`).toContain(sent(cut, { format: 'cbor' }).outcome.kind);
    }
  });

  test('has members such as __proto__ that are members only', () => {
    const value = decodeCbor(Buffer.concat([Buffer.from([0xa1]), cborOf('__proto__'), cborOf({ a: 1 })]));
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect((value as { a?: number }).a).toBeUndefined();
  });

  test('that we write is read as it was', () => {
    const value = { thingName: 'x'.repeat(300), reportId: 2 ** 40, at: -7, why: { ErrorCode: 'ü' } };
    expect(decodeCbor(encodeCbor(value))).toEqual(value);
  });
});
