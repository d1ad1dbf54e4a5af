import { describe, expect, test } from 'vitest';
import { chanceFrom } from '../simulation/chance.ts';
import { incidents } from './incidents.ts';
import type { Incident, Story } from './log.ts';
import { tableOf, wantedOf } from './page.ts';
import { type Delivered, replay, type ReplayOptions } from './replay.ts';
import { sectionOf } from './section.ts';

/** The logs are written down, so chance is the same each time; another seed writes others. */
const SEED = Number(process.env['SEED'] ?? 1);
console.log(`incidents: SEED=${SEED}`);

/** What is delivered of each log; each is replayed once. */
const told = new Map<Story, Promise<Delivered>>();
function deliveredOf(story: Story): Promise<Delivered> {
  const known = told.get(story) ?? replay(story.log(chanceFrom(SEED)), duringOf(story));
  told.set(story, known);
  return known;
}

const duringOf = (story: Story) => ('during' in story ? { during: (story as Incident).during } : {});

/** What is known to be missing must be missing still, or the page of it is wrong. */
const must = ({ missing }: Story) => (missing === undefined ? test : test.fails);

/** The longest log is of 60 days, ms. */
const TIMEOUT = 240_000;

describe.each(incidents)('$name', { timeout: TIMEOUT }, (incident) => {
  must(incident)('opens and resolves what it must, and nothing else', async () => {
    expect(await deliveredOf(incident)).toEqual(wantedOf(incident));
  });

  for (const story of incident.lookAlikes) {
    must(story)(`is not seen where it is none: ${story.what}`, async () => {
      expect(await deliveredOf(story)).toEqual(wantedOf(story));
    });
  }
});

test('the page says what is delivered of each', async () => {
  const rows = [];
  for (const incident of incidents) {
    const alike = [];
    for (const story of incident.lookAlikes) alike.push({ story, delivered: await deliveredOf(story) });
    rows.push({ incident, delivered: await deliveredOf(incident), alike });
  }
  const { page, wanted } = sectionOf('incidents', tableOf(rows));
  expect(page).toBe(wanted);
});

describe('replayed anew', () => {
  const short = incidents.filter(({ name }) => ['gateway outage', 'clone device', 'flapping cell'].includes(name));
  const ways: readonly (readonly [string, ReplayOptions])[] = [
    ['over one partition', { partitions: 1 }],
    ['over five partitions', { partitions: 5 }],
    ['with a crash in its midst', { crashAfter: 70 }],
  ];

  test.each(ways)('%s, a log delivers the same', async (_way, options) => {
    expect(short).toHaveLength(3);
    for (const incident of short) {
      const again = await replay(incident.log(chanceFrom(SEED)), { ...options, during: incident.during });
      expect(again, incident.name).toEqual(await deliveredOf(incident));
    }
  });
});
