import { describe, expect, test } from 'vitest';
import { NoveltySet } from '#schemas';
import { compiled } from '#runtime/avro.ts';
import {
  accept,
  GROWN_REPORTS,
  learn,
  MEMBERS_MAX,
  NOTHING,
  renew,
  SETTLED_MS,
} from '../../../processors/novelty/learning.ts';
import { MEMBER_LENGTH_MAX } from '../../../processors/novelty/members.ts';
import { type Chance, chanceFrom } from '../../simulation/chance.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`what is new: SEED=${seed}`);

const START = Date.UTC(2026, 0, 1);
const STEP_MS = 300_000;
const DAY_MS = 86_400_000;

/** What one report holds, drawn anew each time: reports are exchangeable. */
type Source = () => readonly string[];

/** A few that are always there. */
const fixed = (): Source => () => ['a', 'b', 'c'];

/** Each of some is there now and then, as a content network answers from another place. */
const mixed = (chance: Chance, count: number): Source => {
  const shares = Array.from({ length: count }, () => chance.unit() ** 3);
  return () => shares.flatMap((share, i) => (chance.hit(share) ? [`m${i}`] : []));
};

/** One of endlessly many, the n-th with a share of about 1 / n^s. */
const zipf = (chance: Chance, s: number): Source => {
  return () => ['home', `z${Math.floor((chance.unit() + 1e-12) ** (-1 / (s - 1)))}`];
};

/** Most of the time nothing but home; with that probability something that never was before. */
const rare = (chance: Chance, share: number): Source => {
  let next = 0;
  return () => (chance.hit(share) ? ['home', `r${next++}`] : ['home']);
};

interface Course {
  readonly set: NoveltySet;
  readonly alarms: number;
}

/** Shows a device so many reports, and counts those that are told. */
function lived(source: Source, count: number, alpha: number, from: NoveltySet = NOTHING, at = START): Course {
  let set = from;
  let alarms = 0;
  for (let i = 0; i < count; i++) {
    const lesson = learn(set, { time: at + i * STEP_MS, members: source(), attached: new Set() }, alpha);
    if (lesson.strange && lesson.fresh.length > 0) alarms++;
    set = lesson.set;
  }
  return { set, alarms };
}

describe('in reports that are exchangeable', () => {
  const sources: readonly (readonly [string, (chance: Chance) => Source])[] = [
    ['of a few that are always there', fixed],
    ['of ten that come and go', (chance) => mixed(chance, 10)],
    ['of thirty that come and go', (chance) => mixed(chance, 30)],
    ['of endlessly many, steep', (chance) => zipf(chance, 4)],
    ['of endlessly many, flat', (chance) => zipf(chance, 2)],
    ['with something new in 1 of 500', (chance) => rare(chance, 1 / 500)],
    ['with something new in 1 of 2,000', (chance) => rare(chance, 1 / 2_000)],
    ['with something new in 1 of 20,000', (chance) => rare(chance, 1 / 20_000)],
  ];

  test.each(sources)('%s, no more is told than the policy says', (_, sourceOf) => {
    const chance = chanceFrom(seed);
    for (const alpha of [0.001, 0.01]) {
      const [devices, count] = [20, 4_000];
      let alarms = 0;
      for (let i = 0; i < devices; i++) alarms += lived(sourceOf(chance.fork()), count, alpha).alarms;
      const most = devices * count * alpha;
      // Three standard deviations of chance on top, were each report by itself.
      expect(alarms, `at ${alpha}`).toBeLessThanOrEqual(most + 3 * Math.sqrt(most));
    }
  });
});

describe('a device with a past', () => {
  const past = (count: number) => lived(fixed(), count, 0.001).set;
  const then = (count: number) => START + count * STEP_MS;

  test('has something new told from a thousand reports on, and not before', () => {
    for (const [count, strange] of [
      [10, false],
      [900, false],
      [1_000, true],
      [20_000, true],
    ] as const) {
      const lesson = learn(past(count), { time: then(count), members: ['a', 'new'], attached: new Set() }, 0.001);
      expect([count, lesson.fresh, lesson.strange]).toEqual([count, ['new'], strange]);
      expect(lesson.usual).toEqual(['a', 'b', 'c']);
    }
  });

  test('has it told once for as long as it is there, and again when something else comes after it', () => {
    let set = past(5_000);
    const told: string[] = [];
    const shown = [['x'], ['x', 'y'], ['x'], ['a'], ['a'], ['z']];
    for (const [i, members] of shown.entries()) {
      const lesson = learn(set, { time: then(5_000 + i), members, attached: new Set() }, 0.001);
      if (lesson.strange && lesson.fresh.length > 0) told.push(`+${lesson.fresh.join()}`);
      told.push(...lesson.gone.map((member) => `-${member}`));
      ({ set } = lesson);
    }
    expect(told).toEqual(['+x', '-x', '+z']);
  });

  test('cannot be made used to strangers within a week, one a day', () => {
    let set = past(2_000);
    let told = 0;
    for (let day = 0; day < 7; day++) {
      const time = then(2_000) + day * DAY_MS;
      const lesson = learn(set, { time, members: ['a', `stranger${day}`], attached: new Set() }, 0.001);
      told += Number(lesson.strange);
      ({ set } = learn(lesson.set, { time: time + STEP_MS, members: ['a'], attached: new Set() }, 0.001));
    }
    expect(told).toBe(7);
  });

  test('that does something new each day from now on is used to that two weeks later', () => {
    let set = past(2_000);
    const told: number[] = [];
    for (let i = 0; i < 40 * 288; i++) {
      const members = i % 288 === 0 ? ['a', `day${i / 288}`] : ['a'];
      const lesson = learn(set, { time: then(2_000 + i), members, attached: new Set() }, 0.001);
      if (lesson.strange && lesson.fresh.length > 0) told.push(i / 288);
      ({ set } = lesson);
    }
    expect(told.length).toBeGreaterThan(7);
    expect(Math.max(...told)).toBeLessThan(14);
  });

  test('has what an operator calls benign learnt at once', () => {
    const first = learn(past(2_000), { time: then(2_000), members: ['x'], attached: new Set() }, 0.001);
    const { set, gone } = accept(first.set);
    expect(gone).toEqual(['x']);
    const next = learn(set, { time: then(2_001), members: ['x', 'y'], attached: new Set() }, 0.001);
    expect(next.fresh).toEqual(['y']);
    // One report in 2,002 held something new, so that the next is likelier.
    expect(next.probability).toBeCloseTo(1 / 2_002, 9);
    const later = learn(set, { time: then(2_001), members: ['a', 'y'], attached: new Set() }, 0.001);
    expect(later.probability).toBeCloseTo(2 / 2_002, 9);
  });

  test('is young again with a new firmware, and knows what it knew', () => {
    const { set } = renew(past(5_000), then(5_000));
    const lesson = learn(set, { time: then(5_001), members: ['a', 'new'], attached: new Set() }, 0.001);
    expect(lesson).toMatchObject({ fresh: ['new'], shown: ['a'], strange: false, reports: 0, probability: 1 });
  });

  test('forgets what was not there for two periods', () => {
    const later = START + 200 * DAY_MS;
    const lesson = learn(past(2_000), { time: later, members: ['a'], attached: new Set() }, 0.001);
    expect(lesson).toMatchObject({ fresh: ['a'], reports: 0, strange: false });
  });

  test('tells its cohort once a period that it has a past', () => {
    let set = NOTHING;
    const grown: number[] = [];
    for (let i = 0; i < 20_000; i++) {
      const lesson = learn(set, { time: START + i * STEP_MS, members: ['a'], attached: new Set() }, 0.001);
      if (lesson.grows) grown.push(i);
      ({ set } = lesson);
    }
    expect(grown[0]).toBe(GROWN_REPORTS - 1);
    expect(grown).toHaveLength(3);
  });
});

test('a set stays within two kibibytes, whatever is shown', () => {
  const chance = chanceFrom(seed + 1);
  let set = NOTHING;
  for (let i = 0; i < 3_000; i++) {
    const members = Array.from({ length: chance.int(0, 300) }, () =>
      String(chance.unit()).padEnd(MEMBER_LENGTH_MAX, 'x'),
    );
    const alpha = chance.hit(0.5) ? 0.001 : 0.05;
    ({ set } = learn(set, { time: START + i * STEP_MS, members, attached: new Set() }, alpha));
    expect(set.members.length).toBeLessThanOrEqual(MEMBERS_MAX);
  }
  expect(set.full).toBe(true);
  expect(compiled(NoveltySet.avro).toBuffer(set).length).toBeLessThanOrEqual(2_048);
});

test('what was strange for a week counts like all that is new', () => {
  const past = lived(fixed(), 2_000, 0.001).set;
  const at = START + 2_000 * STEP_MS;
  const first = learn(past, { time: at, members: ['x'], attached: new Set() }, 0.001);
  const before = learn(first.set, { time: at + SETTLED_MS - 1, members: ['y'], attached: new Set() }, 0.001);
  const after = learn(first.set, { time: at + SETTLED_MS, members: ['y'], attached: new Set() }, 0.001);
  expect([before.news, after.news]).toEqual([0, 1]);
});
