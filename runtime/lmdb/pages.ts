import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** One entry of a named database, as the check of the pages meets it. */
export type EntrySeen = (database: string, key: Buffer, valueBytes: number) => void;

/** The pages of an LMDB file do not fit together: reading it could crash the process or give wrong entries. */
export class PagesDamaged extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = 'PagesDamaged';
  }
}

/**
 * Walks every tree of an LMDB file (data version 2, 64 bits, little-endian) and throws `PagesDamaged` unless each
 * page is where it should be, is used once, and holds its keys in order. LMDB trusts its pages blindly, so this
 * runs before the file is mapped. Values are not read: whoever stores them gives them a checksum. Gives the names of
 * the databases.
 */
export function checkPages(path: string, onEntry: EntrySeen = () => {}): readonly string[] {
  const fd = openSync(path, 'r');
  try {
    return new Walk(fd, onEntry).run();
  } finally {
    closeSync(fd);
  }
}

const HEADER_BYTES = 24;
const META_BYTES = HEADER_BYTES + 144;
const DATABASE_BYTES = 48;
const OVERFLOW_REFERENCE_BYTES = 24;
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const BRANCH = 0x01;
const LEAF = 0x02;
const OVERFLOW = 0x04;
const META = 0x08;
const BIG_DATA = 0x01;
const SUB_DATABASE = 0x02;
/** Integer keys, and a file rather than a folder. */
const FREE_FLAGS = 0x4008;
const DEPTH_MAX = 16;
/** 16 TiB: a larger map is a damaged number. */
const MAP_BYTES_MAX = 2 ** 44;

interface Tree {
  readonly name: string;
  readonly flags: number;
  readonly depth: number;
  readonly counts: Counts;
  readonly root: number | null;
}

interface Counts {
  readonly branch: number;
  readonly leaf: number;
  readonly overflow: number;
  readonly entries: number;
}

interface Bounds {
  readonly from: Buffer | null;
  readonly to: Buffer | null;
}

class Walk {
  readonly #fd: number;
  readonly #onEntry: EntrySeen;
  #pageBytes = 0;
  #last = 0;
  #transaction = 0;
  #youngest = 0;
  #used = new Uint8Array(0);
  #counts = { branch: 0, leaf: 0, overflow: 0, entries: 0 };

  constructor(fd: number, onEntry: EntrySeen) {
    this.#fd = fd;
    this.#onEntry = onEntry;
  }

  run(): readonly string[] {
    const first = this.#read(0, META_BYTES, 'the first page');
    this.#pageBytes = first.readUInt32LE(48);
    demand(this.#pageBytes >= 4096 && this.#pageBytes <= 65_536, 'the page size is impossible');
    const meta = newest([first, this.#read(this.#pageBytes, META_BYTES, 'the second page')]);
    this.#last = u64(meta, 144);
    this.#transaction = u64(meta, 152);
    // Free pages at the end need not be in the file.
    demand(this.#last < MAP_BYTES_MAX / this.#pageBytes, 'the last page is impossible');
    const pages = Math.ceil(fstatSync(this.#fd).size / this.#pageBytes);
    this.#used = new Uint8Array(Math.max(pages, 2));
    const [free, main] = [treeAt(meta, 48, 'free pages'), treeAt(meta, 96, 'databases')];
    this.#tree(free, { nodeFlags: 0, readsValues: true, entry: (key, value) => this.#freeEntry(key, value) });
    const trees: Tree[] = [];
    const entry = (key: Buffer, value: Buffer | null) =>
      void trees.push(treeAt(value as Buffer, 0, key.toString('latin1').replace('\0', '')));
    this.#tree(main, { nodeFlags: SUB_DATABASE, readsValues: false, entry });
    for (const tree of trees) {
      demand(tree.flags === 0, `the flags of ${tree.name} are unknown`);
      const seen: Visit['entry'] = (key, _, bytes) => this.#onEntry(tree.name, key, bytes);
      this.#tree(tree, { nodeFlags: 0, readsValues: false, entry: seen });
    }
    // Each transaction writes a root anew: without one, an older meta page passes for the newest.
    demand(this.#youngest === this.#transaction, 'the pages of the last transaction are missing');
    return trees.map(({ name }) => name);
  }

  #tree(tree: Tree, visit: Visit): void {
    this.#counts = { branch: 0, leaf: 0, overflow: 0, entries: 0 };
    demand(tree.depth <= DEPTH_MAX && (tree.root === null) === (tree.depth === 0), `${tree.name} has no such depth`);
    if (tree.root !== null) this.#page(tree, tree.root, tree.depth, { from: null, to: null }, visit);
    const [counted, said] = [JSON.stringify(this.#counts), JSON.stringify(tree.counts)];
    demand(counted === said, `${tree.name} has ${counted}, and should have ${said}`);
  }

  #page(tree: Tree, number: number, level: number, bounds: Bounds, visit: Visit): void {
    const page = this.#use(number, 1, `${tree.name} page ${number}`);
    const [kind, where] = [level === 1 ? LEAF : BRANCH, `page ${number} of ${tree.name}`];
    const [lower, upper] = [page.readUInt16LE(20), page.readUInt16LE(22)];
    demand(u64(page, 0) === number && u64(page, 8) <= this.#transaction, `${where} is another page`);
    demand(page.readUInt16LE(16) === 0 && page.readUInt16LE(18) === kind, `${where} is of another kind`);
    demand(lower % 2 === 0 && lower <= upper && upper + HEADER_BYTES <= page.length, `${where} has no such bounds`);
    const count = lower / 2;
    demand(count >= (level === 1 ? 1 : 2), `${where} is empty`);
    const nodes = Array.from({ length: count }, (_, index) => nodeAt(page, index, upper, where));
    demand(tiles(nodes, upper, page.length, level === 1), `${where} has entries that overlap`);
    const compare = tree.flags === FREE_FLAGS ? compareNumbers : (a: Buffer, b: Buffer) => Buffer.compare(a, b);
    // The first key of a branch page is never looked at.
    for (let i = level === 1 ? 0 : 1; i < count; i++) {
      const { key } = nodes[i] as Node;
      const before = i > (level === 1 ? 0 : 1) ? (nodes[i - 1] as Node).key : null;
      const inOrder = before === null || compare(before, key) < 0;
      const within =
        (bounds.from === null || compare(bounds.from, key) <= 0) && (bounds.to === null || compare(key, bounds.to) < 0);
      demand(inOrder && within && key.length > 0, `${where} has its keys out of order`);
      demand(tree.flags !== FREE_FLAGS || key.length === 8, `${where} has a key of another size`);
    }
    this.#counts[level === 1 ? 'leaf' : 'branch'] += 1;
    this.#youngest = Math.max(this.#youngest, u64(page, 8));
    nodes.forEach((node, i) => {
      if (level === 1) return this.#leaf(page, node, where, visit);
      const from = i === 0 ? bounds.from : node.key;
      return this.#page(tree, node.child, level - 1, { from, to: nodes[i + 1]?.key ?? bounds.to }, visit);
    });
  }

  #leaf(page: Buffer, { key, at, bytes, flags }: Node, where: string, visit: Visit): void {
    this.#counts.entries += 1;
    const big = (flags & BIG_DATA) !== 0;
    demand((flags & ~BIG_DATA) === visit.nodeFlags, `${where} has an entry of another kind`);
    const end = at + (big ? OVERFLOW_REFERENCE_BYTES : bytes);
    demand(end <= page.length, `${where} has an entry beyond its end`);
    if (visit.nodeFlags === SUB_DATABASE) demand(bytes === DATABASE_BYTES && !big, `${where} has a damaged database`);
    if (!big) return visit.entry(key, page.subarray(at, end), bytes);
    const [first, pages] = [u64(page, at), u64(page, at + 16)];
    // A smaller value may have been written over a larger one.
    demand(pages > Math.floor((HEADER_BYTES - 1 + bytes) / this.#pageBytes), `${where} has a value beyond its pages`);
    const value = this.#use(first, pages, where, visit.readsValues ? HEADER_BYTES + bytes : HEADER_BYTES);
    const fits = u64(value, 0) === first && value.readUInt16LE(18) === OVERFLOW && value.readUInt32LE(20) === pages;
    demand(fits, `${where} has a value on page ${first}, which is another page`);
    this.#counts.overflow += pages;
    return visit.entry(key, visit.readsValues ? value.subarray(HEADER_BYTES) : null, bytes);
  }

  /** A list of free pages: a count, then page numbers, a run of n pages being -n and its first page. */
  #freeEntry(key: Buffer, value: Buffer | null): void {
    demand(u64(key, 0) <= this.#transaction && value !== null && value.length >= 8, 'a list of free pages is damaged');
    const count = u64(value as Buffer, 0);
    demand((count + 1) * 8 <= (value as Buffer).length, 'a list of free pages is too short');
    let run = 1;
    for (let i = 1; i <= count; i++) {
      const entry = Number((value as Buffer).readBigInt64LE(i * 8));
      if (entry === 0) continue;
      demand(entry > 0 || run === 1, 'a list of free pages has a run without pages');
      if (entry < 0) run = -entry;
      else {
        this.#mark(entry, run, 'a list of free pages');
        run = 1;
      }
    }
    demand(run === 1, 'a list of free pages ends within a run');
  }

  #use(first: number, pages: number, where: string, bytes = this.#pageBytes): Buffer {
    this.#mark(first, pages, where);
    demand(
      (first + pages) * this.#pageBytes <= this.#used.length * this.#pageBytes,
      `${where} lies beyond the end of the file`,
    );
    return this.#read(first * this.#pageBytes, bytes, where);
  }

  #mark(first: number, pages: number, where: string): void {
    demand(first >= 2 && pages >= 1 && first + pages - 1 <= this.#last, `${where} names a page that does not exist`);
    // Pages behind the end of the file are free, and cost no memory here.
    const end = Math.min(first + pages, this.#used.length);
    for (let page = first; page < end; page++) {
      demand(this.#used[page] === 0, `${where} names page ${page}, which is already in use`);
      this.#used[page] = 1;
    }
  }

  #read(position: number, bytes: number, where: string): Buffer {
    const buffer = Buffer.allocUnsafe(bytes);
    const got = readSync(this.#fd, buffer, 0, bytes, position);
    demand(got === bytes, `${where} lies beyond the end of the file`);
    return buffer;
  }
}

interface Visit {
  /** The value is null when it stands on pages of its own that are not read. */
  entry(key: Buffer, value: Buffer | null, bytes: number): void;
  readonly nodeFlags: number;
  readonly readsValues: boolean;
}

interface Node {
  readonly start: number;
  readonly key: Buffer;
  /** Where the value, or the reference to it, begins in the page. */
  readonly at: number;
  readonly bytes: number;
  readonly flags: number;
  readonly child: number;
}

/** The meta page of the last transaction. Transaction n stands on page n mod 2, beside the one before it. */
function newest(metas: readonly Buffer[]): Buffer {
  for (const [index, meta] of metas.entries()) {
    const known = meta.readUInt32LE(24) === MAGIC && meta.readUInt32LE(28) === DATA_VERSION && u64(meta, 32) === 0;
    demand(known && u64(meta, 0) === index && meta.readUInt16LE(18) === META, `meta page ${index} is damaged`);
    demand(u64(meta, 40) <= MAP_BYTES_MAX, `meta page ${index} has an impossible map size`);
    demand(meta.readUInt32LE(48) === metas[0]?.readUInt32LE(48), `meta page ${index} has another page size`);
    demand(
      meta.readUInt16LE(52) === FREE_FLAGS && meta.readUInt16LE(100) === 0,
      `meta page ${index} has unknown flags`,
    );
    demand(u64(meta, 152) % 2 === index, `meta page ${index} has another transaction`);
  }
  const [even, odd] = metas.map((meta) => u64(meta, 152)) as [number, number];
  demand(Math.abs(even - odd) === 1, 'the meta pages are not of consecutive transactions');
  return metas[even > odd ? 0 : 1] as Buffer;
}

function treeAt(buffer: Buffer, at: number, name: string): Tree {
  const root = buffer.readBigUInt64LE(at + 40);
  return {
    name,
    flags: buffer.readUInt16LE(at + 4),
    depth: buffer.readUInt16LE(at + 6),
    counts: {
      branch: u64(buffer, at + 8),
      leaf: u64(buffer, at + 16),
      overflow: u64(buffer, at + 24),
      entries: u64(buffer, at + 32),
    },
    root: root === 0xffff_ffff_ffff_ffffn ? null : Number(root),
  };
}

function nodeAt(page: Buffer, index: number, upper: number, where: string): Node {
  const offset = page.readUInt16LE(HEADER_BYTES + index * 2);
  const start = offset + HEADER_BYTES;
  demand(offset >= upper && start + 8 <= page.length, `${where} has an entry outside its bounds`);
  const [low, flags, keyBytes] = [page.readUInt32LE(start), page.readUInt16LE(start + 4), page.readUInt16LE(start + 6)];
  const at = start + 8 + keyBytes;
  demand(at <= page.length, `${where} has a key beyond its end`);
  return { start, key: page.subarray(start + 8, at), at, bytes: low, flags, child: low + flags * 2 ** 32 };
}

/** LMDB keeps entries without gaps from the upper bound to the end of the page, and moves memory by their sizes. */
function tiles(nodes: readonly Node[], upper: number, end: number, isLeaf: boolean): boolean {
  let next = upper + HEADER_BYTES;
  for (const { start, at, bytes, flags } of [...nodes].sort((a, b) => a.start - b.start)) {
    if (start !== next) return false;
    const value = (flags & BIG_DATA) === 0 ? bytes : OVERFLOW_REFERENCE_BYTES;
    next = at + (isLeaf ? value : 0);
    // Entries begin at even places.
    next += next % 2;
  }
  return next === end;
}

/** Damage makes large numbers; beyond 2^53 they only need to stay large. */
function u64(buffer: Buffer, at: number): number {
  return buffer.readUInt32LE(at) + buffer.readUInt32LE(at + 4) * 2 ** 32;
}

function compareNumbers(a: Buffer, b: Buffer): number {
  return u64(a, 0) - u64(b, 0);
}

function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new PagesDamaged(otherwise);
}
