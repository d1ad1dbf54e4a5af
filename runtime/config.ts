import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { Settings } from './settings.ts';

/** The file that is read when none is named. */
const CONFIG_FILE = 'fleetstream.json';

/** The settings of one run. */
export type Config = z.infer<typeof Settings>;

/** A setting as the documentation shows it. */
export interface Setting {
  /** As in the file: `mqtt.port`. */
  readonly key: string;
  /** As in the environment: `FLEETSTREAM_MQTT_PORT`. */
  readonly variable: string;
  readonly expected: string;
  /** Null where there is none. */
  readonly standard: string | number | null;
  readonly doc: string;
  readonly secret: boolean;
}

/** A setting that cannot be used, in one line: the key, what was expected, what to do. */
export class ConfigError extends Error {
  readonly code: 'config_invalid' | 'config_unknown' | 'config_unreadable';

  constructor(code: ConfigError['code'], message: string) {
    super(`${code}: ${message}`);
    this.name = 'ConfigError';
    this.code = code;
  }
}

/** Where settings come from; the environment goes before the file, `overrides` before both. */
export interface ConfigSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A file that must exist; without it `fleetstream.json` is read if there is one. */
  readonly file?: string | undefined;
  /** By key: `{ 'log.format': 'json' }`. */
  readonly overrides?: Readonly<Record<string, string | undefined>>;
}

/** Reads the settings. Throws `ConfigError` at the first that is wrong. */
export function loadConfig(sources: ConfigSources): Config {
  const input = readInput(sources.file);
  const known = settings();
  for (const [variable, value] of Object.entries(sources.env)) {
    if (!variable.startsWith(PREFIX) || value === undefined) continue;
    const setting = known.find((candidate) => candidate.variable === variable);
    if (setting === undefined)
      throw unknown(
        variable,
        'environment variable',
        known.map((each) => each.variable),
      );
    place(input, setting.key, value, variable);
  }
  for (const [key, value] of Object.entries(sources.overrides ?? {})) {
    if (value !== undefined) place(input, key, value, key);
  }
  const parsed = Settings.safeParse(input);
  if (parsed.success) return parsed.data;
  throw refusal(parsed.error.issues[0] as z.core.$ZodIssue, input, known);
}

/** Every setting, in the order of the schema. */
export function settings(): readonly Setting[] {
  return leaves(Settings, []).map(({ path, type }) => {
    const { doc = '', expected = '', secret = false } = metaOf(type);
    const standard = (type as z.ZodDefault).def.defaultValue as string | number | null;
    return { key: path.join('.'), variable: variableOf(path), expected, standard, doc, secret };
  });
}

/** What must not stand in any log: the values of secret settings, and the passwords in their URLs. */
export function secretsOf(config: Config): string[] {
  const values = settings()
    .filter(({ secret }) => secret)
    .map(({ key }) => key.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], config))
    .filter((value) => typeof value === 'string');
  return values.flatMap(forms).filter((value) => value !== '');
}

/** Of a URL only the password, since the rest is what a line about it must name; a token may look like a URL too. */
function forms(value: string): string[] {
  if (!value.includes('://') || !URL.canParse(value)) return [value];
  const { password } = new URL(value);
  return [password, decodeURIComponent(password)];
}

const PREFIX = 'FLEETSTREAM_';
const SUGGESTION_EDITS_MAX = 3;

interface Meta {
  readonly doc?: string;
  readonly expected?: string;
  readonly secret?: boolean;
}

function variableOf(path: readonly string[]): string {
  return PREFIX + path.join('_').toUpperCase();
}

function leaves(type: z.ZodType, path: readonly string[]): { path: readonly string[]; type: z.ZodType }[] {
  const inner = type instanceof z.ZodPrefault ? (type.unwrap() as z.ZodType) : type;
  if (!(inner instanceof z.ZodObject)) return [{ path, type }];
  return Object.entries(inner.shape as Record<string, z.ZodType>).flatMap(([name, child]) =>
    leaves(child, [...path, name]),
  );
}

/** Each wrapper of a type may say something of it; the outer word counts. */
function metaOf(type: z.ZodType): Meta {
  const inner = type instanceof z.ZodDefault || type instanceof z.ZodNullable ? metaOf(type.unwrap() as z.ZodType) : {};
  return { ...inner, ...(type.meta() as Meta | undefined) };
}

function readInput(file: string | undefined): Record<string, unknown> {
  if (file === undefined && !existsSync(CONFIG_FILE)) return {};
  const path = file ?? CONFIG_FILE;
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError('config_unreadable', `${path}: ${(error as Error).message}; write one JSON object into it.`);
  }
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new ConfigError(
      'config_unreadable',
      `${path} holds no JSON object; write one, such as {"http": {"port": 8080}}.`,
    );
  }
  return parsed as Record<string, unknown>;
}

/** Puts a text where the schema wants it; digits become a number where one is wanted. */
function place(input: Record<string, unknown>, key: string, value: string, name: string): void {
  const path = key.split('.');
  const last = path.pop() as string;
  let at = input;
  for (const part of path) {
    const child = at[part] ?? {};
    if (typeof child !== 'object')
      throw new ConfigError('config_invalid', `${part} must be an object to hold ${name}.`);
    at = at[part] = { ...child } as Record<string, unknown>;
  }
  const numeric = leaves(Settings, []).some(({ path: each, type }) => each.join('.') === key && wantsNumber(type));
  at[last] = numeric && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
}

function wantsNumber(type: z.ZodType): boolean {
  if (type instanceof z.ZodDefault || type instanceof z.ZodNullable) return wantsNumber(type.unwrap() as z.ZodType);
  return type instanceof z.ZodNumber;
}

function refusal(issue: z.core.$ZodIssue, input: unknown, known: readonly Setting[]): ConfigError {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const key = [...path, issue.keys[0] as string].join('.');
    return unknown(
      key,
      'key',
      known.map((each) => each.key),
    );
  }
  const key = path.join('.');
  const setting = known.find((each) => each.key === key);
  if (setting === undefined)
    return new ConfigError('config_invalid', `${key} must be an object; see the README's table.`);
  const value = path.reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], input);
  const shown = setting.secret ? 'holds a value that cannot be used' : `is ${JSON.stringify(value)}`;
  const usual = setting.standard === null ? 'leave it out' : `leave it out for ${setting.standard}`;
  const message = `${key} (${setting.variable}) ${shown}; expected ${setting.expected}; correct it or ${usual}.`;
  return new ConfigError('config_invalid', message);
}

function unknown(name: string, what: string, names: readonly string[]): ConfigError {
  const [nearest] = names.map((each) => ({ each, edits: distance(name, each) })).sort((a, b) => a.edits - b.edits);
  const near = nearest !== undefined && nearest.edits <= SUGGESTION_EDITS_MAX;
  const next = near ? `did you mean ${nearest.each}?` : `known are ${names.join(', ')}.`;
  return new ConfigError('config_unknown', `there is no ${what} ${name}; ${next}`);
}

/** Levenshtein's: how many letters differ. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + cost));
    }
    row = next;
  }
  return row[b.length] as number;
}
