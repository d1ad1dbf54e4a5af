import type { Command } from 'commander';
import type { Config } from '#runtime/config.ts';
import type { Found } from './schemas.ts';
import { applyTopics, planOf } from './topics.ts';

/** What the commands of an operator need of the program. */
export interface Operations {
  readonly config: () => Config;
  readonly end: (exitCode: number) => void;
}

/** Adds `topics`. */
export function addTopics(program: Command, { config, end }: Operations): void {
  const topics = program.command('topics').description('declared topics against the log');
  topics
    .command('plan')
    .description('say what differs, and change nothing')
    .option('--json', 'as JSON')
    .addHelpText('after', `\n${PLAN_HELP}`)
    .action(async ({ json = false }: { json?: boolean }) => print(await planOf(config(), { json }), end));
  topics
    .command('apply')
    .description('make what is missing and set what is declared; no topic is ever deleted')
    .option('--destructive', 'also what loses something, as the plan says of it')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExit codes: 0 every topic is as declared now, 1 something was refused or failed.')
    .action(async ({ json = false, destructive = false }: { json?: boolean; destructive?: boolean }) =>
      print(await applyTopics(config(), { json, destructive }), end),
    );
}

const PLAN_HELP = `+ is made, ~ is changed, ! is refused: it would lose something (apply --destructive does it), or it
cannot be done.
Exit codes: 0 every topic is as declared, 2 something differs, 1 failed.`;

function print({ text, exitCode }: Found, end: Operations['end']): void {
  process.stdout.write(`${text}\n`);
  end(exitCode);
}
