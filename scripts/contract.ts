// What every record and table of the contract owes its readers: words, data classes, shared fields in their place.
import type { AvroField, AvroRecord, AvroType, Table } from '#sdk';

/** A breach of the contract's rules: where, what, and what to do. */
export interface Breach {
  readonly place: string;
  readonly problem: string;
  readonly remedy: string;
}

/** Equal to `DataClass` of the sdk, which the compiler checks. */
const DATA_CLASSES = {
  identity: true,
  telemetry: true,
  connectivity: true,
  location: true,
  configuration: true,
  operational: true,
} as const satisfies Readonly<Record<Table['dataClass'], true>>;

/** Breaches of one record, nested records and enums included. */
export function recordBreaches(
  record: AvroRecord,
  envelope: readonly AvroField[],
  cause: readonly AvroField[],
): Breach[] {
  const { name, fields } = record;
  const names = fields.map((field) => field.name);
  const breaches = [...docBreaches(name, record.doc, 'record'), ...fieldsBreaches(name, fields)];
  const first = envelope.map((field) => field.name);
  if (record.envelope && names.slice(0, first.length).join() !== first.join()) {
    breaches.push({ place: name, problem: 'does not begin with the envelope', remedy: 'run `npm run generate`' });
  }
  const last = cause.map((field) => field.name);
  if (record.derived && names.slice(-last.length).join() !== last.join()) {
    breaches.push({ place: name, problem: 'does not end with the cause', remedy: 'run `npm run generate`' });
  }
  return breaches;
}

/** Breaches of a table's or view's declaration. */
export function tableBreaches(table: Pick<Table, 'name' | 'doc' | 'dataClass'>): Breach[] {
  return [...docBreaches(table.name, table.doc, 'table'), ...classBreaches(table.name, table.dataClass)];
}

function fieldsBreaches(place: string, fields: readonly AvroField[]): Breach[] {
  return fields.flatMap((field) => {
    const at = `${place}.${field.name}`;
    return [
      ...docBreaches(at, field.doc, 'field'),
      ...classBreaches(at, field.dataClass),
      ...typeBreaches(at, field.type),
    ];
  });
}

function typeBreaches(place: string, type: AvroType | undefined): Breach[] {
  if (type === undefined || typeof type === 'string') return [];
  if (isUnion(type)) return type.flatMap((branch) => typeBreaches(place, branch));
  const inner = [...typeBreaches(place, type.items), ...typeBreaches(place, type.values)];
  if (type.type === 'record') {
    return [...docBreaches(place, type.doc, 'record'), ...fieldsBreaches(place, type.fields ?? [])];
  }
  if (type.type === 'enum' && !type.symbols?.includes(String(type.default))) {
    const remedy = 'give it a default symbol such as UNKNOWN, which older readers put in place of a new symbol';
    return [...inner, { place, problem: `enum ${type.name} has no default among its symbols`, remedy }];
  }
  return [...inner, ...(typeof type.type === 'string' ? [] : typeBreaches(place, type.type))];
}

function isUnion(type: AvroType): type is readonly AvroType[] {
  return Array.isArray(type);
}

function docBreaches(place: string, doc: string | undefined, kind: string): Breach[] {
  if (doc?.trim()) return [];
  return [
    {
      place,
      problem: `${kind} has no doc`,
      remedy: 'say in a sentence what it is: the text is its TSDoc and its comment in ClickHouse',
    },
  ];
}

function classBreaches(place: string, dataClass: string | undefined): Breach[] {
  if (dataClass !== undefined && Object.hasOwn(DATA_CLASSES, dataClass)) return [];
  const remedy = `choose one of ${Object.keys(DATA_CLASSES).join(', ')}; retention and erasure go by it`;
  return [
    {
      place,
      problem: dataClass === undefined ? 'has no dataClass' : `has the unknown dataClass "${dataClass}"`,
      remedy,
    },
  ];
}
