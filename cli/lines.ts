import { StringDecoder } from 'node:string_decoder';

/** A line of an input; its text is null where it was longer than was asked for. */
export interface InputLine {
  /** From 1. */
  readonly number: number;
  readonly text: string | null;
}

/** The lines of a stream, each of bounded length, however long the stream; blank ones are left out. */
export async function* linesOf(
  input: AsyncIterable<Buffer | string>,
  charactersMax: number,
): AsyncGenerator<InputLine> {
  const decoder = new StringDecoder('utf8');
  let number = 0;
  let rest = '';
  let isTooLong = false;
  for await (const chunk of input) {
    const parts = (typeof chunk === 'string' ? chunk : decoder.write(chunk)).split('\n');
    for (const [index, part] of parts.entries()) {
      const isEnded = index < parts.length - 1;
      isTooLong ||= rest.length + part.length > charactersMax;
      rest = isTooLong ? '' : rest + part;
      if (!isEnded) break;
      number += 1;
      if (isTooLong || rest.trim() !== '') yield { number, text: isTooLong ? null : rest };
      rest = '';
      isTooLong = false;
    }
  }
  if (isTooLong || rest.trim() !== '') yield { number: number + 1, text: isTooLong ? null : rest };
}
