import { asBuffer, compiled, decodeBody, FRAME_BYTES, schemaIdOf } from '../avro.ts';
import type { Registry } from '../registry/registry.ts';

/** Bytes as a person may read them. */
export interface Shown {
  readonly hex: string;
  /** Null where they are no printable text. */
  readonly text: string | null;
}

/** A framed value as its schema reads it. */
export interface ShownRecord {
  readonly schemaId: number | null;
  readonly record: string | null;
  /** As Avro's JSON; null where the bytes are none of the schema's. */
  readonly value: unknown;
  /** Why there is no value. */
  readonly fault: string | null;
}

const UNPRINTABLE = /[\p{Cc}\p{Cn}\p{Cs}\ufffd]/u;

export function shown(bytes: Uint8Array): Shown {
  const buffer = asBuffer(bytes);
  const text = buffer.toString('utf8');
  return { hex: buffer.toString('hex'), text: UNPRINTABLE.test(text) ? null : text };
}

/** Reads a value by the schema that it names, as far as it goes. */
export async function readValue(registry: Registry, bytes: Uint8Array): Promise<ShownRecord> {
  const schemaId = schemaIdOf(bytes);
  if (schemaId === null) {
    const fault = 'it does not begin with a zero byte and a schema id';
    return { schemaId, record: null, value: null, fault };
  }
  const schema = await registry.schemaOf(schemaId);
  if (schema === null) {
    return { schemaId, record: null, value: null, fault: `the registry has no schema ${schemaId}` };
  }
  const record = `${schema.namespace}.${schema.name}`;
  const type = compiled(schema);
  try {
    const value = decodeBody(type, asBuffer(bytes), FRAME_BYTES);
    return { schemaId, record, value: JSON.parse(type.toString(value)) as unknown, fault: null };
  } catch (error) {
    return { schemaId, record, value: null, fault: (error as Error).message };
  }
}
