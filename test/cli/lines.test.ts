import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { linesOf } from '../../cli/lines.ts';

const RUNS = 300;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`lines: SEED=${seed}, ${RUNS} runs a property`);

const CHARACTERS_MAX = 6;

async function read(bytes: Buffer, cuts: readonly number[]): Promise<unknown[]> {
  async function* chunks() {
    let from = 0;
    for (const cut of [...cuts].sort((a, b) => a - b)) {
      const end = cut % (bytes.length + 1);
      if (end <= from) continue;
      yield bytes.subarray(from, end);
      from = end;
    }
    yield bytes.subarray(from);
  }
  const lines: unknown[] = [];
  for await (const { number, text } of linesOf(chunks(), CHARACTERS_MAX)) lines.push([number, text]);
  return lines;
}

test('lines have their numbers and their text, wherever the input is cut, and no text where they are too long', async () => {
  const text = fc
    .array(fc.constantFrom('a', 'é', '\u{1f600}', ' ', '\n', '\n', '\r\n'), { maxLength: 40 })
    .map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat({ max: 200 }), { maxLength: 10 }), async (input, cuts) => {
      const expected = input
        .split('\n')
        .map((line, index) => [index + 1, line.length > CHARACTERS_MAX ? null : line] as const)
        .filter(([, line]) => line === null || line.trim() !== '');
      expect(await read(Buffer.from(input), cuts)).toEqual(expected);
    }),
    { seed, numRuns: RUNS },
  );
});
