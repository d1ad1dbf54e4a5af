/** From which value on a measure is so good; where excellent is the least, less is better. */
export interface Band {
  readonly measure: string;
  readonly excellent: number;
  readonly good: number;
  readonly fair: number;
  readonly poor: number;
}

export interface Bands {
  readonly bands: readonly Band[];
  /** Those that they are for; empty for all. */
  readonly technologies: readonly string[];
}

const GRADES = ['EXCELLENT', 'GOOD', 'FAIR', 'POOR', 'VERY_POOR'];

/**
 * How good a row of a window is by its own measures: no better than the worst of them that has a band, the first such.
 * Of all technologies together nothing is said.
 */
export function qualityOf(row: Readonly<Record<string, unknown>>, { bands, technologies }: Bands) {
  const isJudged =
    row['technology'] !== 'ALL' && (technologies.length === 0 || technologies.includes(row['technology'] as string));
  const grades = bands.flatMap((band) => {
    const value = row[band.measure];
    if (!isJudged || typeof value !== 'number') return [];
    const limits = [band.excellent, band.good, band.fair, band.poor];
    const sign = band.excellent < band.poor ? -1 : 1;
    // As many limits as the value fails, so much worse than excellent it is.
    return [{ measure: band.measure, failed: limits.filter((limit) => sign * value < sign * limit).length }];
  });
  const worst = Math.max(...grades.map(({ failed }) => failed));
  const by = grades.find(({ failed }) => failed === worst);
  return { quality: by === undefined ? 'UNKNOWN' : GRADES[worst], qualityBy: by?.measure ?? null };
}
