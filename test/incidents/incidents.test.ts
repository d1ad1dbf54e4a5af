import { describe, expect, test } from 'vitest';
import { chanceFrom } from '../simulation/chance.ts';
import { incidents } from './incidents.ts';
import { type Delivered, replay } from './replay.ts';

/** The logs are written down, so chance is the same each time; another seed writes others. */
const SEED = Number(process.env['SEED'] ?? 1);
console.log(`incidents: SEED=${SEED}`);

const SILENT: Delivered = { opened: [], resolved: [], retracted: [] };

describe.each(incidents)('$name', ({ log, opens, resolves, lookAlike, missing }) => {
  test.runIf(missing.incident === null)('opens and resolves what it must, and nothing else', async () => {
    expect(await replay(log(chanceFrom(SEED)))).toEqual({
      opened: opens.toSorted(),
      resolved: resolves.toSorted(),
      retracted: [],
    });
  });

  test.runIf(missing.lookAlike === null)(`is not seen in what looks like it: ${lookAlike.what}`, async () => {
    expect(await replay(lookAlike.log(chanceFrom(SEED)))).toEqual(SILENT);
  });
});
