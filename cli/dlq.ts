import type { Config } from '#runtime/config.ts';
import { answerLetters, LETTERS_ADDRESS, type LettersLine, type LettersRequest } from '#runtime/letters/requests.ts';
import { type Asked, ask } from './ask.ts';
import { CommandError, EXIT_FAILED } from './failure.ts';
import { fit, moment } from './layout.ts';

const LETTERS: Asked<LettersRequest> = { path: LETTERS_ADDRESS.path, answer: answerLetters };

/** Which letters, as a person writes it. */
export interface DlqFilter {
  readonly code?: string;
  readonly tenant?: string;
  readonly device?: string;
  readonly origin?: string;
  readonly since?: string;
  readonly until?: string;
}

/** How an answer is shown. */
export interface DlqOutput {
  readonly json: boolean;
  readonly print: (line: string) => void;
  /** A line that the next one replaces; null where nobody watches. */
  readonly progress: ((text: string) => void) | null;
}

/** Lists letters, a line for each, and how many there are of each code. Gives the exit code. */
export async function listLetters(
  config: Config,
  { limit, ...said }: DlqFilter & { readonly limit: number },
  output: DlqOutput,
): Promise<number> {
  const counts = new Map<string, number>();
  let found = 0;
  for await (const line of asked(config, request('list', said), output)) {
    const code = text(line['code']);
    counts.set(code, (counts.get(code) ?? 0) + 1);
    found += 1;
    if (found > limit) continue;
    if (!output.json && found === 1) output.print(row(['id', 'time', 'code', 'origin', 'device', 'detail']));
    output.print(output.json ? json(line) : row(cellsOf(line)));
  }
  if (found === 0) await checkOrigin(said);
  if (output.json) return 0;
  if (found > limit) output.print(`  and ${found - limit} more; see them with --limit ${found}, or by a filter`);
  output.print(found === 0 ? '  no dead letters' : `\n  ${summary(counts)}`);
  return 0;
}

/** Everything about one letter. */
export async function showLetter(config: Config, id: string, output: DlqOutput): Promise<number> {
  let found = false;
  for await (const line of asked(config, request('show', {}, [id]), output)) {
    found = true;
    if (output.json) output.print(json(line));
    else for (const each of shown(line)) output.print(each);
  }
  if (found) return 0;
  throw new CommandError('letter_unknown', `there is no dead letter ${id}; see their ids with dlq list`);
}

/** What `dlq redrive` is told beside the letters. */
export interface RedriveSaid extends DlqFilter {
  readonly all: boolean;
  readonly again: boolean;
  readonly dryRun: boolean;
}

/** Puts the records of letters into their topic again. Fails where one could not be. */
export async function redriveLetters(
  config: Config,
  ids: readonly string[],
  { all, again, dryRun, ...said }: RedriveSaid,
  output: DlqOutput,
): Promise<number> {
  if (ids.length === 0 && !all && Object.values(said).every((each) => each === undefined)) {
    throw new CommandError('letters_unnamed', 'name the letters by id or by a filter, or say --all');
  }
  const counts = new Map<string, number>();
  const asking = { ...request('redrive', said, ids.length === 0 ? undefined : ids), again, dryRun };
  for await (const line of withUnknown(asked(config, asking, output), ids)) {
    const what = text(line['state']).replaceAll('_', ' ');
    counts.set(what, (counts.get(what) ?? 0) + 1);
    const why = line['code'] === null ? '' : `: ${text(line['code'])}: ${text(line['detail'])}`;
    const words = `  ${text(line['id']).padEnd(12)}  ${what} ${text(line['root'])}`.trimEnd() + why;
    output.print(output.json ? json(line) : words);
  }
  if (counts.size === 0) await checkOrigin(said);
  if (!output.json) output.print(`\n  ${counts.size === 0 ? 'nothing was to do' : summary(counts)}`);
  return counts.has('refused') ? EXIT_FAILED : 0;
}

/** Where no letter is of an origin, its name may be wrong. */
async function checkOrigin({ origin }: DlqFilter): Promise<void> {
  if (origin === undefined) return;
  const { originsOf } = await import('./origins.ts');
  const origins = originsOf();
  if (origins.includes(origin)) return;
  const named = origins.filter((name) => !name.startsWith('sink/')).join(', ');
  const all = `${named}, sink/<table> and processors of your own that refused something`;
  throw new CommandError('origin_unknown', `there is no origin ${origin}; there are ${all}`);
}

/** The answers, and behind them a refusal for each letter that was named and is not there. */
async function* withUnknown(lines: AsyncIterable<LettersLine>, ids: readonly string[]): AsyncGenerator<LettersLine> {
  const missing = new Set(ids);
  for await (const line of lines) {
    missing.delete(text(line['id']));
    yield line;
  }
  const refusal = { kind: 'redrive', state: 'refused', root: null };
  for (const id of missing) yield { ...refusal, id, code: 'letter_unknown', detail: 'there is none that matches' };
}

async function* asked(config: Config, asking: LettersRequest, { progress }: DlqOutput): AsyncGenerator<LettersLine> {
  try {
    for await (const line of ask(config, LETTERS, asking)) {
      if (line.kind === 'progress') progress?.(`${text(line['read'])} of ${text(line['of'])} letters read …`);
      else if (line.kind !== 'end') yield line;
    }
  } finally {
    progress?.('');
  }
}

function request(
  action: LettersRequest['action'],
  { since, until, ...said }: DlqFilter,
  ids?: readonly string[],
): LettersRequest {
  for (const id of ids ?? []) {
    if (/^\d{1,6}-\d{1,15}$/.test(id)) continue;
    throw new CommandError('id_malformed', `"${id}" is no id of a letter; write partition-offset, such as 3-1042`);
  }
  const filter = {
    ...said,
    ...(ids === undefined ? {} : { ids: [...ids] }),
    ...(since === undefined ? {} : { since: timeOf(since) }),
    ...(until === undefined ? {} : { until: timeOf(until) }),
  };
  return { action, filter, again: false, dryRun: false };
}

const SPANS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time as ISO 8601, as ms since 1970, or as a span before now. */
function timeOf(said: string): number {
  const [, count, span] = /^(\d{1,9})([smhd])$/.exec(said) ?? [];
  const time =
    span === undefined
      ? /^\d+$/.test(said)
        ? Number(said)
        : Date.parse(said)
      : Date.now() - Number(count) * (SPANS[span] as number);
  if (Number.isSafeInteger(time) && time >= 0) return time;
  throw new CommandError(
    'time_malformed',
    `"${said}" is no time; write 2026-01-31T12:00:00Z, ms since 1970, or a span before now such as 15m, 2h or 3d`,
  );
}

/** A value that is text or a number, as text; anything else as none. */
function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function json({ kind: _kind, ...line }: LettersLine): string {
  return JSON.stringify(line);
}

function summary(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');
}

const WIDTHS = [10, 20, 18, 10, 24, 0];

function row(cells: readonly string[]): string {
  return `  ${cells.map((cell, i) => cell.padEnd(WIDTHS[i] as number)).join('  ')}`.trimEnd();
}

const DETAIL_LENGTH_MAX = 80;

function cellsOf({ id, time, code, origin, tenant, device, detail }: LettersLine): string[] {
  const when = typeof time === 'number' ? moment(time).replace(/\.\d+Z$/, 'Z') : '';
  const who = typeof tenant === 'string' && typeof device === 'string' ? `${tenant}/${device}` : '';
  return [text(id), when, text(code), text(origin), who, fit(text(detail), DETAIL_LENGTH_MAX)];
}

/** Fields below each other; bytes as hex, and as text where they are. */
function shown({ kind: _kind, ...line }: LettersLine): string[] {
  const width = Math.max(...Object.keys(line).map((name) => name.length));
  return Object.entries(line).flatMap(([name, value]) => {
    const said = name === 'time' && typeof value === 'number' ? `${value} (${moment(value)})` : inWords(value);
    return said.split('\n').map((part, i) => `  ${(i === 0 ? name : '').padEnd(width)}  ${part}`.trimEnd());
  });
}

function inWords(value: unknown): string {
  if (value === null) return '-';
  if (typeof value !== 'object') return text(value);
  const { hex, text: words } = value as { readonly hex?: string; readonly text?: string | null };
  if (hex !== undefined)
    return words === null || words === undefined || hex === '' ? `${hex} (hex)` : `${words}\n${hex} (hex)`;
  const entries = Object.entries(value);
  if (entries.every(([, each]) => each !== null && typeof each === 'object' && 'hex' in each)) {
    return entries.length === 0
      ? '-'
      : entries.map(([name, each]) => `${name}: ${inWords(each).replace('\n', '  ')}`).join('\n');
  }
  return JSON.stringify(value, null, 2);
}
