import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isOfTopics } from '../../../processors/detect/topics.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`topics: SEED=${seed}`);

/** What a filter means, as a regular expression (MQTT 3.1.1, section 4.7). */
function meaning(filter: string): RegExp {
  if (filter === '#') return /^[^]*$/;
  const levels = filter.replace(/\/#$/, '').split('/');
  const text = levels.map((level) => (level === '+' ? '[^/]*' : level)).join('/');
  return new RegExp(`^${text}${filter.endsWith('/#') ? '(/[^]*)?' : ''}$`);
}

test('a topic fits a filter where the words of the standard say so', () => {
  const level = fc.constantFrom('a', 'b', '');
  const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
  const filter = fc
    .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 4 }), fc.boolean())
    .map(([levels, isOpen]) => [...levels, ...(isOpen || levels.length === 0 ? ['#'] : [])].join('/'));
  fc.assert(
    fc.property(topic, filter, (one, other) => {
      expect(isOfTopics(one, [other])).toBe(meaning(other).test(one));
    }),
    { seed, numRuns: 5_000 },
  );
});

test('one of several filters is enough', () => {
  expect(isOfTopics('a/b', ['c', 'a/+'])).toBe(true);
  expect(isOfTopics('a/b', [])).toBe(false);
});
