import { DuplicateMember, parseJsonUnique } from '#sdk';
import { CommandError } from './failure.ts';

const EXAMPLE = `write one object, such as '{"a":1}'`;

/** Reads a JSON object from the command line or its input. Throws in one line what is wrong with it, and with what. */
export function readObject(text: string, what: string): Readonly<Record<string, unknown>> {
  const value = readJson(text, what);
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new CommandError('invalid_type', `${what} is no JSON object; ${EXAMPLE}.`);
}

/** Reads JSON. Throws in one line what is wrong with it, and with what. */
export function readJson(text: string, what: string): unknown {
  try {
    return parseJsonUnique(text);
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof DuplicateMember) {
      throw new CommandError('json_duplicate_member', `in ${what}, ${message}; leave one of them.`);
    }
    // The parser quotes the text, which may have many lines.
    throw new CommandError('json_malformed', `${what} is no JSON (${message.replaceAll(/\s+/g, ' ')}); ${EXAMPLE}.`);
  }
}
