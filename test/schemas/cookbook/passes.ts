// What each question must be answered is found by plain passes over the rows; nothing here knows SQL.
import type { Past } from './past.ts';
import { FROM, HOUR, TO } from './rows.ts';

/** What the questions are told in the test. */
export const AT = FROM + 12 * HOUR;
export const KNOWN = TO;
export const EARLIER = AT + HOUR / 4;
export const [MINUTES, HOURS, SIGMAS, DAYS] = [15, 6, 4, 90];
export const OF = { tenant: 'acme', device: 'a1' } as const;
export const METRIC = 'temperatureC';

export type Answer = readonly Readonly<Record<string, unknown>>[];

/** The answers to questions, by their names. */
export type Answers = Readonly<Record<string, (past: Past) => Answer>>;

export function gapsOf({ gaps }: Past, tenant: string, start: number) {
  const of = gaps.filter((gap) => gap.tenant === tenant);
  const ranges = of.filter(({ kind, eventTime }) => kind === 'MISSING' && hourOf(eventTime) === start);
  const within = (wanted: string) =>
    sum(
      of
        .filter(({ kind, device, firstSequence }) =>
          ranges.some(
            (range) =>
              kind === wanted &&
              range.device === device &&
              Number(firstSequence) >= Number(range.firstSequence) &&
              Number(firstSequence) <= Number(range.lastSequence),
          ),
        )
        .map(({ count }) => count),
    );
  const lost = within('LOST');
  const late = of.filter(({ kind, eventTime }) => kind === 'LATE' && hourOf(eventTime) === start).length;
  return { missing: sum(ranges.map(({ count }) => count)) - within('FILLED') - lost, lost, late };
}

export function isOf({ tenant, device }: { readonly tenant: string; readonly device: string }): boolean {
  return tenant === OF.tenant && device === OF.device;
}

type OfDevice = { readonly tenant: string; readonly device: string };

export function perDevice<T extends OfDevice, R>(rows: readonly T[], work: (all: [T, ...T[]]) => R) {
  return by(
    Array.from(
      group(rows, ({ tenant, device }) => [tenant, device]),
      ([{ tenant, device }, all]) => ({ tenant, device, ...work(all as [T, ...T[]]) }),
    ),
    ['tenant', 'device'],
  );
}

/** Rows by a key of several parts, with the first of each. */
export function group<T>(rows: readonly T[], key: (row: T) => readonly unknown[]): Iterable<[T, T[]]> {
  const groups = [...Map.groupBy(rows, (row) => key(row).join('\n')).values()];
  return groups.map((all): [T, T[]] => [all[0] as T, all]);
}

/** Sorted by columns, the greatest first behind a minus. */
export function by<T extends object>(rows: readonly T[], columns: readonly string[]): T[] {
  return rows.toSorted((a, b) => {
    for (const column of columns) {
      const name = column.replace(/^-/, '') as keyof T;
      if (a[name] === b[name]) continue;
      return a[name] < b[name] === column.startsWith('-') ? 1 : -1;
    }
    return 0;
  });
}

export const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
export const distinct = (values: readonly unknown[]) => new Set(values).size;
export const hourOf = (ms: number) => Math.floor(ms / HOUR) * HOUR;
/** As ClickHouse counts: how many whole seconds the clock passed. */
export const secondsBetween = (from: number, to: number) => Math.floor(to / 1000) - Math.floor(from / 1000);

/** The upper one of two, as quantileExact takes it. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

export function text(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
}

export function second(ms: number): string {
  return text(ms).slice(0, 19);
}
