import { describe, expect, test } from 'vitest';
import { type OutageMember, outagePolicy } from '#schemas';
import { binomialTail } from '../../../processors/outages/binomial.ts';
import { Groups } from '../../../processors/outages/groups.ts';
import { judge } from '../../../processors/outages/verdict.ts';
import { type Chance, chanceFrom } from '../../simulation/chance.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`verdicts of outages: SEED=${seed}`);

const MINUTE = 60_000;
const policy = outagePolicy.fallback;

interface Place {
  readonly gateways: readonly string[];
  readonly cell: string | null;
  readonly operator: string | null;
}

function member({ gateways, cell, operator }: Place, silentSince: number | null): OutageMember {
  const nothing = {
    noticedAt: silentSince,
    reason: 'SILENT',
    verdict: '',
    revision: 0,
    retracted: false,
    flapping: false,
  };
  return { gateways: [...gateways].sort(), cell, operator, silentSince, ...nothing };
}

/** Devices over gateways, cells and operators, some behind two gateways. */
function fleet(chance: Chance, devices: number): readonly (readonly [string, Place])[] {
  return Array.from({ length: devices }, (_, i) => {
    const gateways = [...new Set([`gw-${chance.int(1, 6)}`, ...(chance.hit(0.2) ? [`gw-${chance.int(1, 6)}`] : [])])];
    const isCellular = chance.hit(0.4);
    const cell = chance.int(1, 5);
    const place = isCellular
      ? { gateways: [], cell: `c${cell}`, operator: cell < 4 ? 'o1' : 'o2' }
      : { gateways, cell: null, operator: null };
    return [`d${i}`, place] as const;
  });
}

describe('the binomial tail', () => {
  test('is what the sum of its terms is', () => {
    const term = (k: number, n: number, p: number) => {
      let value = 1;
      for (let i = 1; i <= k; i++) value *= ((n - k + i) / i) * p;
      return value * (1 - p) ** (n - k);
    };
    for (const n of [1, 5, 30, 120]) {
      for (const p of [0.001, 0.02, 0.3]) {
        for (let k = 0; k <= n; k++) {
          let sum = 0;
          for (let i = k; i <= n; i++) sum += term(i, n, p);
          // Smaller ones are beyond what a double holds.
          if (sum < 1e-290) continue;
          expect(binomialTail(k, n, p) / (k > n * p ? sum : 1)).toBeCloseTo(1, 8);
        }
      }
    }
    expect(binomialTail(3, 2, 0.5)).toBe(0);
    expect(binomialTail(60_000, 100_000, 0.02)).toBe(0);
  });
});

describe('a silence', () => {
  test('of devices that fail by themselves is given a cause in common no more often than is said', () => {
    const chance = chanceFrom(seed);
    // The probability alone has to hold them back, and may err often enough to be seen to.
    const lenient = { ...policy, groupShare: 0.01, groupSilent: 2, falseShare: 0.05 };
    let [silences, wrong] = [0, 0];
    for (let run = 0; run < 6_000; run++) {
      const members = fleet(chance, chance.int(5, 120)).map(([device, place]) => {
        // As often as the policy says at most, within the window before and after any moment.
        const isSilent = chance.hit(policy.aloneShare);
        return [device, member(place, isSilent ? chance.int(0, policy.windowMs) : null)] as const;
      });
      const parties = new Groups(members);
      for (const [device, each] of members) {
        if (each.silentSince === null) continue;
        silences++;
        if (judge({ device, since: each.silentSince }, each, parties, lenient).verdict !== 'DEVICE') wrong++;
      }
    }
    expect(silences).toBeGreaterThan(5_000);
    console.log(`of ${silences} silences by chance ${wrong} were given a cause in common`);
    // Three standard deviations above the share that is promised.
    const expected = silences * lenient.falseShare;
    expect(wrong).toBeGreaterThan(0);
    expect(wrong).toBeLessThanOrEqual(expected + 3 * Math.sqrt(expected));
  });

  test('of those that depend on a gateway is the gateway’s, of a cell the operator’s, of all the ingress’s', () => {
    const chance = chanceFrom(seed + 1);
    const causes = {
      GATEWAY_OR_BACKHAUL: ({ gateways }: Place) => gateways.length === 1 && gateways[0] === 'gw-2',
      OPERATOR_OR_CELL: ({ operator }: Place) => operator === 'o1',
      INGEST: () => true,
    };
    for (const [cause, isHit] of Object.entries(causes)) {
      let [hit, right] = [0, 0];
      for (let run = 0; run < 60; run++) {
        const members = fleet(chance, 150).map(([device, place]) => {
          const goesSilent = isHit(place) && chance.hit(0.95);
          return [device, member(place, goesSilent ? chance.int(0, 5 * MINUTE) : null)] as const;
        });
        const parties = new Groups(members);
        for (const [device, each] of members) {
          if (each.silentSince === null) continue;
          hit++;
          if (judge({ device, since: each.silentSince }, each, parties, policy).verdict === cause) right++;
        }
      }
      expect(hit).toBeGreaterThan(300);
      expect(right / hit, cause).toBeGreaterThan(0.99);
    }
  });

  test('of a device behind two gateways is not that of one of them', () => {
    const down = { gateways: ['gw-1'], cell: null, operator: null };
    const both = { gateways: ['gw-1', 'gw-2'], cell: null, operator: null };
    const up = { gateways: ['gw-2'], cell: null, operator: null };
    const members = [
      ...Array.from({ length: 8 }, (_, i) => [`a${i}`, member(down, 0)] as const),
      ...Array.from({ length: 8 }, (_, i) => [`b${i}`, member(up, null)] as const),
      ...Array.from({ length: 9 }, (_, i) => [`c${i}`, member(both, null)] as const),
      ['x', member(both, MINUTE)] as const,
    ];
    const parties = new Groups(members);
    const of = (device: string, place: Place, since: number) => judge({ device, since }, place, parties, policy);
    expect(of('a0', down, 0)).toMatchObject({
      verdict: 'GATEWAY_OR_BACKHAUL',
      groupName: 'gw-1',
      silent: 8,
      members: 8,
    });
    expect(of('x', both, MINUTE)).toMatchObject({ verdict: 'DEVICE', silent: 9, members: 26 });
  });

  test('long before or after others is its own', () => {
    const place = { gateways: ['gw-1'], cell: null, operator: null };
    const members = Array.from({ length: 9 }, (_, i) => [`a${i}`, member(place, i === 0 ? 0 : 60 * MINUTE)] as const);
    const parties = new Groups(members);
    expect(judge({ device: 'a0', since: 0 }, place, parties, policy)).toMatchObject({ verdict: 'DEVICE', members: 9 });
  });
});
