/** A part of the document. */
export type Json = Readonly<Record<string, unknown>>;

/** Headers of an answer that asks to come again. */
export const RETRY_AFTER: Json = {
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 0 } },
};

/** An answer whose body is of that schema. */
export function answer(description: string, schema: string): Json {
  return { description, content: { 'application/json': { schema: reference(schema) } } };
}

/** A schema of the document, by its name. */
export function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

const COUNT = { type: 'integer', minimum: 0 } as const;
const REFUSAL = {
  code: { type: 'string' },
  detail: { type: 'string' },
  path: { type: 'string', description: 'JSON Pointer.' },
} as const;
const BATCH = {
  accepted: COUNT,
  rejected: COUNT,
  items: {
    type: 'array',
    items: {
      type: 'object',
      required: ['index', 'status'],
      properties: { index: COUNT, status: { type: 'integer' }, ...REFUSAL },
    },
  },
} as const;
/** The schemas of all answers. */
export const ANSWERS: Json = {
  Health: {
    type: 'object',
    required: ['status'],
    properties: {
      status: { enum: ['live', 'ready', 'not_ready'] },
      missing: { type: 'array', items: { type: 'string' }, description: 'Of not_ready: what is missing.' },
    },
  },
  Accepted: {
    type: 'object',
    required: ['accepted'],
    properties: {
      accepted: COUNT,
      eventId: {
        type: 'string',
        description: 'Of a single event, not of a batch: every row that it causes has this eventId.',
      },
    },
  },
  Refusal: { type: 'object', required: ['code', 'detail', 'path'], properties: REFUSAL },
  BatchAnswer: { type: 'object', required: Object.keys(BATCH), properties: BATCH },
  BatchRefusal: {
    type: 'object',
    description: 'Of a batch, with what is wrong with each event.',
    required: ['code', 'detail', 'path'],
    properties: { ...REFUSAL, ...BATCH },
  },
};
