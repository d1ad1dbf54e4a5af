import { QueryError } from './error.ts';

/** A table that a reader sends along with a question, and that is there for this question alone. */
export interface SentTable {
  readonly name: string;
  readonly format: string;
  /** Names and types of its columns, as the table function `file` takes them. */
  readonly structure: string;
  readonly bytes: Uint8Array;
}

/** Formats that hold nothing but values: no SQL, and no address of a schema. */
const FORMATS: ReadonlySet<string> = new Set([
  'TabSeparated',
  'TabSeparatedWithNames',
  'TabSeparatedWithNamesAndTypes',
  'TSV',
  'TSVWithNames',
  'TSVWithNamesAndTypes',
  'CSV',
  'CSVWithNames',
  'CSVWithNamesAndTypes',
  'JSONEachRow',
  'JSONCompactEachRow',
  'LineAsString',
  'Native',
  'RowBinary',
  'RowBinaryWithNames',
  'RowBinaryWithNamesAndTypes',
]);

/** Tables of one question. */
const TABLES_MAX = 16;

/** Fields of a form, in their order, and the files in it. Throws `QueryError`. */
export async function formOf(
  body: Buffer,
  contentType: string,
): Promise<{
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly files: ReadonlyMap<string, Uint8Array>;
}> {
  const form = await new Response(body, { headers: { 'content-type': contentType } }).formData().catch((cause) => {
    throw new QueryError(117, 'INCORRECT_DATA', 'The body is no multipart/form-data', { cause });
  });
  const fields: [string, string][] = [];
  const files = new Map<string, Uint8Array>();
  for (const [name, value] of form) {
    if (typeof value === 'string') fields.push([name, value]);
    else files.set(name, new Uint8Array(await value.arrayBuffer()));
  }
  return { fields, files };
}

/** The files as tables, each as `<name>_structure` or `<name>_types` and `<name>_format` declare it. Throws `QueryError`. */
export function sentTables(files: ReadonlyMap<string, Uint8Array>, search: URLSearchParams): readonly SentTable[] {
  if (files.size > TABLES_MAX) throw refused(`A question may bring ${TABLES_MAX} tables`);
  return Array.from(files, ([name, bytes]) => {
    if (!/^[A-Za-z_]\w*$/.test(name)) throw refused(`${JSON.stringify(name)} is no name for a table`);
    const format = search.get(`${name}_format`) ?? 'TabSeparated';
    if (!FORMATS.has(format)) throw new QueryError(73, 'UNKNOWN_FORMAT', `Format ${format} is not served for tables`);
    const structure = search.get(`${name}_structure`) ?? structureOf(search.get(`${name}_types`) ?? '');
    if (structure === '') throw refused(`Neither ${name}_structure nor ${name}_types says what columns ${name} has`);
    // A default would be an expression, which no look at the statement sees.
    if (!/^[\w\s,()'`=.-]+$/.test(structure) || EXPRESSION.test(structure)) {
      throw refused(`The structure of ${name} may hold names and types alone`);
    }
    return { name, format, structure, bytes };
  });
}

/** Whether a parameter of the address declares one of the tables. */
export function declaresTable(parameter: string, files: ReadonlyMap<string, Uint8Array>): boolean {
  const [, name] = /^(.+)_(?:format|structure|types)$/.exec(parameter) ?? [];
  return name !== undefined && files.has(name);
}

const EXPRESSION = /\b(alias|default|ephemeral|materialized)\b/i;

/** Columns `_1`, `_2` and so on of the types. */
function structureOf(types: string): string {
  const each = types.match(/(?:[^,()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))+/g) ?? [];
  return each.map((type, index) => `_${index + 1} ${type.trim()}`).join(', ');
}

function refused(why: string): QueryError {
  return new QueryError(36, 'BAD_ARGUMENTS', why);
}
