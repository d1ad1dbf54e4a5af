/** Rows with their columns below each other; the first row is the head. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  const line = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i] as number)).join('  ');
  return rows.map((row) => `  ${line(row)}`.trimEnd()).join('\n');
}

/** A span of time as people say it. */
export function age(ms: number): string {
  const seconds = Math.abs(ms) / 1000;
  const sign = ms < 0 ? '-' : '';
  if (seconds < 120) return `${sign}${Math.floor(seconds)} s`;
  if (seconds < 7_200) return `${sign}${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${sign}${Math.floor(seconds / 3_600)} h`;
  return `${sign}${Math.floor(seconds / 86_400)} d`;
}

/** A time as ISO 8601 in UTC. */
export function moment(ms: number): string {
  return new Date(ms).toISOString();
}

/** A text that fits, with a mark where it was cut. */
export function fit(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
