import { createHash } from 'node:crypto';
import type { Fold } from './fold.ts';

/** SHA-256 over every key's encoded state, window and collections in key order. */
export function digest(fold: Fold): string {
  const hash = createHash('sha256');
  for (const { key, entry } of fold.keyed.all()) {
    hash.update(key).update(fold.keyed.encoded(entry));
    for (const bytes of fold.keyed.encodedCollections(entry)) hash.update(bytes);
  }
  return hash.digest('hex');
}
