import { cookbook, PARAMETERS, type Parameter, parametersIn, type Question } from '#schemas';
import { CommandError } from './failure.ts';

const HOUR_MS = 3_600_000;

/** Every question by what it is about, a line each, and what may be set. */
export function listOfQuestions(): string {
  const all = Object.values(cookbook).flat();
  const width = Math.max(...all.map(({ name }) => name.length));
  const groups = Object.entries(cookbook).map(([about, questions]) => {
    return [`${about}:`, ...questions.map(({ name, asks }) => `  ${name.padEnd(width)}  ${asks}`)].join('\n');
  });
  const settings = Object.entries(PARAMETERS).map(([name, { doc, usual }]) => {
    return `  ${name.padEnd(width)}  ${doc} (${usualText(usual)})`;
  });
  return [...groups, ['to be set by --set name=value:', ...settings].join('\n')].join('\n\n');
}

/** What is taken where nothing is said, in words. */
export function usualText(usual: Parameter['usual']): string {
  if (usual === null) return 'must be said';
  if (typeof usual === 'string') return usual === '' ? 'empty' : usual;
  const { hoursAgo } = usual;
  if (hoursAgo === 0) return 'now';
  return hoursAgo === 1 ? 'an hour ago' : `${hoursAgo} hours ago`;
}

/** A question by its name. Throws `question_unknown`. */
export function questionOf(name: string): Question {
  const found = Object.values(cookbook)
    .flat()
    .find((question) => question.name === name);
  if (found !== undefined) return found;
  throw new CommandError('question_unknown', `no question is called "${name}"; fleetstream sql --list shows them all.`);
}

/** A query as it was typed, or that of a question with its parameters. Throws `usage` where it is neither or both. */
export function askedFor(query: string | undefined, question: string | undefined, said: readonly string[]) {
  if ((query === undefined) === (question === undefined))
    throw new CommandError('usage', 'say a query, or --ask with the name of a question that --list shows.');
  const found = question === undefined ? { name: 'the query', sql: query as string } : questionOf(question);
  return { sql: found.sql, parameters: valuesFor(found, said, Date.now()) };
}

/** What a question is told: what is said by `name=value`, else what is usual. Throws `parameter_unknown` and `parameter_missing`. */
export function valuesFor(
  { name, sql }: Pick<Question, 'name' | 'sql'>,
  said: readonly string[],
  now: number,
): Record<string, string> {
  const wanted = parametersIn(sql);
  const given = new Map(
    said.map((each) => {
      const [parameter = '', ...rest] = each.split('=');
      if (rest.length === 0 || !wanted.includes(parameter)) {
        const known = wanted.length === 0 ? 'takes none' : `takes ${wanted.join(', ')}, as name=value`;
        throw new CommandError('parameter_unknown', `${name} has no parameter "${parameter}"; it ${known}.`);
      }
      return [parameter, rest.join('=')];
    }),
  );
  return Object.fromEntries(
    wanted.map((parameter) => [parameter, given.get(parameter) ?? usualOf(name, parameter, now)]),
  );
}

function usualOf(question: string, parameter: string, now: number): string {
  const usual = PARAMETERS[parameter]?.usual ?? null;
  if (usual === null) {
    throw new CommandError('parameter_missing', `${question} wants to know ${parameter}; say --set ${parameter}=….`);
  }
  return typeof usual === 'string' ? usual : timeText(now - usual.hoursAgo * HOUR_MS);
}

/** A time as ClickHouse reads it. */
function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
}
