import avro from 'avsc';
import type { AvroRecord, Table } from '#sdk';
import { avroType } from '../avro.ts';
import type { Realigned } from './alignment.ts';
import { type Batch, type Container, type Target, TargetError } from './target.ts';

/** What may go wrong with an insert; a seeded source of chance stands behind it. */
export interface TargetFaults {
  /** `refuse`: nothing is inserted. `unknown`: it is inserted, and the caller is told that it failed. */
  insert(operation: 'insert' | 'complete'): 'ok' | 'refuse' | 'unknown';
}

/** A row as the sink put it in. */
export interface SimulatedRow {
  readonly _partition: number;
  readonly _offset: number;
  readonly [field: string]: unknown;
}

const NO_FAULTS: TargetFaults = { insert: () => 'ok' };

/** Tables in memory, which survive the crash of everything around them. They parse containers as any reader of Avro does. */
export class SimulatedTarget implements Target {
  faults: TargetFaults = NO_FAULTS;
  /** True for a row that the table can never hold. */
  refuses: (table: string, row: SimulatedRow) => boolean = () => false;
  readonly #window: number;
  readonly #rows = new Map<string, SimulatedRow[]>();
  readonly #tokens = new Map<string, string[]>();

  /** `window`: inserts whose tokens each table remembers. */
  constructor(window = 100) {
    this.#window = window;
  }

  async prepare(tables: readonly Table[]): Promise<void> {
    for (const { name } of tables) if (!this.#rows.has(name)) this.#rows.set(name, []);
  }

  async insert(batch: Batch): Promise<void> {
    await this.#faulty('insert', () => {
      const fresh = batch.containers.flatMap((container, index) => {
        const rows = this.#parsed(batch.table, container);
        return this.#isKnown(batch, index) ? [] : rows;
      });
      this.rowsOf(batch.table).push(...fresh);
      batch.containers.forEach((_, index) => this.#remember(batch, index));
    });
  }

  async complete(batch: Batch): Promise<void> {
    await this.#faulty('complete', () => {
      const held = new Set(this.rowsOf(batch.table).map(place));
      const rows = batch.containers.flatMap((container) => this.#parsed(batch.table, container));
      this.rowsOf(batch.table).push(...rows.filter((row) => !held.has(place(row))));
      batch.containers.forEach((_, index) => this.#remember(batch, index));
    });
  }

  /** It has no roll-ups. */
  async align(): Promise<readonly Realigned[]> {
    return Promise.resolve([]);
  }

  async watermarks(table: Table): Promise<ReadonlyMap<number, number>> {
    await Promise.resolve();
    const highest = new Map<number, number>();
    for (const { _partition, _offset } of this.rowsOf(table)) {
      highest.set(_partition, Math.max(highest.get(_partition) ?? -1, _offset));
    }
    return highest;
  }

  async close(): Promise<void> {}

  /** Everything in a table, in the order of insertion; a test may take rows away. */
  rowsOf(table: Table): SimulatedRow[] {
    const rows = this.#rows.get(table.name);
    if (rows === undefined) throw new Error(`table ${table.name} does not exist; call prepare first`);
    return rows;
  }

  async #faulty(operation: 'insert' | 'complete', work: () => void): Promise<void> {
    await Promise.resolve();
    const fault = this.faults.insert(operation);
    if (fault === 'refuse') throw new Error('the simulated target is away');
    work();
    if (fault === 'unknown') throw new Error('the simulated target inserted, and its answer was lost');
  }

  #parsed(table: Table, container: Container): SimulatedRow[] {
    const rows = readable(table, container);
    const bad = rows.find((row) => this.refuses(table.name, row));
    if (bad !== undefined) throw new TargetError('row_refused', `${table.name} cannot hold row ${place(bad)}`);
    return rows;
  }

  #isKnown({ table, token }: Batch, index: number): boolean {
    return this.#tokens.get(table.name)?.includes(`${token}#${index}`) ?? false;
  }

  #remember({ table, token }: Batch, index: number): void {
    const tokens = this.#tokens.get(table.name) ?? [];
    this.#tokens.set(table.name, tokens);
    tokens.push(`${token}#${index}`);
    if (tokens.length > this.#window) tokens.shift();
  }
}

function readable(table: Table, { bytes }: Container): SimulatedRow[] {
  try {
    return parseContainer(bytes);
  } catch (cause) {
    throw new TargetError('row_refused', `${table.name}: ${(cause as Error).message}`, { cause });
  }
}

function place({ _partition, _offset }: SimulatedRow): string {
  return `${_partition}/${_offset}`;
}

const HEADER = avro.Type.forSchema({
  type: 'record',
  name: 'Header',
  fields: [
    { name: 'magic', type: { type: 'fixed', name: 'Magic', size: 4 } },
    { name: 'meta', type: { type: 'map', values: 'bytes' } },
    { name: 'sync', type: { type: 'fixed', name: 'Sync', size: 16 } },
  ],
});
const LONG = avro.Type.forSchema('long');

const types = new Map<string, avro.Type>();

/** Compiled once for each schema text: simulated histories write the same few thousands of times. */
function typeOf(schema: string): avro.Type {
  const known = types.get(schema);
  if (known !== undefined) return known;
  if (types.size >= TYPES_MAX) types.clear();
  const type = avroType(JSON.parse(schema) as AvroRecord);
  types.set(schema, type);
  return type;
}

const TYPES_MAX = 100;

interface Decoded<T> {
  readonly value: T;
  readonly offset: number;
}

/** The records of an uncompressed Avro object container file. Throws on a file that is not one. */
export function parseContainer(bytes: Buffer): SimulatedRow[] {
  const { value, offset } = HEADER.decode(bytes) as Decoded<{
    magic: Buffer;
    meta: Record<string, Buffer>;
    sync: Buffer;
  }>;
  if (value.magic.toString('latin1') !== 'Obj\x01') throw new Error('not an Avro object container file');
  const type = typeOf((value.meta['avro.schema'] as Buffer).toString());
  const rows: SimulatedRow[] = [];
  for (let at = offset; at < bytes.length; ) {
    const count = LONG.decode(bytes, at) as Decoded<number>;
    const size = LONG.decode(bytes, count.offset) as Decoded<number>;
    let from = size.offset;
    for (let i = 0; i < count.value; i++) {
      const row = type.decode(bytes, from) as Decoded<SimulatedRow>;
      rows.push(row.value);
      from = row.offset;
    }
    at = from + 16;
    if (from !== size.offset + size.value) throw new Error('a block is longer or shorter than it says');
    if (!bytes.subarray(from, at).equals(value.sync)) throw new Error('a block does not end with the sync marker');
  }
  return rows;
}
