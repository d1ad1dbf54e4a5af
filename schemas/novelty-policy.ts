import { policy } from '#sdk';
import { NoveltyPolicy } from './generated/index.ts';

/** A policy reaches every partition, so it holds no more than that. */
const KNOWN_MAX = 1_000;

export const noveltyPolicy = policy({
  name: 'novelty',
  doc: 'From when on what a device never did is told: destinations, endpoints, open ports and commands.',
  value: NoveltyPolicy,
  // A device that reports each five minutes has a thousand reports after three and a half days.
  fallback: { reportProbability: 0.001, deviceProbability: 0.02, known: [] },
  check({ reportProbability, deviceProbability, known }) {
    if (!(reportProbability > 0 && reportProbability <= 0.05))
      return 'reportProbability must be above 0, and 0.05 at most';
    if (!(deviceProbability >= 0 && deviceProbability <= 0.2))
      return 'deviceProbability must be from 0, which judges no young device, to 0.2';
    return known.length > KNOWN_MAX ? `known may have ${KNOWN_MAX} entries` : null;
  },
});
