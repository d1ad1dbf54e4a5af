// Draws the boards of docs/dashboards.md from an hour that the pipeline lived through: `node test/dashboards/pictures.ts`.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boards } from '../../dashboards/index.ts';
import type { Panel } from '../../dashboards/lib/board.ts';
import { draw } from './draw.ts';
import { type Row, startLived } from './lived.ts';

const HOUR_MS = 3_600_000;
const fromMs = Math.floor((Date.now() - HOUR_MS) / 60_000) * 60_000;
const toMs = fromMs + HOUR_MS;
const variables = { tenant: '*', model: '*', device: 'wifi-0003' };
const FOLDER = 'docs/dashboards';

const data = mkdtempSync(join(tmpdir(), 'pictures-'));
const lived = await startLived(data, { seed: 7, devices: 60, fromMs, toMs });
mkdirSync(FOLDER, { recursive: true });
for (const name of ['fleet', 'device', 'alerts', 'completeness']) {
  const board = boards[name];
  if (board === undefined) throw new Error(`board_unknown: ${name}`);
  // The last interval has only begun.
  const view = {
    fromMs,
    toMs: toMs - 1_000,
    intervalMs: 60_000,
    variables: { ...variables, ...(name === 'device' ? { tenant: 'acme' } : {}) },
  };
  const answers = new Map<Panel, readonly Row[]>();
  for (const panel of board.rows.flatMap(({ panels }) => panels)) {
    const [query] = panel.ask;
    if (query === undefined || 'promql' in query) continue;
    const { data: rows } = await lived.ask(('rows' in query ? query.rows : query.series).sql, view);
    answers.set(panel, rows);
  }
  writeFileSync(`${FOLDER}/${name}.svg`, draw(board, answers, fromMs, toMs));
}
await lived.stop();
rmSync(data, { recursive: true, force: true });
