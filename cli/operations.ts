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

/** How declarations of one kind are planned and applied. */
interface Planned<Declared> {
  readonly command: Command;
  /** One of them, in words. */
  readonly one: string;
  /** Of `apply`. */
  readonly keeps: string;
  readonly json: string;
  readonly declaredWith: (paths: readonly string[]) => Promise<Declared>;
  plan(config: Config, declared: Declared, options: { readonly json: boolean }): Promise<Found>;
  apply(config: Config, declared: Declared, options: Flags<'json' | 'destructive'>): Promise<Found>;
}

type Flags<Name extends string> = Readonly<Record<Name, boolean>>;

/** Adds `topics`. */
export function addTopics(program: Command, operations: Operations): void {
  addPlanned(operations, {
    command: program.command('topics').description('declared topics against the log'),
    one: 'topic',
    keeps: 'make what is missing and set what is declared; no topic is ever deleted',
    json: 'as JSON',
    declaredWith: processorsWith,
    plan: async (config, processors, options) =>
      (await import('./topics.ts')).planOf(config, { ...options, processors }),
    apply: async (config, processors, options) =>
      (await import('./topics.ts')).applyTopics(config, { ...options, processors }),
  });
}

/** Adds `tables`. */
export function addTables(program: Command, operations: Operations): void {
  addPlanned(operations, {
    command: program.command('tables').description('declared tables and views against ClickHouse'),
    one: 'table and view',
    keeps: 'make what is missing and change what differs; what nobody declares stays',
    json: 'as JSON, with the statements',
    declaredWith: tablesWith,
    plan: async (config, tables, options) => (await import('./tables.ts')).planOfTables(config, { ...options, tables }),
    apply: async (config, tables, options) => (await import('./tables.ts')).applyTables(config, { ...options, tables }),
  });
}

function addPlanned<Declared>({ config, end }: Operations, planned: Planned<Declared>): void {
  const { command, one, keeps, json: jsonHelp, declaredWith } = planned;
  command
    .command('plan')
    .description('say what differs, and change nothing')
    .option('--processor <file...>', PROCESSOR_HELP)
    .option('--json', jsonHelp)
    .addHelpText('after', `\n${PLAN_HELP.replace('topic', one)}`)
    .action(async ({ json = false, processor = [] }: Told) => {
      print(await planned.plan(await config(), await declaredWith(processor), { json }), end);
    });
  command
    .command('apply')
    .description(keeps)
    .option('--destructive', 'also what loses something, as the plan says of it')
    .option('--processor <file...>', PROCESSOR_HELP)
    .option('--json', jsonHelp)
    .addHelpText('after', `\nExit codes: 0 every ${one} is as declared now, 1 something was refused or failed.`)
    .action(async ({ json = false, destructive = false, processor = [] }: Told) => {
      print(await planned.apply(await config(), await declaredWith(processor), { json, destructive }), end);
    });
}

type Told = Partial<Flags<'json' | 'destructive'>> & { readonly processor?: readonly string[] };

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

/** Adds `policy`. */
export function addPolicy(program: Command, { config }: Pick<Operations, 'config'>): void {
  const policy = program.command('policy').description('what operators decide: for all, or for a tenant');
  const outputWith = (json: boolean) => ({ json, print: (line: string) => void process.stdout.write(`${line}\n`) });
  policy
    .command('list')
    .description('every policy, and what is in force')
    .option('--json', 'a JSON object a line')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { listPolicies } = await import('./policy.ts');
      await listPolicies(await config(), outputWith(json));
    });
  policy
    .command('apply')
    .description('decide what files say, all of it or nothing: every processor meets it at the same place in the log')
    .requiredOption('-f, --file <file...>', 'a policy as JSON, or a list of them')
    .option('--dry-run', 'say what would be done, and write nothing')
    .option('--json', 'a JSON object a line')
    .addHelpText('after', `\n${POLICY_HELP}`)
    .action(async ({ file, dryRun = false, json = false }: { file: string[]; dryRun?: boolean; json?: boolean }) => {
      const { applyPolicies } = await import('./policy.ts');
      await applyPolicies(await config(), file, dryRun, outputWith(json));
    });
  policy
    .command('import-detect')
    .description('print the policy that security profiles of AWS IoT Device Defender Detect say')
    .argument(
      '<file...>',
      'as create-security-profile takes it, or describe-security-profile and describe-dimension give it',
    )
    .option('--tenant <name>', 'for this tenant alone')
    .option('--device <name...>', 'for devices of these names, which may end in an asterisk; else for all')
    .action(async (files: string[], { tenant, device = [] }: { tenant?: string; device?: string[] }) => {
      const { importProfiles } = await import('./security-profiles.ts');
      outputWith(true).print(JSON.stringify(importProfiles(files, { tenant, devices: device }), null, 2));
    });
}

const POLICY_HELP = `A file says {"policy": "<name>", "tenant": "<name>", "value": {…}}, or a list of such; without a
tenant it is for all, and a value of null withdraws it. See the names and values with "policy list".`;

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
