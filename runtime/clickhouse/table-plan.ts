import type { Column } from './columns.ts';
import {
  alter,
  commentColumns,
  create,
  definition,
  distributedEngine,
  drop,
  engineName,
  settingsOf,
  truncate,
} from './ddl.ts';
import type { Live, LiveColumn, LiveObject } from './live.ts';
import type { DatabaseObject, Distributed, Feed, ReadView, StoredTable } from './objects.ts';
import type { Place } from './place.ts';
import { plain, plainCodec, settingIn, withoutDictionary } from './spelling.ts';
import { identifier, literal } from './sql.ts';

/** A difference between what is declared and what the database has. */
export interface TableChange {
  readonly object: string;
  /** `table`, `view` or `feed` for a missing one, a part of it, or `column x`. */
  readonly what: string;
  /** Null where the database has none. */
  readonly from: string | null;
  readonly to: string;
  /** What it does, or what would be lost, in a sentence without its full stop. */
  readonly meaning: string;
  /** `loss` is done only when asked for. */
  readonly risk: 'none' | 'loss';
  readonly statements: readonly string[];
}

/** What differs, in an order in which it can be done. Objects that nobody declares stay as they are. */
export function planTables(objects: readonly DatabaseObject[], live: Live, place: Place): readonly TableChange[] {
  const changes = objects.flatMap((object) => {
    const found = live.get(object.name);
    if (found === undefined) return [created(object, place)];
    if (object.kind === 'table') return tableChanges(object, found, place);
    if (object.kind === 'distributed') return distributedChanges(object, found, place);
    return object.kind === 'feed' ? feedChanges(object, found, live, place) : viewChanges(object, found, place);
  });
  const anew = new Set(changes.flatMap(({ object, what }) => (what === ANEW ? [object] : [])));
  // What is made anew as a whole needs no other change.
  return changes.filter(({ object, what }) => what === ANEW || !anew.has(object));
}

const ANEW = 'whole';

function created(object: DatabaseObject, place: Place): TableChange {
  const { kind, name } = object;
  const change = { object: name, from: null, to: describe(object, place), meaning: MADE[kind], risk: 'none' as const };
  return { ...change, what: kind === 'distributed' ? 'table' : kind, statements: create(object, place) };
}

function describe(object: DatabaseObject, place: Place): string {
  switch (object.kind) {
    case 'table':
      return engineName(object, place);
    case 'distributed':
      return `over the shards' ${object.over}`;
    case 'feed':
      return `${object.from} → ${object.to}`;
    default:
      return 'view';
  }
}

const MADE: Readonly<Record<DatabaseObject['kind'], string>> = {
  table: 'is made, empty; the sink fills it from the log',
  distributed: 'is made',
  feed: 'is made: what the table gains is added up from now on, and what it has once the sink starts again',
  view: 'is made',
};

/** It has no rows of its own, so it is made anew whatever differs. */
function distributedChanges(table: Distributed, live: LiveObject, place: Place): TableChange[] {
  const { name, over, columns } = table;
  const to = [plain(distributedEngine(table, place)), ...columns.map(inFull)];
  const from = [
    plain(live.engineFull),
    ...[...live.columns.values()].map((column) => inFull({ ...column, default: column.default || null })),
  ];
  const wanted = to.find((line, index) => line !== from[index]);
  const had = from.find((line, index) => line !== to[index]);
  if (wanted === undefined && had === undefined) return [];
  const meaning = `is made anew; its rows stand in ${over}`;
  const statements = [drop('TABLE', name, place), ...create(table, place)];
  const seen = { from: had ?? null, to: wanted ?? 'none', meaning };
  if (live.engine === 'Distributed') return [{ object: name, what: 'definition', risk: 'none', ...seen, statements }];
  const lost = `${amount(live)} would go, and are read again from the log once the sink starts again`;
  return [{ object: name, what: ANEW, risk: 'loss', ...seen, meaning: lost, statements }];
}

function inFull({
  name,
  type,
  default: value,
  comment,
}: Pick<Column, 'name' | 'type' | 'default' | 'comment'>): string {
  return [name, plain(type), value ?? '', comment].join(' ');
}

function tableChanges(table: StoredTable, live: LiveObject, place: Place): TableChange[] {
  const { name, doc } = table;
  const wanted = { engine: engineName(table, place), order: table.orderBy.join(', '), cut: plain(table.partitionKey) };
  const has = { engine: live.engine, order: plain(live.sortingKey), cut: plain(live.partitionKey) };
  const described = ({ engine, order, cut }: typeof wanted) => `${engine} by ${order}${cut === '' ? '' : ` in ${cut}`}`;
  if (described(wanted) !== described(has)) return [madeAnew(table, live, place, described(has), described(wanted))];
  const note = (change: Omit<TableChange, 'object' | 'risk'>) => ({ object: name, risk: 'none' as const, ...change });
  const changes = columnChanges(table, live, place);
  if (changes.some(({ what }) => what === ANEW)) return changes.filter(({ what }) => what === ANEW);
  for (const [kind, bodies] of [
    ['INDEX', table.indexes],
    ['PROJECTION', table.projections],
  ] as const) {
    for (const [each, body] of Object.entries(bodies)) {
      if (live.parts.has(each)) continue;
      const sql = kind === 'INDEX' ? body : `(${body})`;
      const statements = [
        alter(name, [`ADD ${kind} IF NOT EXISTS ${identifier(each)} ${sql}`], place),
        alter(name, [`MATERIALIZE ${kind} ${identifier(each)}`], place),
      ];
      const meaning = 'is added; older parts get it in the background';
      changes.push(note({ what: `${kind.toLowerCase()} ${each}`, from: null, to: body, meaning, statements }));
    }
  }
  for (const [setting, value] of Object.entries(settingsOf(table, place))) {
    const from = settingIn(live.engineFull, setting);
    if (from === String(value)) continue;
    const statements = [alter(name, [`MODIFY SETTING ${setting} = ${value}`], place)];
    changes.push(note({ what: setting, from, to: String(value), meaning: 'is set', statements }));
  }
  if (live.doc !== doc) {
    const statements = [alter(name, [`MODIFY COMMENT ${literal(doc)}`], place)];
    changes.push(note({ what: 'comment', from: live.doc || null, to: doc, meaning: 'is written anew', statements }));
  }
  return changes;
}

function madeAnew(table: StoredTable, live: LiveObject, place: Place, from: string, to: string): TableChange {
  const { name, derived } = table;
  const statements = [drop('TABLE', name, place), ...create(table, place)];
  const change = { object: name, what: ANEW, from, to, statements };
  // Of a cluster only this replica is counted, so there none is known to be empty.
  if (live.rows === 0 && place.cluster === null)
    return { ...change, meaning: 'is made anew; it is empty', risk: 'none' };
  const again = derived ? 'computed again from its table' : 'read again from the log, as far as that holds them';
  return { ...change, meaning: `${amount(live)} would go, and are ${again} once the sink starts again`, risk: 'loss' };
}

function columnChanges(table: StoredTable, live: LiveObject, place: Place): TableChange[] {
  const { name, columns } = table;
  const changes = columns.flatMap((column, index) => {
    const found = live.columns.get(column.name);
    if (found !== undefined) return alteredColumn(table, column, found, live, place);
    const after = index === 0 ? 'FIRST' : `AFTER ${identifier((columns[index - 1] as Column).name)}`;
    const statements = [alter(name, [`ADD COLUMN IF NOT EXISTS ${definition(column)} ${after}`], place)];
    const value = column.default ?? 'the zero of its type';
    const meaning = `is added; rows that are there have ${value}`;
    return [
      {
        object: name,
        what: `column ${column.name}`,
        from: null,
        to: column.type,
        meaning,
        risk: 'none' as const,
        statements,
      },
    ];
  });
  const declared = new Set(columns.map((column) => column.name));
  for (const { name: column, type, bytes } of live.columns.values()) {
    if (declared.has(column)) continue;
    const meaning = `its values of ${counted(live.rows, 'row')} would be lost, ${inBytes(bytes)} on disk`;
    const statements = [alter(name, [`DROP COLUMN IF EXISTS ${identifier(column)}`], place)];
    changes.push({ object: name, what: `column ${column}`, from: type, to: 'none', meaning, risk: 'loss', statements });
  }
  return changes;
}

/** Of one column: another type is rewritten, and may not hold every value; the rest concerns new parts and readers only. */
function alteredColumn(
  table: StoredTable,
  column: Column,
  found: LiveColumn,
  live: LiveObject,
  place: Place,
): TableChange[] {
  const { name, type, codec, comment } = column;
  const modify = (what: string, from: string | null, to: string, meaning: string, command: string): TableChange => {
    const statements = [alter(table.name, [command], place)];
    return { object: table.name, what: `column ${name}${what}`, from, to, meaning, risk: 'none', statements };
  };
  const changes: TableChange[] = [];
  if (plain(found.type) !== plain(type)) {
    if (table.orderBy.includes(name) || table.derived) {
      return [madeAnew(table, live, place, `${name} ${plain(found.type)}`, `${name} ${plain(type)}`)];
    }
    const kept = withoutDictionary(plain(found.type)) === withoutDictionary(plain(type));
    const meaning = kept
      ? 'is rewritten in the background'
      : `is rewritten; of ${counted(live.rows, 'row')}, ${inBytes(found.bytes)} on disk, the values that ${plain(type)} cannot hold would be lost`;
    const changed = modify('', found.type, type, meaning, `MODIFY COLUMN ${identifier(name)} ${type}`);
    changes.push(kept ? changed : { ...changed, risk: 'loss' });
  }
  if (plainCodec(found.codec) !== codec) {
    const meaning = 'new parts are packed so, and older ones as they merge';
    changes.push(
      modify(' codec', plainCodec(found.codec), codec, meaning, `MODIFY COLUMN ${identifier(name)} CODEC(${codec})`),
    );
  }
  if ((column.default ?? '') !== found.default) {
    const command = column.default === null ? 'REMOVE DEFAULT' : `DEFAULT ${column.default}`;
    const meaning = 'holds for rows that do not say';
    changes.push(
      modify(
        ' default',
        found.default || null,
        column.default ?? 'none',
        meaning,
        `MODIFY COLUMN ${identifier(name)} ${command}`,
      ),
    );
  }
  if (found.comment !== comment) {
    const [command] = commentColumns({ [name]: comment });
    changes.push(modify(' comment', found.comment || null, comment, 'is written anew', command as string));
  }
  return changes;
}

/** A feed that asks otherwise would mix two ways of counting, so its states go with it. */
function feedChanges(feed: Feed, found: LiveObject, live: Live, place: Place): TableChange[] {
  if (found.query === feed.query && found.engine === 'MaterializedView') return [];
  const states = live.get(feed.to);
  const lost =
    states === undefined
      ? 'nothing is lost'
      : `${amount(states)} of ${feed.to} would go, and are computed again once the sink starts again`;
  const statements = [
    drop('VIEW', feed.name, place),
    ...(states === undefined ? [] : [truncate(feed.to, place)]),
    ...create(feed, place),
  ];
  return [
    { object: feed.name, what: 'query', from: found.query, to: feed.query, meaning: lost, risk: 'loss', statements },
  ];
}

function viewChanges(view: ReadView, found: LiveObject, place: Place): TableChange[] {
  const { name, doc, query, comments } = view;
  const note = (change: Omit<TableChange, 'object' | 'risk'>) => ({ object: name, risk: 'none' as const, ...change });
  if (found.engine !== 'View') {
    const statements = [drop('TABLE', name, place), ...create(view, place)];
    const meaning = `${amount(found)} would be lost`;
    return [{ object: name, what: ANEW, from: found.engine, to: 'view', meaning, risk: 'loss', statements }];
  }
  if (found.query !== query) {
    return [
      note({
        what: 'query',
        from: found.query,
        to: query,
        meaning: 'is asked so from now on',
        statements: create(view, place),
      }),
    ];
  }
  const changes: TableChange[] = [];
  if (found.doc !== doc) {
    const statements = [alter(name, [`MODIFY COMMENT ${literal(doc)}`], place)];
    changes.push(note({ what: 'comment', from: found.doc || null, to: doc, meaning: 'is written anew', statements }));
  }
  const differing = Object.entries(comments).filter(([column, text]) => found.columns.get(column)?.comment !== text);
  if (differing.length > 0 && found.columns.size > 0) {
    const statements = [alter(name, commentColumns(Object.fromEntries(differing)), place)];
    const to = differing.map(([column]) => column).join(', ');
    changes.push(note({ what: 'column comments', from: null, to, meaning: 'are written anew', statements }));
  }
  return changes;
}

function amount({ rows, bytes }: LiveObject): string {
  return `${counted(rows, 'row')}, ${inBytes(bytes)}`;
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}

function inBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toPrecision(3)} ${units[power]}`;
}
