import type { Table } from '#sdk';
import { columnsOf } from './columns.ts';
import type { ReadView } from './objects.ts';
import { identifier } from './sql.ts';

/** Reads a table right whose rows replace each other: now, and as it was known. None for tables that are read directly. */
export function revisionViews(table: Table, storedName: string): readonly ReadView[] {
  const { engine, name, doc } = table;
  if (engine.kind === 'append') return [];
  const columns = columnsOf(table);
  const names = columns.map((column) => identifier(column.name)).join(', ');
  const comments = Object.fromEntries(columns.map((column) => [column.name, column.comment]));
  if (engine.kind === 'latest') {
    return [{ kind: 'view', name, doc, query: `SELECT ${names} FROM ${storedName} FINAL`, comments }];
  }
  const of = engine.of.map(identifier).join(', ');
  const newest = `ORDER BY ${of}, ${identifier(engine.revision)} DESC, \`_offset\` DESC LIMIT 1 BY ${of}`;
  const only = `Only the highest revision of each ${engine.of.join(', ')}`;
  const current: ReadView = {
    kind: 'view',
    name: `${name}_current`,
    doc: `${doc} ${only}.`,
    query: `SELECT ${names} FROM ${name} ${newest}`,
    comments,
  };
  if (!columns.some((column) => column.name === 'logTime')) return [current];
  const asKnown: ReadView = {
    kind: 'view',
    name: `${name}_known`,
    doc: `${doc} ${only} that log time \`known\` knew. Call it as ${name}_known(known = …).`,
    query: `SELECT ${names} FROM ${name} WHERE logTime <= {known:DateTime64(3, 'UTC')} ${newest}`,
    // A view with parameters has no columns before it is called.
    comments: {},
  };
  return [current, asKnown];
}
