import { z } from 'zod';
import { type Letter, type LettersOptions, readLetters } from './letters.ts';
import { Marks } from './marks.ts';
import { rootOf } from './original.ts';
import { redrive } from './redrive.ts';
import { readValue, shown } from './show.ts';

const Text = z.string().max(512).optional();
const Time = z.int().min(0).optional();
const IDS_MAX = 10_000;

/** What is asked of the dead letters. */
export const LettersRequest = z.strictObject({
  action: z.enum(['list', 'show', 'redrive']).describe('What to do with the letters that match.'),
  filter: z.strictObject({
    ids: z
      .array(z.string().regex(/^\d{1,6}-\d{1,15}$/, 'it must be partition-offset, such as 3-1042'))
      .max(IDS_MAX)
      .optional(),
    code: Text,
    tenant: Text,
    device: Text,
    origin: Text,
    since: Time,
    until: Time,
  }),
  again: z.boolean().default(false).describe('Of redrive: also what was put in again before.'),
  dryRun: z.boolean().default(false).describe('Of redrive: say what would be done, and write nothing.'),
});
export type LettersRequest = z.output<typeof LettersRequest>;

/** Where operators ask for the dead letters over HTTP, and how. */
export const LETTERS_ADDRESS = {
  path: '/v1/dead-letters',
  operationId: 'askDeadLetters',
  summary: 'Lists, shows or redrives dead letters; needs the operator token when the server has tokens.',
  question: z.toJSONSchema(LettersRequest, { io: 'input' }),
  lines:
    'An object a line, each with its kind: letter, shown or redrive, as was asked; progress with how much was read of ' +
    'how much; last end, or failure with its code and detail.',
};

/** The dead letters, as operators ask for them over HTTP. */
export function lettersOperation(options: LettersOptions & { readonly clock: () => number }) {
  return {
    ...LETTERS_ADDRESS,
    answer: (question: unknown) => {
      const request = LettersRequest.safeParse(question);
      if (!request.success) throw new Error(z.prettifyError(request.error));
      return answerLetters(options, request.data);
    },
  };
}

/** One line of the answer, each an object with its kind. */
export type LettersLine = { readonly kind: string } & Readonly<Record<string, unknown>>;

/** Answers line by line: what was found or done, after each part how far the reading is, and `end` when nothing is missing. */
export async function* answerLetters(
  options: LettersOptions & { readonly clock: () => number },
  request: LettersRequest,
): AsyncGenerator<LettersLine> {
  const { action, filter } = request;
  if (action === 'redrive') {
    for await (const { redrives, read, of } of redrive({ ...options, ...request })) {
      for (const each of redrives) yield { kind: 'redrive', ...each };
      yield { kind: 'progress', read, of };
    }
  } else {
    const marks = action === 'show' ? await Marks.read(options) : null;
    for await (const { letters, read, of } of readLetters(options, filter)) {
      for (const letter of letters) yield marks === null ? listed(letter) : await shownLetter(options, marks, letter);
      yield { kind: 'progress', read, of };
    }
  }
  yield { kind: 'end' };
}

function listed(letter: Letter): LettersLine {
  return { kind: 'letter', ...headOf(letter) };
}

function headOf({ id, value }: Letter) {
  if (value === null) return { id, code: 'letter_unreadable' };
  const { key: _key, value: bytes, headers: _headers, ...head } = value;
  return { id, ...head, bytes: bytes.length };
}

async function shownLetter(options: LettersOptions, marks: Marks, letter: Letter): Promise<LettersLine> {
  const { value } = letter;
  if (value === null) return { kind: 'shown', ...headOf(letter) };
  const root = rootOf(letter, options);
  return {
    kind: 'shown',
    ...headOf(letter),
    key: value.key === null ? null : shown(value.key),
    value: shown(value.value),
    headers: Object.fromEntries(Object.entries(value.headers).map(([name, bytes]) => [name, shown(bytes)])),
    decoded: await readValue(options.registry, value.value),
    /** How often its record was put in again; null where it cannot be. */
    redriven: 'code' in root ? null : marks.times(root),
    unredrivable: 'code' in root ? root.detail : null,
  };
}
