import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AnyProcessor, AnyPolicy, Table } from '#sdk';
import { tables } from '#schemas';
import { known, processors } from '#processors';
import type { Config } from '#runtime/config.ts';
import { CommandError } from './failure.ts';

/** Stands for every processor of the platform. */
const ALL = 'all';

/** The processors of those names, or of those files; where none is named, those that run by themselves. */
export async function processorsOf(names: readonly string[]): Promise<readonly AnyProcessor[]> {
  if (names.length === 0) return processors;
  const found = new Map<string, AnyProcessor>();
  for (const name of names) {
    for (const processor of isPath(name) ? await processorsIn(name) : processorsNamed(name)) {
      if (found.has(processor.name)) {
        throw new CommandError('processor_twice', `${processor.name} is named twice; name each processor once`);
      }
      found.set(processor.name, processor);
    }
  }
  return [...found.values()];
}

/** Every processor of the platform's log, wherever it runs: those that the settings name, and these. */
export async function allBeside(
  { processors: names }: Pick<Config, 'processors'>,
  own: readonly AnyProcessor[] = [],
): Promise<readonly AnyProcessor[]> {
  const named = await processorsOf(names === null ? [] : names.split(',').map((name) => name.trim()));
  return [...new Set([...named, ...own])];
}

/** Every policy that a processor of the platform asks for. */
export function policiesOf(all: readonly AnyProcessor[] = known): readonly AnyPolicy[] {
  const policies = all.flatMap((each) => Object.values((each.policies ?? {}) as Record<string, AnyPolicy>));
  return [...new Map(policies.map((policy) => [policy.name, policy])).values()];
}

/** What is declared: by the platform, and by files of others. */
export interface Declared {
  readonly processors: readonly AnyProcessor[];
  readonly tables: readonly Table[];
}

/** Everything of the platform, and what these files export. */
export async function declaredWith(paths: readonly string[]): Promise<Declared> {
  const all = { processors: [...known], tables: Object.values(tables) as Table[] };
  for (const path of paths) {
    const exported = Object.values(await load(path));
    all.processors.push(...exported.filter(isProcessor));
    all.tables.push(...exported.filter(isTable));
  }
  return all;
}

function processorsNamed(name: string): readonly AnyProcessor[] {
  if (name === ALL) return known;
  const found = known.find((processor) => processor.name === name);
  if (found !== undefined) return [found];
  const names = known.map((processor) => processor.name).join(', ');
  throw new CommandError(
    'processor_unknown',
    `there is no processor ${name}; there are ${names}, all of them as ${ALL}, or name a file: ./${name}.ts`,
  );
}

function isPath(name: string): boolean {
  return /[/\\]|\.[cm]?[jt]s$/.test(name);
}

/** Every processor that a module exports. */
async function processorsIn(path: string): Promise<AnyProcessor[]> {
  const found = Object.values(await load(path)).filter(isProcessor);
  if (found.length > 0) return found;
  throw new CommandError('processor_unknown', `${path} exports no processor; export what processor({…}) gives`);
}

async function load(path: string): Promise<Readonly<Record<string, unknown>>> {
  if (!existsSync(path))
    throw new CommandError('processor_unknown', `there is no file ${path}; name one that exports a processor`);
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  } catch (cause) {
    throw new CommandError('processor_broken', `${path} cannot be loaded: ${(cause as Error).message}`, { cause });
  }
}

function isProcessor(value: unknown): value is AnyProcessor {
  const { name, version, inputs, apply, state } = (value ?? {}) as Partial<Record<string, unknown>>;
  return (
    typeof name === 'string' &&
    typeof version === 'number' &&
    [inputs, apply, state].every((part) => typeof part === 'object' && part !== null)
  );
}

function isTable(value: unknown): value is Table {
  const { name, from, orderBy, engine } = (value ?? {}) as Partial<Record<string, unknown>>;
  return typeof name === 'string' && Array.isArray(orderBy) && [from, engine].every((part) => typeof part === 'object');
}
