#!/usr/bin/env node
import { readFileSync } from 'node:fs';

// Inserts and queries hold threads of libuv's pool for long, and files and names must not wait behind them. The size is
// read at the first use of the pool, so everything else is imported after.
process.env['UV_THREADPOOL_SIZE'] ??= '8';
const { run } = await import('#cli/program.ts');
const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as { version: string };
process.exitCode = await run(process.argv.slice(2), version);
