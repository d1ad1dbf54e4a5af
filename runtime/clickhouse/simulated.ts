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

/** The same as it lies in its container, without its place. */
export interface RawRow {
  readonly _partition: number;
  readonly _offset: number;
  /** Text of the schema that the container gives. */
  readonly schema: string;
  /** Whether its fields, but for its place, are the bytes of `value` from there to its end. */
  isWritten(value: Buffer, from: number): boolean;
  /** Reads all of it. */
  decoded(): SimulatedRow;
}

const NO_FAULTS: TargetFaults = { insert: () => 'ok' };

/** Tables in memory, which survive the crash of everything around them. They parse containers as any reader of Avro does. */
export class SimulatedTarget implements Target {
  faults: TargetFaults = NO_FAULTS;
  /** True for a row that the table can never hold. */
  refuses: ((table: string, row: SimulatedRow) => boolean) | null = null;
  readonly #window: number;
  readonly #tables = new Map<string, Held>();
  readonly #tokens = new Map<string, string[]>();

  /** `window`: inserts whose tokens each table remembers. */
  constructor(window = 100) {
    this.#window = window;
  }

  async prepare(tables: readonly Table[]): Promise<void> {
    for (const { name } of tables) if (!this.#tables.has(name)) this.#tables.set(name, new Held());
  }

  async insert(batch: Batch): Promise<void> {
    await this.#faulty('insert', () => {
      const fresh = batch.containers.flatMap((container, index) =>
        this.#isKnown(batch, index) ? [] : this.#parsed(batch.table, container),
      );
      this.#heldBy(batch.table).put(fresh);
      batch.containers.forEach((_, index) => this.#remember(batch, index));
    });
  }

  async complete(batch: Batch): Promise<void> {
    await this.#faulty('complete', () => {
      const table = this.#heldBy(batch.table);
      const rows = batch.containers.flatMap((container) => this.#parsed(batch.table, container));
      table.put(rows.filter((row) => !table.has(row)));
      batch.containers.forEach((_, index) => this.#remember(batch, index));
    });
  }

  /** It has no roll-ups. */
  async align(): Promise<readonly Realigned[]> {
    return Promise.resolve([]);
  }

  async watermarks(table: Table): Promise<ReadonlyMap<number, number>> {
    await Promise.resolve();
    return this.#heldBy(table).watermarks();
  }

  async close(): Promise<void> {}

  /** Everything in a table, in the order of insertion. */
  rowsOf(table: Table): SimulatedRow[] {
    return this.#heldBy(table).rows.map((row) => row.decoded());
  }

  /** The same, as it was put in. */
  rawRowsOf(table: Table): readonly RawRow[] {
    return this.#heldBy(table).rows;
  }

  /** Loses rows, as no table should. */
  lose(table: Table, isLost: (row: RawRow, index: number) => boolean): void {
    const left = new Held();
    left.put(this.#heldBy(table).rows.filter((row, index) => !isLost(row, index)));
    this.#tables.set(table.name, left);
  }

  #heldBy({ name }: Table): Held {
    const held = this.#tables.get(name);
    if (held === undefined) throw new Error(`table ${name} does not exist; call prepare first`);
    return held;
  }

  async #faulty(operation: 'insert' | 'complete', work: () => void): Promise<void> {
    await Promise.resolve();
    const fault = this.faults.insert(operation);
    if (fault === 'refuse') throw new Error('the simulated target is away');
    work();
    if (fault === 'unknown') throw new Error('the simulated target inserted, and its answer was lost');
  }

  #parsed(table: Table, container: Container): RawRow[] {
    const { refuses } = this;
    const rows = readable(table, container);
    const bad = refuses === null ? undefined : rows.find((row) => refuses(table.name, row.decoded()));
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

/** The rows of one table, in the order of insertion; a row may be there twice. */
class Held {
  readonly rows: RawRow[] = [];
  /** Their offsets in each partition. */
  readonly #offsets = new Map<number, Set<number>>();

  put(rows: readonly RawRow[]): void {
    for (const row of rows) {
      this.rows.push(row);
      const offsets = this.#offsets.get(row._partition);
      if (offsets === undefined) this.#offsets.set(row._partition, new Set([row._offset]));
      else offsets.add(row._offset);
    }
  }

  has({ _partition, _offset }: RawRow): boolean {
    return this.#offsets.get(_partition)?.has(_offset) ?? false;
  }

  /** The greatest offset of each partition. */
  watermarks(): Map<number, number> {
    return new Map(Array.from(this.#offsets, ([partition, offsets]) => [partition, greatest(offsets)]));
  }
}

function greatest(numbers: Iterable<number>): number {
  let most = -1;
  for (const number of numbers) if (number > most) most = number;
  return most;
}

function readable(table: Table, { bytes }: Container): RawRow[] {
  try {
    return rawRows(bytes);
  } catch (cause) {
    throw new TargetError('row_refused', `${table.name}: ${(cause as Error).message}`, { cause });
  }
}

function place({ _partition, _offset }: Pick<RawRow, '_partition' | '_offset'>): string {
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

/** What a container says before its first block. */
interface Header {
  readonly bytes: Buffer;
  readonly schema: string;
  readonly type: avro.Type;
  /** Reads the place of a record, and goes over the rest. */
  readonly places: avro.Type;
  readonly resolver: avro.Resolver;
  readonly sync: Buffer;
}

/** Newest first; simulated histories write the same few thousands of times. */
const headers: Header[] = [];
const HEADERS_MAX = 100;

function headerOf(bytes: Buffer): Header {
  const at = headers.findIndex(
    ({ bytes: known }) => known.compare(bytes, 0, Math.min(known.length, bytes.length)) === 0,
  );
  const [header] = at < 0 ? [readHeader(bytes)] : headers.splice(at, 1);
  headers.unshift(header as Header);
  if (headers.length > HEADERS_MAX) headers.pop();
  return header as Header;
}

function readHeader(bytes: Buffer): Header {
  const { value, offset } = HEADER.decode(bytes) as Decoded<{
    magic: Buffer;
    meta: Record<string, Buffer>;
    sync: Buffer;
  }>;
  if (value.magic.toString('latin1') !== 'Obj\x01') throw new Error('not an Avro object container file');
  const schema = (value.meta['avro.schema'] as Buffer).toString();
  const record = JSON.parse(schema) as AvroRecord;
  const type = avroType(record);
  const places = avroType({ ...record, fields: record.fields.slice(-2) });
  const resolver = places.createResolver(type);
  return { bytes: Buffer.from(bytes.subarray(0, offset)), schema, type, places, resolver, sync: value.sync };
}

interface Decoded<T> {
  readonly value: T;
  readonly offset: number;
}

/** The records of an uncompressed Avro object container file. Throws on a file that is not one. */
export function parseContainer(bytes: Buffer): SimulatedRow[] {
  return rawRows(bytes).map((row) => row.decoded());
}

function rawRows(bytes: Buffer): RawRow[] {
  const header = headerOf(bytes);
  const rows: RawRow[] = [];
  for (let at = header.bytes.length; at < bytes.length; ) {
    const count = LONG.decode(bytes, at) as Decoded<number>;
    const size = LONG.decode(bytes, count.offset) as Decoded<number>;
    let from = size.offset;
    for (let i = 0; i < count.value; i++) {
      const { value, offset } = header.places.decode(bytes, from, header.resolver) as Decoded<SimulatedRow>;
      if (offset < 0) throw new Error('the bytes end before the record does');
      rows.push(new ParsedRow(header, value, bytes, from, offset));
      from = offset;
    }
    at = from + 16;
    if (from !== size.offset + size.value) throw new Error('a block is longer or shorter than it says');
    if (!bytes.subarray(from, at).equals(header.sync)) throw new Error('a block does not end with the sync marker');
  }
  return rows;
}

class ParsedRow implements RawRow {
  readonly _partition: number;
  readonly _offset: number;
  readonly #header: Header;
  /** Its container, where it begins and where it ends: a view of each row would be one more object. */
  readonly #bytes: Buffer;
  readonly #from: number;
  readonly #to: number;

  constructor(header: Header, { _partition, _offset }: SimulatedRow, bytes: Buffer, from: number, to: number) {
    this._partition = _partition;
    this._offset = _offset;
    this.#header = header;
    this.#bytes = bytes;
    this.#from = from;
    this.#to = to;
  }

  get schema(): string {
    return this.#header.schema;
  }

  isWritten(value: Buffer, from: number): boolean {
    const end = this.#to - longBytes(this._partition) - longBytes(this._offset);
    return this.#bytes.compare(value, from, value.length, this.#from, end) === 0;
  }

  decoded(): SimulatedRow {
    return this.#header.type.fromBuffer(this.#bytes.subarray(this.#from, this.#to)) as SimulatedRow;
  }
}

/** Bytes of a number from 0 on as an Avro long: seven bits of twice its value each. */
function longBytes(value: number): number {
  let bytes = 1;
  for (let rest = value * 2; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
