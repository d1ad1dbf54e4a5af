import { Command } from 'commander';
import { describe, EXIT_USAGE } from './failure.ts';
import {
  addDlq,
  addPolicy,
  addTables,
  addTopics,
  PROCESSOR_HELP,
  processorsWith,
  type ReadConfig,
} from './operations.ts';
import type { RunOptions } from './run.ts';
import type { Found } from './schemas.ts';
import { wholeFrom } from './whole.ts';

const DEMO_SEED = 42;
const DEMO_DEVICES = 1_000;
const DEMO_DEVICES_MAX = 20_000;
const THREADS_MAX = 1_024;

/** Runs the command line. Gives the exit code. What a command needs is loaded when it runs. */
export async function run(args: readonly string[], version: string): Promise<number> {
  // Whoever read the output has had enough, as `head` has.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  let exitCode = 0;
  const program = new Command('fleetstream')
    .description('Event-sourced stream processing for IoT fleets.')
    .version(version)
    .option('-c, --config <file>', 'settings as JSON; by default fleetstream.json where there is one')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${usageLine(text)}\n`) })
    .addHelpText('after', `\nExit codes: ${EXIT_CODES}.`);
  const config: ReadConfig = async (overrides = {}) => {
    const { loadConfig } = await import('#runtime/config.ts');
    return loadConfig({ env: process.env, file: program.opts<{ config?: string }>().config, overrides });
  };
  const end = (code: number) => {
    exitCode = code;
  };
  addUp(program, config, end);
  addServices(program, config, end);
  addClients(program, config);
  addSchemas(program, config, end);
  addTopics(program, { config, end });
  addTables(program, { config, end });
  addDlq(program, { config, end });
  addPolicy(program, { config });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has said already what was wrong with the words.
    const { code, exitCode: usual } = error as { code?: string; exitCode?: number };
    if (code?.startsWith('commander.') === true) return usual === 0 ? 0 : EXIT_USAGE;
    const failure = describe(error);
    process.stderr.write(`${failure.text}\n`);
    return failure.exitCode;
  }
}

const EXIT_CODES =
  '0 done, 1 refused or failed, 2 wrong words or settings (of a plan: something differs), 3 recorded with an outcome not known yet, 130 ended by a second Ctrl-C';

/** What Commander says of wrong words, in one line as every other error is. */
function usageLine(text: string): string {
  const said = text
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
  return `usage: ${said.replace(/\.$/, '')}; see npx fleetstream --help, or --help after a command.`;
}

function addUp(program: Command, config: ReadConfig, end: (exitCode: number) => void): void {
  program
    .command('up')
    .description('run the whole pipeline in this process')
    .option('--demo', 'with a demo fleet')
    .option('--no-demo', 'wait for your devices')
    .option('--seed <n>', 'what the demo fleet follows from', wholeFrom(0, 2 ** 32 - 1), DEMO_SEED)
    .option('--devices <n>', 'size of the demo fleet', wholeFrom(1, DEMO_DEVICES_MAX), DEMO_DEVICES)
    .option('--data <folder>', 'where everything is kept (default: ./.fleetstream)')
    .option('--log <format>', 'text, json, or auto: text on a terminal, json elsewhere')
    .action(async (options: { demo?: boolean; seed: number; devices: number; data?: string; log?: string }) => {
      const { demo = false, seed, devices } = options;
      const settings = await config({ data: options.data, 'log.format': options.log });
      const { up } = await import('./up.ts');
      end(await up({ config: settings, demo: demo ? { seed, devices } : null }));
    });
}

/** Parts of the pipeline as processes of their own, on Kafka. */
function addServices(program: Command, config: ReadConfig, end: (exitCode: number) => void): void {
  program
    .command('connect')
    .description('open the doors of devices onto Kafka')
    .action(async () => {
      const { connect } = await import('./connect.ts');
      end(await connect(await config()));
    });
  program
    .command('run [processor...]')
    .description('run processors on Kafka, by name or by file; all where none is named')
    .option('--app <name>', 'the app, which is the consumer group: its copies share the partitions', 'fleetstream')
    .option(
      '--threads <n>',
      'workers in this process, each a copy of its own (default: one a core, at most one a partition)',
      wholeFrom(1, THREADS_MAX),
    )
    .option('--archive', 'read events that Kafka no longer has from the archive in ClickHouse', false)
    .action(async (processors: readonly string[], options: Omit<RunOptions, 'config' | 'processors'>) => {
      const { run: runProcessors } = await import('./run.ts');
      end(await runProcessors({ ...options, config: await config(), processors }));
    });
  program
    .command('sink')
    .description('fill the tables of a ClickHouse server from Kafka; of several copies one does, the others stand by')
    .option('--processor <file...>', PROCESSOR_HELP)
    .action(async ({ processor = [] }: { processor?: readonly string[] }) => {
      const { sink } = await import('./sink.ts');
      end(await sink(await config(), processor));
    });
  program
    .command('webhook')
    .description('tell a receiver of alerts from Kafka, by POST; of several copies one does, the others stand by')
    .action(async () => {
      const { webhook } = await import('./webhook.ts');
      end(await webhook(await config()));
    });
}

interface Addressed {
  readonly tenant?: string;
  readonly device?: string;
  readonly operator: boolean;
}

function addClients(program: Command, config: ReadConfig): void {
  const print = (text: string) => void process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  // A table without rows is nothing at all, which looks as if nothing had been asked.
  const printRows = (text: string, format: string) =>
    text === '' && format.startsWith('Pretty') ? void process.stderr.write('no rows\n') : print(text);
  program
    .command('send [type] [json]')
    .description('send an event to a running pipeline, or NDJSON from standard input')
    .option('--tenant <name>', 'whose device it is')
    .option('--device <name>', 'which device sends, or is spoken of')
    .option('--operator', 'as an operator: verdict, maintenance, alert/acknowledged', false)
    .addHelpText('after', examples(SEND_EXAMPLES))
    .action(async (type: string | undefined, json: string | undefined, said: Addressed) => {
      const { send } = await import('./send.ts');
      const streams = { input: process.stdin, errors: process.stderr };
      const { tenant, device, operator } = said;
      print(await send(await config(), { type, json, tenant, device, operator }, streams));
    });
  program
    .command('sql [query]')
    .description('query the tables of a running pipeline, or ask one of the questions of the cookbook')
    .option('--list', 'list the questions')
    .option('--ask <question>', 'ask one of them')
    .option('--set <name=value>', 'tell the question something; may be said again', also, [])
    .option(
      '--format <name>',
      'any output format of ClickHouse: JSONEachRow, CSVWithNames, …',
      'PrettyCompactNoEscapesMonoBlock',
    )
    .addHelpText('after', examples(SQL_EXAMPLES))
    .action(async (query: string | undefined, said: { list?: true; ask?: string; set: string[]; format: string }) => {
      const { sql } = await import('./sql.ts');
      const isPlain = query !== undefined && said.list !== true && said.ask === undefined && said.set.length === 0;
      if (isPlain) return printRows(await sql(await config(), query, said.format), said.format);
      const { askedFor, listOfQuestions } = await import('./questions.ts');
      if (said.list === true) return print(listOfQuestions());
      const { sql: asked, parameters } = askedFor(query, said.ask, said.set);
      printRows(await sql(await config(), asked, said.format, parameters), said.format);
    });
  program
    .command('twin')
    .description('desired state of devices')
    .command('set <tenant/device> <patch>')
    .description('ask for a state, as a merge patch')
    .option('--expected-version <n>', 'only if the twin has this version', wholeFrom(0, Number.MAX_SAFE_INTEGER))
    .addHelpText('after', examples([`twin set acme/d1 '{"interval":30}'`, `twin set acme/d1 '{"interval":null}'`]))
    .action(async (key: string, patch: string, { expectedVersion }: { expectedVersion?: number }) => {
      const { setTwin } = await import('./twin.ts');
      print(await setTwin(await config(), { key, patch, expectedVersion }));
    });
  program
    .command('inspect <tenant/device>')
    .description('the twin of a device, with the origin of each value, and what it refused')
    .option('--json', 'as JSON')
    .addHelpText('after', examples(['inspect acme/d1']))
    .action(async (key: string, { json = false }: { json?: boolean }) => {
      const { inspect } = await import('./inspect.ts');
      print(await inspect(await config(), key, json));
    });
}

interface SchemasOptions {
  readonly json?: boolean;
  readonly processor?: readonly string[];
}

function addSchemas(program: Command, config: ReadConfig, end: (exitCode: number) => void): void {
  const print = ({ text, exitCode }: Found) => {
    process.stdout.write(`${text}\n`);
    end(exitCode);
  };
  const schemas = program.command('schemas').description('record schemas against the registry, before a deploy');
  schemas
    .command('check')
    .description('say how each record stands to the registry, and fail when one does not fit')
    .option('--processor <file...>', PROCESSOR_HELP)
    .option('--json', 'as JSON')
    .action(async ({ json = false, processor = [] }: SchemasOptions) => {
      const { checkSchemas } = await import('./schemas.ts');
      print(await checkSchemas(await config(), json, await recordsWith(processor)));
    });
  schemas
    .command('generate [folder]')
    .description('write the TypeScript types of a processor of your own, from its avro/*.avsc')
    .option('--check', 'write nothing, and fail where something would be written')
    .action(async (folder = '.', { check = false }: { check?: boolean }) => {
      const { generateTypes } = await import('./schemas.ts');
      print(generateTypes(folder, check));
    });
  schemas
    .command('register')
    .description('register every record, or none when one does not fit')
    .option('--processor <file...>', PROCESSOR_HELP)
    .option('--json', 'as JSON')
    .action(async ({ json = false, processor = [] }: SchemasOptions) => {
      const { registerSchemas } = await import('./schemas.ts');
      print(await registerSchemas(await config(), json, await recordsWith(processor)));
    });
}

/** Every record that is written or read, with those of processors in these files. */
async function recordsWith(paths: readonly string[]) {
  const { allRecords } = await import('./registry.ts');
  return allRecords(await processorsWith(paths));
}

const SQL_EXAMPLES = [
  'sql "SELECT tenant, device, version FROM twins LIMIT 10"',
  'sql "SHOW TABLES"',
  'sql --list',
  'sql --ask worst-gateways --set tenant=acme --set limit=5',
];
const SEND_EXAMPLES = [
  `send telemetry '{"metrics":{"temperatureC":21.5}}' --tenant acme --device d1`,
  `send twin/reported '{"patch":{"interval":60}}' --tenant acme --device d1`,
  'send telemetry --tenant acme < events.ndjson',
  `send maintenance '{"startsAt":1796083200000,"endsAt":1796086800000}' --tenant acme --device d1 --operator`,
];

function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  npx fleetstream ${line}`).join('\n')}`;
}

function also(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
