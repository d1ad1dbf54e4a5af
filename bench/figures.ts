/** One measured figure over several runs. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
}

/** Median, least and greatest of a figure's values. */
export function summary({ name, unit, values }: Figure) {
  const sorted = [...values].sort((a, b) => a - b);
  const [min = Number.NaN] = sorted;
  const max = sorted.at(-1) ?? Number.NaN;
  return { name, unit, median: quantile(sorted, 0.5), min, max, runs: values.length };
}

/** Quantile by linear interpolation between the closest ranks (Hyndman and Fan 1996, type 7). */
export function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/** Prints a figure: one line of JSON, or one line for people. */
export function print(figure: Figure, json: boolean): void {
  const { name, unit, median, min, max, runs } = summary(figure);
  if (json) console.log(JSON.stringify({ name, unit, median, min, max, runs }));
  else
    console.log(
      `${name.padEnd(34)} ${round(median).padStart(12)} ${unit.padEnd(9)} (${round(min)} to ${round(max)}, ${runs} runs)`,
    );
}

function round(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
