/** One series of measurements, oldest first, and when something in it was out of order. */
export interface Series {
  /** The path of its file, or the name that its maker gave it; the folder is its group. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly times: readonly number[];
  readonly values: readonly number[];
  readonly windows: readonly Window[];
}

/** The indices of a window's first and last point. */
export interface Window {
  readonly first: number;
  readonly last: number;
}

/** Scores each point from 0 to 1, and sees no point before its turn. */
export type Score = (series: Series) => readonly number[];

/** The folder that a series is told with. */
export function groupOf({ name }: Series): string {
  const slash = name.lastIndexOf('/');
  return slash < 0 ? '.' : name.slice(0, slash);
}
