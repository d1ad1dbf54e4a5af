// Everything derived from declarations: shared fields of the .avsc files, TypeScript types, the OpenAPI and AsyncAPI documents.
// With --check it writes nothing, names what differs, and exits 1 if anything does.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { formatAvsc, type AvscField, type AvscRecord, type AvscType } from './avsc.ts';

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

const HOUSES = [
  { avro: 'sdk/avro', generated: 'sdk/generated', sdk: '../schema.ts', caused: './Cause.ts' },
  { avro: 'schemas/avro', generated: 'schemas/generated', sdk: '#sdk', caused: '#sdk' },
] as const;

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as AvscRecord;
const envelope = read('sdk/avro/Envelope.avsc').fields;
const cause = read('sdk/avro/Cause.avsc').fields;

const checking = process.argv.includes('--check');
const stale: string[] = [];

for (const house of HOUSES) {
  const files = readdirSync(house.avro)
    .filter((file) => file.endsWith('.avsc'))
    .sort();
  const records = files.map((file) => compose(house.avro, read(join(house.avro, file))));
  mkdirSync(house.generated, { recursive: true });
  for (const record of records) {
    put(join(house.avro, `${record.name}.avsc`), formatAvsc(record));
    put(join(house.generated, `${record.name}.ts`), typescript(record, house));
  }
  put(join(house.generated, 'index.ts'), records.map(({ name }) => `export * from './${name}.ts';\n`).join(''));
  const kept = new Set(['index.ts', ...records.map(({ name }) => `${name}.ts`)]);
  for (const file of readdirSync(house.generated)) if (!kept.has(file)) drop(join(house.generated, file));
}
mkdirSync('docs', { recursive: true });
// The connectors need the generated modules, so they are loaded behind them.
const { openapi } = await import('../connectors/http/openapi.ts');
put('docs/openapi.json', `${JSON.stringify(openapi(), null, 2)}\n`);
const { asyncapi } = await import('./asyncapi.ts');
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
put('docs/asyncapi.json', `${JSON.stringify(asyncapi(version), null, 2)}\n`);
if (checking && stale.length > 0) {
  console.error(`generated_stale: ${stale.join(', ')}; run \`npm run generate\` and commit what it writes`);
  process.exitCode = 1;
}

/** Writes only what differs, so that a run beside readers disturbs none of them. */
function put(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  stale.push(file);
  if (!checking) writeFileSync(file, text);
}

function drop(file: string): void {
  stale.push(file);
  if (!checking) rmSync(file);
}

/** Fills in what a record shares: the envelope before, an admitted event's fields, the cause behind. */
function compose(folder: string, record: AvscRecord): AvscRecord {
  const shared = new Set([...envelope, ...cause].map(({ name }) => name));
  const included = record.includes === undefined ? [] : read(join(folder, `${record.includes}.avsc`)).fields;
  for (const field of included) shared.add(field.name);
  if (!record.envelope && !record.derived && included.length === 0) return record;
  const own = record.fields.filter(
    ({ name }) => !(record.envelope || included.length > 0 ? shared : causeNames()).has(name),
  );
  return {
    ...record,
    fields: [...(record.envelope ? envelope : []), ...included, ...own, ...(record.derived ? cause : [])],
  };
}

function causeNames(): Set<string> {
  return new Set(cause.map(({ name }) => name));
}

function typescript(record: AvscRecord, house: (typeof HOUSES)[number]): string {
  const source = `${basename(house.avro) === 'avro' ? 'avro' : house.avro}/${record.name}.avsc`;
  const nested: string[] = [];
  const bases: string[] = [];
  let fields = record.fields;
  if (record.derived) {
    bases.push('Cause');
    const names = causeNames();
    fields = fields.filter(({ name }) => !names.has(name));
  }
  if (record.envelope || (record.includes !== undefined && house.avro === 'schemas/avro')) {
    bases.push('Envelope');
    const names = new Set(envelope.map(({ name }) => name));
    fields = fields.filter(({ name }) => !names.has(name));
  }
  const body = interfaceText(record.name, record.doc, fields, bases, nested);
  const types = ['type Schema', ...bases.map((base) => `type ${base}`)].sort();
  const imports =
    house.sdk === '#sdk'
      ? `import { ${['schema', ...types].join(', ')} } from '#sdk';\n`
      : `import { schema, type Schema } from '${house.sdk}';\n${bases.map((base) => `import type { ${base} } from './${base}.ts';\n`).join('')}`;
  return `// From ${source}. Run \`npm run generate\`.
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
