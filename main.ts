#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Inserts and queries hold threads of libuv's pool for long, and files and names must not wait behind them. The size is
// read at the first use of the pool, so everything else is imported after.
process.env['UV_THREADPOOL_SIZE'] ??= '8';
// Half of a short command's time is compiling. What is kept of it is beside the packages, since code that is found in
// the folder of temporary files may be anybody's; where nothing can be written, it is compiled each time. Threads learn
// of it by the environment alone.
const compiled = (process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(
  new URL('node_modules/.cache/fleetstream', import.meta.url),
));
enableCompileCache(compiled);
const { run } = await import('#cli/program.ts');
const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as { version: string };
process.exitCode = await run(process.argv.slice(2), version);
