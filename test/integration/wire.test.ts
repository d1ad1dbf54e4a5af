import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, inject, test } from 'vitest';
import { kafkaProgram } from '../stack/maven.ts';

const FIXTURES = 'test/runtime/log/kafka/fixtures';

test.skipIf(inject('stack').kafka === null)(
  'the requests and answers that ours are judged by are what Kafka writes',
  async () => {
    const { java, arguments: args } = await kafkaProgram();
    const written = execFileSync(java, [...args, `${FIXTURES}/Wire.java`], { encoding: 'utf8', stdio: 'pipe' });
    expect(JSON.parse(written)).toEqual(JSON.parse(readFileSync(`${FIXTURES}/wire.json`, 'utf8')));
  },
);
