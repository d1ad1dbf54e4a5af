import {
  type AvroField,
  type AvroObject,
  type AvroRecord,
  type AvroType,
  DEVICE_PATTERN,
  ENTRIES_MAX,
  Envelope,
  ITEMS_MAX,
  KEY_LENGTH_MAX,
  type Sender,
  STRING_LENGTH_MAX,
  TENANT_PATTERN,
} from '#sdk';
import { events, twinDesired } from '#schemas';
import { BATCH_EVENTS_MAX, NDJSON, OPERATOR_PATH } from './connector.ts';
import { ANSWERS, answer, type Json, RETRY_AFTER, reference } from './openapi-answers.ts';

/** What operators may ask of the process: a JSON object, answered by lines of JSON. */
interface Operation {
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly question: object;
  readonly lines: string;
}

/**
 * The OpenAPI 3.1 document of the HTTP interface, from the connector's routes, the events' Avro schemas and the
 * operations that the process answers.
 */
export function openapi(operations: readonly Operation[]): Json {
  const of = (by: Sender) => events.filter(({ sender }) => sender === by);
  const schemas = Object.fromEntries(
    events.map(({ record, route }) => [record.avro.name, eventSchema(record.avro, route)]),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'fleetstream',
      version: '1',
      description: 'Events of devices into the log, desired state of device twins, and what operators ask.',
    },
    paths: {
      '/v1/events': { post: postEvents() },
      [OPERATOR_PATH]: { post: postOperatorEvents() },
      '/v1/twins/{tenant}/{device}/desired': { put: putDesired() },
      ...Object.fromEntries(operations.map((operation) => [operation.path, { post: postOperation(operation) }])),
      ...OWN_PATHS,
    },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'Needed when the server has tokens.' } },
      schemas: {
        ...schemas,
        Event: oneOf(of('device')),
        OperatorEvent: oneOf(of('operator')),
        DesiredState: objectSchema(twinDesired.record.avro, {}, []),
        ...ANSWERS,
      },
    },
    security: [{}, { token: [] }],
  };
}

/** Whichever of these events its `type` says. */
function oneOf(some: readonly (typeof events)[number][]): Json {
  const names = some.map(({ record, route }) => [route, record.avro.name] as const);
  return {
    oneOf: names.map(([, name]) => reference(name)),
    discriminator: {
      propertyName: 'type',
      mapping: Object.fromEntries(names.map(([route, name]) => [route, `#/components/schemas/${name}`])),
    },
  };
}

const NAME = { tenant: TENANT_PATTERN.source, device: DEVICE_PATTERN.source } as const;
const ENVELOPE: ReadonlySet<string> = new Set(Envelope.avro.fields.map(({ name }) => name));
const INT_MAX = 2 ** 31 - 1;

function postEvents(): Json {
  return posting('postEvents', 'Puts one event, or a batch of one event a line, into the log.', 'Event');
}

function postOperatorEvents(): Json {
  const summary =
    'Puts what operators say of devices into the log; needs the operator token when the server has tokens.';
  const { responses: answers, ...rest } = posting('postOperatorEvents', summary, 'OperatorEvent') as {
    responses: Json;
  };
  return { ...rest, responses: { ...answers, '403': answer('Not an operator’s token.', 'Refusal') } };
}

function posting(operationId: string, summary: string, event: string): Json {
  return {
    operationId,
    summary,
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: reference(event) },
        [NDJSON]: {
          schema: {
            type: 'string',
            description: `One ${event} a line, at most ${BATCH_EVENTS_MAX} lines; Content-Encoding gzip is understood.`,
          },
        },
      },
    },
    responses: {
      ...responses(),
      '207': answer('A part of the batch is bad: its good events are in the log.', 'BatchAnswer'),
      '400': answer('Nothing of it can be accepted; it is kept as dead letters.', 'BatchRefusal'),
    },
  };
}

function putDesired(): Json {
  const parameters = Object.entries(NAME).map(([name, pattern]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', pattern },
  }));
  return {
    operationId: 'putTwinDesired',
    summary:
      'Asks for a device’s state, as a merge patch (RFC 7396); needs the operator token when the server has tokens.',
    parameters,
    requestBody: { required: true, content: { 'application/json': { schema: reference('DesiredState') } } },
    responses: { ...responses(), '403': answer('Not an operator’s token.', 'Refusal') },
  };
}

function postOperation({ operationId, summary, question, lines }: Operation): Json {
  return {
    operationId,
    summary,
    requestBody: { required: true, content: { 'application/json': { schema: question } } },
    responses: {
      '200': {
        description: 'The answer begins.',
        content: { [NDJSON]: { schema: { type: 'string', description: lines } } },
      },
      '400': answer('The question is none.', 'Refusal'),
      '403': answer('Not an operator’s token.', 'Refusal'),
      '413': answer('Too large.', 'Refusal'),
      '415': answer('Not JSON, plain or as gzip.', 'Refusal'),
      default: answer('A failure of the server.', 'Refusal'),
    },
  };
}

function responses(): Json {
  return {
    '202': answer('The log has it.', 'Accepted'),
    '400': answer('It cannot be accepted; it is kept as a dead letter.', 'Refusal'),
    '401': answer('No token of this server.', 'Refusal'),
    '413': answer('Too large.', 'Refusal'),
    '415': answer('Neither JSON nor NDJSON, plain or as gzip.', 'Refusal'),
    '429': { ...answer('Too much is in flight; come again.', 'Refusal'), headers: RETRY_AFTER },
    '503': { ...answer('The log cannot take events now; come again.', 'Refusal'), headers: RETRY_AFTER },
    default: answer('Refused before it was read as an event, or a failure of the server.', 'Refusal'),
  };
}

function getHealth(operationId: string, summary: string, statuses: Json): Json {
  return { get: { operationId, summary, security: [{}], responses: statuses } };
}

const READY: Json = {
  '200': answer('Nothing is missing.', 'Health'),
  '503': answer('Something is missing; come again.', 'Health'),
};

/** What the transport answers by itself, to everyone. */
const OWN_PATHS: Json = {
  '/v1/openapi.json': {
    get: {
      operationId: 'getOpenapi',
      summary: 'This document.',
      security: [{}],
      responses: {
        '200': { description: 'The document.', content: { 'application/json': { schema: { type: 'object' } } } },
      },
    },
  },
  '/health': getHealth('getHealth', 'The same as /health/ready.', READY),
  '/health/live': getHealth('getLiveness', 'Whether the process answers.', { '200': answer('It does.', 'Health') }),
  '/health/ready': getHealth('getReadiness', 'Whether it does all of its work now.', READY),
};

const META: Json = {
  time: {
    anyOf: [{ type: 'integer' }, { type: 'string', format: 'date-time' }, { type: 'null' }],
    description: 'What the device’s clock says: ms since 1970, or ISO 8601 with a zone.',
  },
  sequence: { type: ['integer', 'null'], minimum: 0, description: 'Number of the event within its source and epoch.' },
  epoch: {
    type: ['integer', 'null'],
    minimum: 0,
    description: 'Which run of the sequence counter; grows whenever it restarts.',
  },
  source: {
    type: 'string',
    minLength: 1,
    description: 'The numbering stream of epoch and sequence; by default the connector’s name.',
  },
  historical: { type: 'boolean', default: false, description: 'Stored data, which must not become current state.' },
  correlationId: { type: ['string', 'null'], description: 'Ties the event to a request or a trace.' },
};

function eventSchema(record: AvroRecord, route: string): Json {
  const address = {
    tenant: { type: 'string', pattern: NAME.tenant },
    device: { type: 'string', pattern: NAME.device },
    type: { const: route },
  };
  return objectSchema(record, address, Object.keys(address));
}

function objectSchema(record: AvroRecord, first: Json, required: readonly string[]): Json {
  const own = record.fields.filter(({ name }) => !ENVELOPE.has(name));
  return {
    type: 'object',
    description: record.doc,
    additionalProperties: false,
    required: [...required, ...own.filter((field) => !('default' in field)).map(({ name }) => name)],
    properties: { ...first, ...META, ...Object.fromEntries(own.map((field) => [field.name, fieldSchema(field)])) },
  };
}

function fieldSchema({ type, doc, embeds, ...rest }: AvroField): Json {
  const schema = embeds === 'json' ? { type: 'object' } : typeSchema(type);
  return { ...schema, description: doc, ...('default' in rest ? { default: rest.default } : {}) };
}

function typeSchema(type: AvroType): Json {
  if (typeof type === 'string') return PRIMITIVES[type] ?? {};
  if (!('type' in type)) return { anyOf: type.map(typeSchema) };
  return complexSchema(type);
}

function complexSchema({ type, symbols, values, items }: AvroObject): Json {
  if (type === 'enum') return { enum: symbols };
  if (type === 'array') return { type: 'array', maxItems: ITEMS_MAX, items: typeSchema(items as AvroType) };
  if (type !== 'map') return typeSchema(type);
  const names = { minLength: 1, maxLength: KEY_LENGTH_MAX };
  return {
    type: 'object',
    maxProperties: ENTRIES_MAX,
    propertyNames: names,
    additionalProperties: typeSchema(values as AvroType),
  };
}

const PRIMITIVES: Readonly<Record<string, Json>> = {
  null: { type: 'null' },
  boolean: { type: 'boolean' },
  int: { type: 'integer', minimum: -INT_MAX - 1, maximum: INT_MAX },
  long: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  double: { type: 'number' },
  string: { type: 'string', maxLength: STRING_LENGTH_MAX },
};
