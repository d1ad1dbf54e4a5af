import { readFileSync, writeFileSync } from 'node:fs';

const PAGE = 'docs/incidents.md';

/** The page of incidents as it is, and as it is with a section that says this; it is written where that is asked for. */
export function sectionOf(name: string, text: string): { readonly page: string; readonly wanted: string } {
  const page = readFileSync(PAGE, 'utf8');
  const from = page.indexOf('\n', page.indexOf(`<!-- ${name}:`)) + 1;
  const to = page.indexOf(`<!-- /${name} -->`);
  if (from === 0 || to < from) throw new Error(`${PAGE} has no section ${name}`);
  const wanted = `${page.slice(0, from)}\n${text}\n\n${page.slice(to)}`;
  if (process.env['UPDATE_DOCS'] !== '1') return { page, wanted };
  writeFileSync(PAGE, wanted);
  return { page: wanted, wanted };
}
