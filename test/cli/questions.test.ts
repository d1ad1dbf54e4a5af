import { expect, test } from 'vitest';
import { askedFor, listOfQuestions, questionOf, valuesFor } from '#cli/questions.ts';
import { cookbook } from '#schemas';

const NOW = Date.UTC(2026, 10, 2, 12);

test('every question is listed in a line', () => {
  const lines = listOfQuestions().split('\n');
  for (const { name, asks } of Object.values(cookbook).flat()) {
    expect(lines.filter((line) => line.trim().startsWith(`${name} `) && line.endsWith(asks))).toHaveLength(1);
  }
});

test('a question takes what is said, and what is usual where nothing is', () => {
  const question = questionOf('worst-gateways');
  expect(valuesFor(question, ['tenant=a=b', 'limit=5'], NOW)).toEqual({
    tenant: 'a=b',
    from: '2026-11-01 12:00:00.000',
    to: '2026-11-02 12:00:00.000',
    limit: '5',
  });
});

test.each([
  ['question_unknown', () => questionOf('best-gateways')],
  ['parameter_missing', () => valuesFor(questionOf('twin-at'), ['tenant=acme'], NOW)],
  ['parameter_unknown', () => valuesFor(questionOf('up-to-when'), ['tenant=acme'], NOW)],
  ['parameter_unknown', () => valuesFor(questionOf('worst-gateways'), ['limit'], NOW)],
  ['usage', () => askedFor(undefined, undefined, [])],
  ['usage', () => askedFor('SELECT 1', 'up-to-when', [])],
])('%s is told with what to do', (code, ask) => {
  expect(ask).toThrow(expect.objectContaining({ code }));
});

test('a query as it was typed takes what is said, and nothing that it has no place for', () => {
  const sql = 'SELECT {device:String}';
  expect(askedFor(sql, undefined, ['device=d1'])).toEqual({ sql, parameters: { device: 'd1' } });
  expect(() => askedFor('SELECT 1', undefined, ['device=d1'])).toThrow(
    expect.objectContaining({ code: 'parameter_unknown' }),
  );
});
