import type { Command } from 'commander';
import type { Config } from '#runtime/config.ts';
import type { DlqOutput } from './dlq.ts';
import type { Found } from './schemas.ts';
import { wholeFrom } from './whole.ts';

/** Reads the settings. */
export type ReadConfig = (overrides?: Readonly<Record<string, string | undefined>>) => Promise<Config>;

/** What the commands of an operator need of the program. */
export interface Operations {
  readonly config: ReadConfig;
  readonly end: (exitCode: number) => void;
}

/** Adds `topics`. */
export function addTopics(program: Command, { config, end }: Operations): void {
  const topics = program.command('topics').description('declared topics against the log');
  topics
    .command('plan')
    .description('say what differs, and change nothing')
    .option('--processor <file...>', PROCESSOR_HELP)
    .option('--json', 'as JSON')
    .addHelpText('after', `\n${PLAN_HELP}`)
    .action(async ({ json = false, processor = [] }: { json?: boolean; processor?: readonly string[] }) => {
      const { planOf } = await import('./topics.ts');
      print(await planOf(await config(), { json, processors: await processorsWith(processor) }), end);
    });
  topics
    .command('apply')
    .description('make what is missing and set what is declared; no topic is ever deleted')
    .option('--destructive', 'also what loses something, as the plan says of it')
    .option('--processor <file...>', PROCESSOR_HELP)
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExit codes: 0 every topic is as declared now, 1 something was refused or failed.')
    .action(async (options: { json?: boolean; destructive?: boolean; processor?: readonly string[] }) => {
      const { json = false, destructive = false, processor = [] } = options;
      const { applyTopics } = await import('./topics.ts');
      const processors = await processorsWith(processor);
      print(await applyTopics(await config(), { json, destructive, processors }), end);
    });
}

/** Adds `tables`. */
export function addTables(program: Command, { config, end }: Operations): void {
  const tables = program.command('tables').description('declared tables and views against ClickHouse');
  tables
    .command('plan')
    .description('say what differs, and change nothing')
    .option('--processor <file...>', PROCESSOR_HELP)
    .option('--json', 'as JSON, with the statements')
    .addHelpText('after', `\n${PLAN_HELP.replace('topic', 'table and view')}`)
    .action(async ({ json = false, processor = [] }: { json?: boolean; processor?: readonly string[] }) => {
      const { planOfTables } = await import('./tables.ts');
      print(await planOfTables(await config(), { json, tables: await tablesWith(processor) }), end);
    });
  tables
    .command('apply')
    .description('make what is missing and change what differs; what nobody declares stays')
    .option('--destructive', 'also what loses something, as the plan says of it')
    .option('--processor <file...>', PROCESSOR_HELP)
    .option('--json', 'as JSON, with the statements')
    .addHelpText('after', '\nExit codes: 0 every table and view is as declared now, 1 something was refused or failed.')
    .action(async (options: { json?: boolean; destructive?: boolean; processor?: readonly string[] }) => {
      const { json = false, destructive = false, processor = [] } = options;
      const { applyTables } = await import('./tables.ts');
      print(await applyTables(await config(), { json, destructive, tables: await tablesWith(processor) }), end);
    });
}

/** Every processor that is declared, by the platform and by these files. */
export async function processorsWith(paths: readonly string[]) {
  const { declaredWith } = await import('./processors.ts');
  return (await declaredWith(paths)).processors;
}

/** Every table that is declared, by the platform and by these files. */
async function tablesWith(paths: readonly string[]) {
  const { declaredWith } = await import('./processors.ts');
  return (await declaredWith(paths)).tables;
}

/** Said wherever files of others may be named. */
export const PROCESSOR_HELP = 'also what these files export, of processors of your own';

const PLAN_HELP = `+ is made, ~ is changed, ! is refused: it would lose something (apply --destructive does it), or it
cannot be done.
Exit codes: 0 every topic is as declared, 2 something differs, 1 failed.`;

function print({ text, exitCode }: Found, end: Operations['end']): void {
  process.stdout.write(`${text}\n`);
  end(exitCode);
}

type Filtered = Partial<Record<'code' | 'tenant' | 'device' | 'origin' | 'since' | 'until', string>>;

/** Adds `dlq`. */
export function addDlq(program: Command, { config, end }: Operations): void {
  const dlq = program.command('dlq').description('what could not be accepted, with its original bytes');
  filtered(dlq.command('list').description('the dead letters, and how many there are of each code'))
    .option('--limit <n>', 'most lines; without it 100, and with --json all', wholeFrom(1, Number.MAX_SAFE_INTEGER))
    .option('--json', 'a JSON object a line')
    .action(async ({ json = false, limit, ...said }: Filtered & { json?: boolean; limit?: number }) => {
      const most = limit ?? (json ? Number.MAX_SAFE_INTEGER : LINES_SHOWN);
      const { listLetters } = await import('./dlq.ts');
      end(await listLetters(await config(), { ...said, limit: most }, outputOf(json)));
    });
  dlq
    .command('show <id>')
    .description('everything about one letter: bytes, headers, and what they say where their schema is known')
    .option('--json', 'as a JSON object')
    .action(async (id: string, { json = false }: { json?: boolean }) => {
      const { showLetter } = await import('./dlq.ts');
      end(await showLetter(await config(), id, outputOf(json)));
    });
  filtered(dlq.command('redrive [id...]').description('put records into their topic again, as they were, each once'))
    .option('--all', 'every letter')
    .option('--again', 'also what was put in again before')
    .option('--dry-run', 'say what would be done, and write nothing')
    .option('--json', 'a JSON object a line')
    .addHelpText('after', `\n${REDRIVE_HELP}`)
    .action(async (ids: readonly string[], options: Filtered & Partial<Record<Flag, boolean>>) => {
      const { all = false, again = false, dryRun = false, json = false, ...said } = options;
      const { redriveLetters } = await import('./dlq.ts');
      end(await redriveLetters(await config(), ids, { ...said, all, again, dryRun }, outputOf(json)));
    });
}

type Flag = 'all' | 'again' | 'dryRun' | 'json';

const LINES_SHOWN = 100;

const REDRIVE_HELP = `A record that was put in again is marked in fleet.redriven, in the same transaction, and is
not put in twice. What a door refused never was a record, and is refused here too.
Exit codes: 0 each is in its topic again, or was before, 1 one could not be put in.`;

function filtered(command: Command): Command {
  return command
    .option('--code <code>', 'only with this code')
    .option('--tenant <name>', 'only of this tenant')
    .option('--device <name>', 'only of this device')
    .option('--origin <name>', 'only refused by this connector or processor')
    .option('--since <time>', 'only refused then or later: ISO 8601, ms since 1970, or a span before now (15m, 2h, 3d)')
    .option('--until <time>', 'only refused before then');
}

function outputOf(json: boolean): DlqOutput {
  const { stderr, stdout } = process;
  const progress = (text: string) => void stderr.write(`\r\u001b[K${text}`);
  return {
    json,
    print: (line) => {
      if (stderr.isTTY) stderr.write('\r\u001b[K');
      stdout.write(`${line}\n`);
    },
    progress: stderr.isTTY ? progress : null,
  };
}
