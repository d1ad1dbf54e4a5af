import type { AvroRecord } from '#sdk';
import { avroType } from '../avro.ts';
import { type Answer, away, openClient, type RegistryAddress, type RegistryClient } from './client.ts';
import { type JudgingRegistry, RegistryError, type Standing } from './registry.ts';
import { assertFits, standingOf, subjectOf, textOf, type Version } from './standing.ts';

/** What the registry of others stands on. */
export interface ConfluentOptions extends RegistryAddress {
  /** Milliseconds, never going back. */
  readonly now?: (() => number) | undefined;
}

/**
 * A registry that speaks Confluent's HTTP API. Subjects are full record names, and a new one is set to FULL_TRANSITIVE
 * before its first version. Opens no connection yet: the registry may be away, and then each question says so.
 */
export async function openConfluentRegistry(options: ConfluentOptions): Promise<JudgingRegistry> {
  return new ConfluentRegistry(await openClient(options), options.now ?? (() => performance.now()));
}

/** Schemas remembered; with more, the one asked for first is asked for again. */
const RECORDS_MAX = 10_000;
/** Ids remembered that the registry did not have. */
const ABSENT_MAX = 1_000;
/** So long such an id is not asked again. Short, since it may be given a moment later. */
const ABSENT_MS = 1_000;
/** Versions read of one subject. */
const VERSIONS_MAX = 1_000;
/** The frame has four bytes, and registries count in signed ones. */
const ID_MAX = 2 ** 31 - 1;

const NO_SUBJECT = 40_401;
const NO_VERSION = 40_402;
const NO_SCHEMA = 40_403;

class ConfluentRegistry implements JudgingRegistry {
  readonly #client: RegistryClient;
  readonly #now: () => number;
  readonly #records = new Map<number, AvroRecord>();
  /** Until when an id counts as absent. */
  readonly #absent = new Map<number, number>();
  readonly #ids = new Map<string, number>();
  readonly #asking = new Map<number, Promise<AvroRecord | null>>();
  readonly #registering = new Map<string, Promise<number>>();

  constructor(client: RegistryClient, now: () => number) {
    this.#client = client;
    this.#now = now;
  }

  async register(record: AvroRecord): Promise<number> {
    const text = textOf(record);
    return this.#ids.get(text) ?? once(this.#registering, text, () => this.#register(text, record));
  }

  async schemaOf(id: number): Promise<AvroRecord | null> {
    if (id < 1 || id > ID_MAX) return null;
    const known = this.#records.get(id);
    if (known !== undefined) return known;
    if ((this.#absent.get(id) ?? 0) > this.#now()) return null;
    return once(this.#asking, id, () => this.#ask(id));
  }

  async judge(record: AvroRecord): Promise<Standing> {
    const versions = await this.#versions(subjectOf(record));
    const standing = standingOf(record, versions);
    if (standing.state !== 'new_version') return standing;
    for (const { version } of versions) {
      const answer = await this.#client.compatible(subjectOf(record), version, JSON.stringify(record));
      const fits = answer.status === 200 ? answer.body?.['is_compatible'] : undefined;
      if (typeof fits !== 'boolean') throw this.#refusal(answer);
      if (!fits) return { state: 'incompatible', version, problems: [REFUSED_BY_REGISTRY] };
    }
    return standing;
  }

  async #register(text: string, record: AvroRecord): Promise<number> {
    const id = (await this.#lookUp(text, record)) ?? (await this.#add(record));
    this.#ids.set(text, id);
    this.#absent.delete(id);
    return id;
  }

  /** The id of a version that differs at most in what changes no byte. Asks once where the registry knows it as such. */
  async #lookUp(text: string, record: AvroRecord): Promise<number | null> {
    const answer = await this.#client.lookUp(subjectOf(record), JSON.stringify(record));
    if (answer.status === 200) {
      const found = versionIn(answer);
      if (found === null) throw this.#refusal(answer);
      // Registries differ in what they hold to be the same.
      if (textOf(found.record) === text) return this.#remember(found.id, found.record);
    } else if (!isNone(answer, NO_SUBJECT, NO_SCHEMA)) throw this.#refusal(answer);
    return null;
  }

  async #add(record: AvroRecord): Promise<number> {
    const subject = subjectOf(record);
    const versions = await this.#versions(subject);
    const standing = standingOf(record, versions);
    if (standing.state === 'same') {
      const same = versions.find(({ id }) => id === standing.id) as Version;
      return this.#remember(same.id, same.record);
    }
    assertFits(record, standing);
    if (standing.state === 'new_subject') {
      let set = await this.#client.setCompatibility(subject, 'FULL_TRANSITIVE');
      // Another worker set it between the registry's look and its write.
      if (set.status === 409) set = await this.#client.setCompatibility(subject, 'FULL_TRANSITIVE');
      if (set.status !== 200) throw this.#refusal(set);
    }
    const answer = await this.#client.register(subject, JSON.stringify(record));
    const id = answer.status === 200 ? answer.body?.['id'] : undefined;
    if (isId(id)) return this.#remember(id, structuredClone(record));
    if (answer.status !== 409) throw this.#refusal(answer);
    const detail = `${subject} is refused by the registry: ${answer.message}; add a field with a default instead`;
    throw new RegistryError('schema_incompatible', detail);
  }

  /** Every version of a subject, oldest first. One that holds no Avro record is left to the registry's own rule. */
  async #versions(subject: string): Promise<readonly Version[]> {
    const latest = await this.#client.version(subject, 'latest');
    if (isNone(latest, NO_SUBJECT, NO_VERSION)) return [];
    const last = latest.status === 200 ? latest.body?.['version'] : undefined;
    if (!isId(last)) throw this.#refusal(latest);
    if (last > VERSIONS_MAX) {
      const detail = `${subject} has ${last} versions, expected at most ${VERSIONS_MAX}; use a registry of its own`;
      throw new RegistryError('registry_refused', detail);
    }
    const versions: Version[] = [];
    for (let version = 1; version <= last; version++) {
      const answer = version === last ? latest : await this.#client.version(subject, version);
      if (answer.status !== 200 && !isNone(answer, NO_VERSION)) throw this.#refusal(answer);
      const found = versionIn(answer);
      if (found !== null) versions.push(found);
    }
    return versions;
  }

  async #ask(id: number): Promise<AvroRecord | null> {
    const answer = await this.#client.schema(id);
    const text = answer.status === 200 ? answer.body?.['schema'] : undefined;
    if (typeof text === 'string') {
      const record = recordIn(answer);
      if (record === null) this.#forget(id);
      else this.#remember(id, record);
      return record;
    }
    if (!isNone(answer, NO_SCHEMA)) throw this.#refusal(answer);
    await this.#assertSame();
    this.#forget(id);
    return null;
  }

  /** A registry that lost what this process registered knows nothing of other ids either, and events must not pay for it. */
  async #assertSame(): Promise<void> {
    const [witness] = this.#ids;
    if (witness === undefined) return;
    const [text, id] = witness;
    const answer = await this.#client.schema(id);
    const record = answer.status === 200 ? recordIn(answer) : null;
    if (record !== null && textOf(record) === text) return;
    if (answer.status !== 200 && !isNone(answer, NO_SCHEMA)) throw this.#refusal(answer);
    throw away(this.#client.shown, `lost schema ${id}, which it had`, 'restore it from a backup');
  }

  #remember(id: number, record: AvroRecord): number {
    this.#absent.delete(id);
    this.#records.set(id, record);
    dropOldest(this.#records, RECORDS_MAX);
    return id;
  }

  #forget(id: number): void {
    this.#absent.delete(id);
    this.#absent.set(id, this.#now() + ABSENT_MS);
    dropOldest(this.#absent, ABSENT_MAX);
  }

  /** What an answer means that is no result: only a registry's own words against a request end the waiting. */
  #refusal(answer: Answer): RegistryError {
    const { shown } = this.#client;
    const { status, errorCode, message } = answer;
    if (status === 401 || status === 403) {
      const detail = `the registry at ${shown} answers ${status} (${message}); set registry.url with user and password, or registry.token`;
      return new RegistryError('registry_denied', detail);
    }
    const final = status >= 400 && status < 500 && !PASSING.has(status) && errorCode !== null;
    if (!final) return away(shown, `answers ${status} (${message})`);
    const detail = `the registry at ${shown} answers ${status} (${message}); mend the schema, or the registry's rules`;
    return new RegistryError('registry_refused', detail);
  }
}

/** A path that is not there, a conflict with what another does at the same time, and what asks to come again. */
const PASSING = new Set([404, 408, 409, 425, 429]);

const REFUSED_BY_REGISTRY = {
  path: '',
  problem: "is refused by the registry's own rule",
  remedy: 'compare it with that version, and add a field with a default instead',
};

/** One work for all who ask for the same at the same time. */
function once<K, V>(running: Map<K, Promise<V>>, key: K, work: () => Promise<V>): Promise<V> {
  const known = running.get(key);
  if (known !== undefined) return known;
  const promise = work().finally(() => running.delete(key));
  running.set(key, promise);
  return promise;
}

function dropOldest<K>(map: Map<K, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}

/** Only the registry's own code says that something is not there: a proxy and a wrong address answer 404 too. */
function isNone({ status, errorCode }: Answer, ...codes: readonly number[]): boolean {
  return status === 404 && errorCode !== null && codes.includes(errorCode);
}

function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}

function versionIn(answer: Answer): Version | null {
  const { id, version } = answer.body ?? {};
  const record = recordIn(answer);
  return record !== null && isId(id) && isId(version) ? { id, version, record } : null;
}

/** The Avro record of an answer; null for any other schema, and for one that cannot be used. */
function recordIn({ body }: Answer): AvroRecord | null {
  const { schema, schemaType = 'AVRO' } = body ?? {};
  if (typeof schema !== 'string' || schemaType !== 'AVRO') return null;
  try {
    const parsed = JSON.parse(schema) as Partial<AvroRecord> | null;
    if (parsed?.type !== 'record' || typeof parsed.name !== 'string') return null;
    const record = { ...parsed, ...fullName(parsed.name, parsed.namespace) } as AvroRecord;
    // A schema of others may be one that no reader compiles, and must not stop whoever meets its id.
    avroType(record);
    textOf(record);
    return record;
  } catch {
    return null;
  }
}

/** A dotted name holds its namespace. */
function fullName(name: string, namespace: string | undefined): { readonly name: string; readonly namespace: string } {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? { name, namespace: namespace ?? '' } : { name: name.slice(dot + 1), namespace: name.slice(0, dot) };
}
