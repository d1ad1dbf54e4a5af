// Everything derived from declarations: shared fields of the .avsc files, TypeScript types, the OpenAPI and AsyncAPI
// documents, the dashboards, the pages of tables and of questions to them.
// With --check it writes nothing, names what differs, and exits 1 if anything does.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { generate } from '../cli/generate.ts';

const HOUSES = [
  { avro: 'sdk/avro', generated: 'sdk/generated', sdk: '../schema.ts', includesEvents: false },
  { avro: 'schemas/avro', generated: 'schemas/generated', sdk: '#sdk', includesEvents: true },
] as const;

const PAGES = 'docs/tables';
const checking = process.argv.includes('--check');
const stale = HOUSES.flatMap((house) => generate(house, { dryRun: checking }));
mkdirSync('docs', { recursive: true });
// The connectors need the generated modules, so they are loaded behind them.
const { openapi } = await import('../connectors/http/openapi.ts');
const { LETTERS_ADDRESS } = await import('../runtime/letters/requests.ts');
put('docs/openapi.json', `${JSON.stringify(openapi([LETTERS_ADDRESS]), null, 2)}\n`);
const { asyncapi } = await import('./asyncapi.ts');
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
put('docs/asyncapi.json', `${JSON.stringify(asyncapi(version), null, 2)}\n`);
const { boards } = await import('../dashboards/index.ts');
const { toGrafana } = await import('../dashboards/lib/board.ts');
for (const [name, board] of Object.entries(boards)) {
  put(`dashboards/${name}.json`, `${JSON.stringify(toGrafana(board), null, 2)}\n`);
}
const { tablePages } = await import('./table-pages.ts');
const pages = tablePages();
mkdirSync(PAGES, { recursive: true });
for (const [file, text] of pages) put(`${PAGES}/${file}`, text);
const { cookbookPage } = await import('./cookbook-page.ts');
put('docs/cookbook.md', cookbookPage());
for (const file of readdirSync(PAGES)) if (!pages.has(file)) remove(`${PAGES}/${file}`);
if (checking && stale.length > 0) {
  console.error(`generated_stale: ${stale.join(', ')}; run \`npm run generate\` and commit what it writes`);
  process.exitCode = 1;
}

function remove(file: string): void {
  stale.push(file);
  if (!checking) rmSync(file);
}

function put(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  stale.push(file);
  if (!checking) writeFileSync(file, text);
}
