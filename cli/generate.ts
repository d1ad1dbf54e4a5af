import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AvscField, type AvscRecord, type AvscType, formatAvsc } from './avsc.ts';
import { CommandError } from './failure.ts';

/** A folder of record schemas, and where their types go. */
export interface House {
  readonly avro: string;
  readonly generated: string;
  /** What the types import the sdk by. */
  readonly sdk: string;
  /** True where records name a record of their own folder of which they hold all fields, which is an event. */
  readonly includesEvents: boolean;
}

/** Of a processor that lives outside: `avro/` beside `generated/`. */
export function houseIn(folder: string): House {
  const avro = join(folder, 'avro');
  if (existsSync(avro)) {
    return { avro, generated: join(folder, 'generated'), sdk: 'fleetstream/sdk', includesEvents: true };
  }
  throw new CommandError('schemas_absent', `there is no folder ${avro}; put the record schemas there, as .avsc files`);
}

/**
 * Writes what follows from the .avsc files of a folder: their shared fields, a TypeScript module for each, an index.
 * Only what differs is written, so that a run beside readers disturbs none of them. Gives the names of those files.
 */
export function generate(house: House, { dryRun = false }: { readonly dryRun?: boolean } = {}): readonly string[] {
  const changed: string[] = [];
  const put = (file: string, text: string) => {
    if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
    changed.push(file);
    if (!dryRun) writeFileSync(file, text);
  };
  const files = readdirSync(house.avro)
    .filter((file) => file.endsWith('.avsc'))
    .sort();
  const records = files.map((file) => compose(house.avro, read(join(house.avro, file))));
  if (!dryRun) mkdirSync(house.generated, { recursive: true });
  for (const record of records) {
    put(join(house.avro, `${record.name}.avsc`), formatAvsc(record));
    put(join(house.generated, `${record.name}.ts`), typescript(record, house));
  }
  put(join(house.generated, 'index.ts'), records.map(({ name }) => `export * from './${name}.ts';\n`).join(''));
  const kept = new Set(['index.ts', ...records.map(({ name }) => `${name}.ts`)]);
  for (const file of existsSync(house.generated) ? readdirSync(house.generated) : []) {
    if (kept.has(file)) continue;
    changed.push(join(house.generated, file));
    if (!dryRun) rmSync(join(house.generated, file));
  }
  return changed;
}

const PRIMITIVES: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  string: 'string',
  bytes: 'Uint8Array',
};

const shared = join(import.meta.dirname, '../sdk/avro');

function read(file: string): AvscRecord {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as AvscRecord;
  } catch (cause) {
    throw new CommandError('schema_malformed', `${file} is no JSON: ${(cause as Error).message}; mend it`, { cause });
  }
}

/** Fills in what a record shares: the envelope before, an admitted event's fields, the cause behind. */
function compose(folder: string, record: AvscRecord): AvscRecord {
  const envelope = read(join(shared, 'Envelope.avsc')).fields;
  const cause = read(join(shared, 'Cause.avsc')).fields;
  const common = new Set([...envelope, ...cause].map(({ name }) => name));
  const included = record.includes === undefined ? [] : read(join(folder, `${record.includes}.avsc`)).fields;
  for (const field of included) common.add(field.name);
  if (!record.envelope && !record.derived && included.length === 0) return record;
  const own = record.fields.filter(
    ({ name }) => !(record.envelope || included.length > 0 ? common : namesIn('Cause')).has(name),
  );
  return {
    ...record,
    fields: [...(record.envelope ? envelope : []), ...included, ...own, ...(record.derived ? cause : [])],
  };
}

function namesIn(record: 'Cause' | 'Envelope'): Set<string> {
  return new Set(read(join(shared, `${record}.avsc`)).fields.map(({ name }) => name));
}

function typescript(record: AvscRecord, house: House): string {
  const source = `avro/${record.name}.avsc`;
  const nested: string[] = [];
  const bases: string[] = [];
  let fields = record.fields;
  if (record.derived) {
    bases.push('Cause');
    const names = namesIn('Cause');
    fields = fields.filter(({ name }) => !names.has(name));
  }
  if (record.envelope || (record.includes !== undefined && house.includesEvents)) {
    bases.push('Envelope');
    const names = namesIn('Envelope');
    fields = fields.filter(({ name }) => !names.has(name));
  }
  const body = interfaceText(record.name, record.doc, fields, bases, nested);
  const types = ['type Schema', ...bases.map((base) => `type ${base}`)].sort();
  const command = house.sdk === 'fleetstream/sdk' ? 'npx fleetstream schemas generate' : 'npm run generate';
  // Inside the sdk its own modules are named.
  const imports = house.sdk.startsWith('.')
    ? `import { schema, type Schema } from '${house.sdk}';\n${bases.map((base) => `import type { ${base} } from './${base}.ts';\n`).join('')}`
    : `import { ${['schema', ...types].join(', ')} } from '${house.sdk}';\n`;
  return `// From ${source}. Run \`${command}\`.
${imports}
${[...nested, body].join('\n')}
export const ${record.name}: Schema<${record.name}> = schema(${JSON.stringify(record, null, 2)});
`;
}

function interfaceText(
  name: string,
  doc: string,
  fields: readonly AvscField[],
  bases: readonly string[],
  nested: string[],
): string {
  const lines = fields.map(
    (field) => `  /** ${field.doc} */\n  readonly ${field.name}: ${typeText(field.type, nested)};`,
  );
  const heritage = bases.length > 0 ? ` extends ${bases.join(', ')}` : '';
  return `/** ${doc} */\nexport interface ${name}${heritage} {\n${lines.join('\n')}\n}\n`;
}

function typeText(type: AvscType, nested: string[]): string {
  if (Array.isArray(type))
    return type
      .map((branch) => typeText(branch, nested))
      .sort(nullLast)
      .join(' | ');
  if (typeof type === 'string') return PRIMITIVES[type] ?? type;
  switch (type.type) {
    case 'enum':
      return (type.symbols ?? []).map((symbol) => `'${symbol}'`).join(' | ');
    case 'array':
      return `readonly ${wrap(typeText(type.items as AvscType, nested))}[]`;
    case 'map':
      return `Readonly<Record<string, ${typeText(type.values as AvscType, nested)}>>`;
    case 'record':
      nested.push(interfaceText(type.name as string, type.doc as string, type.fields as AvscField[], [], nested));
      return type.name as string;
    default:
      return typeText(type.type, nested);
  }
}

function wrap(text: string): string {
  return text.includes('|') ? `(${text})` : text;
}

function nullLast(a: string, b: string): number {
  return Number(a === 'null') - Number(b === 'null');
}
