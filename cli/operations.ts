import type { Command } from 'commander';
import type { Config } from '#runtime/config.ts';
import { declaredWith } from './processors.ts';
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
    .option('--processor <file...>', PROCESSOR_HELP)
    .option('--json', 'as JSON')
    .addHelpText('after', `\n${PLAN_HELP}`)
    .action(async ({ json = false, processor = [] }: { json?: boolean; processor?: readonly string[] }) => {
      const { processors } = await declaredWith(processor);
      print(await planOf(config(), { json, processors }), end);
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
      const { processors } = await declaredWith(processor);
      print(await applyTopics(config(), { json, destructive, processors }), end);
    });
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
