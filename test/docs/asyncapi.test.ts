import { readFileSync } from 'node:fs';
import specs from '@asyncapi/specs';
import { Ajv, type AnySchema } from 'ajv';
import { expect, test } from 'vitest';
import { catalog } from '#cli/catalog.ts';

const document = JSON.parse(readFileSync('docs/asyncapi.json', 'utf8')) as {
  readonly channels: Readonly<Record<string, { readonly messages: Readonly<Record<string, unknown>> }>>;
  readonly info: Readonly<Record<string, unknown>>;
};
/** The schema brings the schema of schemas along, has keywords of its own tools, and formats that are not judged here. */
const options = { meta: false, validateSchema: false, strict: false, validateFormats: false, allErrors: true } as const;
const judge = new Ajv(options).compile(specs.schemas['3.0.0'] as AnySchema);

test('the AsyncAPI document is one, by the schema of its makers', () => {
  expect(judge(document), JSON.stringify(judge.errors?.slice(0, 5), null, 2)).toBe(true);
});

test('a document that is none is refused by that schema', () => {
  const { title: _, ...info } = document.info;
  expect(judge({ ...document, info })).toBe(false);
});

test('it has every topic that is not the platform’s own secret, and each record of it', () => {
  for (const { name, kind, records } of catalog(16)) {
    if (kind === 'internal') continue;
    const messages = Object.keys(document.channels[name]?.messages ?? {});
    expect([name, messages]).toEqual([name, records.map((record) => record.name)]);
  }
});
