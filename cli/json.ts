import { DuplicateMember, parseJsonUnique } from '#sdk';
import { CommandError } from './failure.ts';

/** Reads a JSON object from the command line or its input. Throws in one line what is wrong with it, and with what. */
export function readObject(text: string, what: string): Readonly<Record<string, unknown>> {
  const example = `write one object, such as '{"a":1}'`;
  let value: unknown;
  try {
    value = parseJsonUnique(text);
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof DuplicateMember) {
      throw new CommandError('json_duplicate_member', `in ${what}, ${message}; leave one of them.`);
    }
    // The parser quotes the text, which may have many lines.
    throw new CommandError('json_malformed', `${what} is no JSON (${message.replaceAll(/\s+/g, ' ')}); ${example}.`);
  }
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new CommandError('invalid_type', `${what} is no JSON object; ${example}.`);
}
