/** The part of Avro's schema language that the project uses, with its own attributes. */
export interface AvscRecord {
  readonly type: 'record';
  readonly name: string;
  readonly namespace: string;
  readonly doc: string;
  /** Begins with the envelope's fields. */
  readonly envelope?: boolean;
  /** Holds all fields of this record of the same folder. */
  readonly includes?: string;
  /** Ends with the cause's fields. */
  readonly derived?: boolean;
  readonly fields: readonly AvscField[];
}

export interface AvscField {
  readonly name: string;
  readonly type: AvscType;
  readonly doc: string;
  readonly dataClass: string;
  readonly default?: unknown;
}

export type AvscType = string | AvscType[] | AvscComplex;

export interface AvscComplex {
  readonly type: string;
  readonly name?: string;
  readonly doc?: string;
  readonly symbols?: readonly string[];
  readonly items?: AvscType;
  readonly values?: AvscType;
  readonly fields?: readonly AvscField[];
  readonly logicalType?: string;
  readonly default?: unknown;
}

/** One attribute a line, one field a line, so that a change of one field is a change of one line. */
export function formatAvsc(record: AvscRecord): string {
  const attributes = Object.entries(record).filter(([name]) => name !== 'fields');
  const head = attributes.map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`).join('');
  const fields = record.fields.map((field) => `    ${oneLine(field)}`).join(',\n');
  return `{\n${head}  "fields": [\n${fields}\n  ]\n}\n`;
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}: ${oneLine(member)}`)
    .join(', ')}}`;
}
