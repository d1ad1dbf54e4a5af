import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { murmur2, partitionOf } from '../../../runtime/log/partition.ts';

interface Vector {
  readonly key: string;
  readonly hash: number;
  readonly partitionOf16: number;
  readonly partitionOf12: number;
}

const { origin, vectors } = JSON.parse(readFileSync(new URL('murmur2.json', import.meta.url), 'utf8')) as {
  origin: string;
  vectors: Vector[];
};

test(`keys go to the partitions that a foreign producer gives them (${origin})`, () => {
  expect(vectors.length).toBeGreaterThan(50);
  for (const { key, hash, partitionOf16, partitionOf12 } of vectors) {
    const bytes = Buffer.from(key, 'hex');
    expect([murmur2(bytes) | 0, partitionOf(bytes, 16), partitionOf(bytes, 12)], key).toEqual([
      hash,
      partitionOf16,
      partitionOf12,
    ]);
  }
});
