// A board as SVG: the same definitions, the same queries and places, drawn without Grafana.
import type { Board, Panel } from '../../dashboards/lib/board.ts';
import type { Row } from './lived.ts';

/** What ClickHouse answered to the first query of a panel. */
export type Answers = ReadonlyMap<Panel, readonly Row[]>;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

const COLUMN = 50;
const UNIT = 30;
const GAP = 8;
const HEAD = 56;
/** Of one column of a table. */
const LETTERS_MAX = 24;
const PALETTE = ['#3274d9', '#e0752d', '#37872d', '#a352cc', '#e02f44', '#0f9bb3', '#c4a000', '#705da0'];
const COLOURS: Readonly<Record<string, string>> = {
  text: '#24292f',
  green: '#37872d',
  yellow: '#b58900',
  orange: '#e0752d',
  red: '#d0312d',
  blue: '#3274d9',
};

/** Draws the board. */
export function draw(board: Board, answers: Answers, fromMs: number, toMs: number): string {
  let y = HEAD;
  const panels = board.rows.flatMap(({ height, widths, panels: row }) => {
    const places = widths ?? row.map(() => 24 / row.length);
    const drawn = row.map((panel, index) => {
      const x = places.slice(0, index).reduce((sum, width) => sum + width, 0) * COLUMN;
      const box = { x: x + GAP, y, w: (places[index] ?? 0) * COLUMN - GAP, h: height * UNIT - GAP };
      return drawPanel(panel, box, answers.get(panel) ?? [], fromMs, toMs);
    });
    y += height * UNIT;
    return drawn;
  });
  const width = 24 * COLUMN + GAP;
  const range = `${clock(fromMs)} to ${clock(toMs)} UTC`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + GAP}" width="${width}" height="${y + GAP}" role="img" font-family="ui-sans-serif, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif">`,
    `<title>${text(board.title)}</title><rect width="100%" height="100%" fill="#f4f5f7"/>`,
    label(16, 34, board.title, 20, COLOURS['text'], 600),
    label(width - 16, 34, range, 13, '#57606a', 400, 'end'),
    ...panels,
    '</svg>\n',
  ].join('\n');
}

function drawPanel(panel: Panel, box: Box, rows: readonly Row[], fromMs: number, toMs: number): string {
  const inner = { x: box.x + 12, y: box.y + 34, w: box.w - 24, h: box.h - 46 };
  const body =
    panel.kind === 'stat'
      ? stat(panel, inner, rows)
      : panel.kind === 'table'
        ? list(panel, inner, rows)
        : panel.kind === 'states'
          ? states(panel, inner, rows, fromMs, toMs)
          : series(panel, inner, rows, fromMs, toMs);
  return [
    `<rect x="${box.x}" y="${box.y}" width="${box.w}" height="${box.h}" rx="4" fill="#fff" stroke="#dfe2e6"/>`,
    label(box.x + 12, box.y + 22, panel.title, 13, '#24292f', 600),
    body,
  ].join('\n');
}

function stat(panel: Panel, box: Box, rows: readonly Row[]): string {
  const [value] = Object.values(rows[0] ?? {});
  const [base, ...steps] = panel.steps ?? (['text'] as const);
  const reached = steps.filter(([from]) => Number(value) >= from).at(-1)?.[1] ?? base;
  return label(
    box.x + box.w / 2,
    box.y + box.h / 2 + 12,
    shown(value, panel.unit),
    30,
    COLOURS[reached],
    500,
    'middle',
  );
}

function list(panel: Panel, box: Box, rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {});
  const kept = rows.slice(0, Math.floor((box.h - 16) / 19));
  const written = kept.map((row) => names.map((name) => shown(row[name], panel.units?.[name])));
  const needs = names.map((name, index) => Math.max(name.length, ...written.map((row) => row[index]?.length ?? 0)) + 2);
  const letter = Math.min(box.w / needs.reduce((sum, need) => sum + Math.min(need, LETTERS_MAX), 0), 14);
  const widths = needs.map((need) => Math.min(need, LETTERS_MAX) * letter);
  const xs = widths.map((_, index) => box.x + widths.slice(0, index).reduce((sum, width) => sum + width, 0));
  const fitting = (said: string, index: number) => cut(said, Math.floor((widths[index] ?? 0) / 6.4) - 1);
  const head = names.map((name, index) => label(xs[index] ?? 0, box.y + 10, fitting(name, index), 11, '#57606a', 600));
  const lines = written.flatMap((row, line) =>
    row.map((said, index) => {
      const colour = COLOURS[panel.texts?.[said] ?? 'text'];
      return label(xs[index] ?? 0, box.y + 30 + line * 19, fitting(said, index), 11.5, colour);
    }),
  );
  return [...head, ...lines].join('\n');
}

function states(panel: Panel, box: Box, rows: readonly Row[], fromMs: number, toMs: number): string {
  const at = scale(box, fromMs, toMs);
  return rows
    .map((row, index) => {
      const from = Math.max(at(time(row)), box.x);
      const to = index + 1 < rows.length ? at(time(rows[index + 1] ?? {})) : box.x + box.w;
      const state = String(row['state']);
      const name = to - from > 70 ? label(from + 6, box.y + box.h / 2 + 4, state, 11, '#fff') : '';
      const colour = COLOURS[panel.texts?.[state] ?? 'blue'];
      return `<rect x="${r(from)}" y="${box.y}" width="${r(Math.max(to - from, 1))}" height="${box.h}" fill="${colour}" opacity="0.75"/>${name}`;
    })
    .join('\n');
}

function series(panel: Panel, whole: Box, rows: readonly Row[], fromMs: number, toMs: number): string {
  const lines = toSeries(rows);
  const box = { x: whole.x + 46, y: whole.y, w: whole.w - 46, h: whole.h - 36 };
  const isStacked = panel.kind === 'bars';
  const totals = new Map<number, number>();
  for (const points of lines.values())
    for (const [x, v] of points) totals.set(x, (totals.get(x) ?? 0) + Math.max(v, 0));
  const values = isStacked
    ? [...totals.values(), 0]
    : [...lines.values()].flatMap((points) => points.map(([, v]) => v));
  const low = panel.min ?? Math.min(...values);
  const high = Math.max(...values, low + 1e-9);
  const at = scale(box, fromMs, toMs);
  const way = (value: number) => (panel.log === true ? Math.log10(Math.max(value, 1)) : value);
  const up = (value: number) => box.y + box.h - ((way(value) - way(low)) / (way(high) - way(low))) * box.h;
  const grid = [0, 0.5, 1].map((part) => {
    const level = panel.log === true ? (high + 1) ** part - 1 : low + (high - low) * part;
    return `<line x1="${box.x}" x2="${box.x + box.w}" y1="${r(up(level))}" y2="${r(up(level))}" stroke="#eceef1"/>${label(box.x - 6, up(level) + 4, shown(level, panel.unit), 10, '#57606a', 400, 'end')}`;
  });
  const times = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const anchor = part === 0 ? 'start' : part === 1 ? 'end' : 'middle';
    return label(
      box.x + part * box.w,
      box.y + box.h + 14,
      clock(fromMs + (toMs - fromMs) * part),
      10,
      '#57606a',
      400,
      anchor,
    );
  });
  const floor = new Map<number, number>();
  const width = Math.max(box.w / 62, 2);
  const shapes = [...lines.values()].map((points, index) => {
    const colour = PALETTE[index % PALETTE.length];
    if (!isStacked) {
      const path = points.map(([x, v]) => `${r(at(x))},${r(up(v))}`).join(' ');
      return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
    }
    return points
      .map(([x, v]) => {
        const from = floor.get(x) ?? 0;
        floor.set(x, from + v);
        return `<rect x="${r(at(x))}" y="${r(up(from + v))}" width="${r(width)}" height="${r(up(from) - up(from + v))}" fill="${colour}" opacity="0.75"/>`;
      })
      .join('');
  });
  let x = box.x;
  const legend = [...lines.keys()].flatMap((name, index) => {
    const here = x;
    x += 24 + name.length * 6.2;
    if (x > whole.x + whole.w) return [];
    const y = whole.y + whole.h - 4;
    return [
      `<rect x="${r(here)}" y="${y - 7}" width="10" height="3" fill="${PALETTE[index % PALETTE.length]}"/>${label(here + 14, y, name, 11, '#24292f')}`,
    ];
  });
  return [...grid, ...times, ...shapes, ...legend].join('\n');
}

/** From long to wide, as the plugin does: a series for each number column and each combination of texts. */
function toSeries(rows: readonly Row[]): ReadonlyMap<string, readonly (readonly [number, number])[]> {
  const found = new Map<string, (readonly [number, number])[]>();
  for (const row of rows) {
    const rest = Object.entries(row).filter(([name]) => name !== 'time');
    const texts = rest.filter(([, value]) => Number.isNaN(Number(value))).map(([, value]) => String(value));
    for (const [name, value] of rest) {
      if (value === null || Number.isNaN(Number(value))) continue;
      const key = texts.length > 0 ? texts.join(' ') : name;
      found.set(key, [...(found.get(key) ?? []), [time(row), Number(value)]]);
    }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function scale(box: Box, fromMs: number, toMs: number) {
  return (ms: number) => box.x + ((Math.min(Math.max(ms, fromMs), toMs) - fromMs) / (toMs - fromMs)) * box.w;
}

function time(row: Row): number {
  return Date.parse(`${String(row['time']).replace(' ', 'T')}Z`);
}

function shown(value: Row[string] | undefined, unit?: string): string {
  if (value === null || value === undefined || value === '') return '–';
  if (unit === 'dateTimeAsIso' || unit === 'dateTimeFromNow') return String(value).slice(5, 19);
  const number = Number(value);
  if (Number.isNaN(number) || typeof value === 'boolean') return String(value);
  if (unit === 'percentunit') return `${Math.round(number * 10_000) / 100} %`;
  if (unit === 's' || unit === 'ms') return duration(unit === 's' ? number : number / 1000);
  const short =
    Math.abs(number) >= 10_000
      ? `${r(number / 1000)}k`
      : String(Math.abs(number) < 10 ? r(number) : Math.round(number));
  const mark = unit === undefined || unit === 'short' ? '' : ` ${unit}`;
  return `${short}${mark}`;
}

function duration(seconds: number): string {
  const [size, name] = DURATIONS.find(([least]) => seconds >= least * 2) ?? [1, 's'];
  return `${r(Math.round((seconds / size) * 10) / 10)} ${name}`;
}

const DURATIONS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
] as const;

function label(
  x: number,
  y: number,
  said: string,
  size: number,
  colour = '#24292f',
  weight = 400,
  anchor = 'start',
): string {
  return `<text x="${r(x)}" y="${r(y)}" font-size="${size}" fill="${colour}" font-weight="${weight}" text-anchor="${anchor}">${text(said)}</text>`;
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16);
}

function cut(said: string, letters: number): string {
  return said.length > letters ? `${said.slice(0, Math.max(letters - 1, 1))}…` : said;
}

function text(said: string): string {
  return said.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function r(value: number): number {
  return Math.round(value * 100) / 100;
}
