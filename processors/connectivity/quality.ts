import type { ConnectivityWindow, QualityBands } from '#schemas';

/** What bands may be about. */
type Measured = Pick<
  ConnectivityWindow,
  'technology' | 'rssi' | 'snr' | 'rsrp' | 'rsrq' | 'sinr' | 'marginDb' | 'loss' | 'latencyP50'
>;

const GRADES = ['EXCELLENT', 'GOOD', 'FAIR', 'POOR', 'VERY_POOR'] as const;

/** How good a link is: as good as its worst measure that has a band. */
export function qualityOf(
  window: Measured,
  { bands, technologies }: QualityBands,
): Pick<ConnectivityWindow, 'quality' | 'qualityBy'> {
  let worst = { grade: -1, measure: '' };
  const isMeant = technologies.length === 0 || technologies.includes(window.technology);
  for (const band of isMeant ? bands : []) {
    const value = valueOf(window, band.measure);
    if (value === null) continue;
    const grade = gradeOf(value, band);
    if (grade > worst.grade) worst = { grade, measure: band.measure };
  }
  const quality = GRADES[worst.grade];
  return quality === undefined ? { quality: 'UNKNOWN', qualityBy: null } : { quality, qualityBy: worst.measure };
}

function gradeOf(value: number, { excellent, good, fair, poor }: QualityBands['bands'][number]): number {
  const moreIsBetter = excellent >= poor;
  const grade = [excellent, good, fair, poor].findIndex((limit) => (moreIsBetter ? value >= limit : value <= limit));
  return grade === -1 ? GRADES.length - 1 : grade;
}

function valueOf(window: Measured, measure: string): number | null {
  switch (measure) {
    case 'rssi':
    case 'snr':
    case 'rsrp':
    case 'rsrq':
    case 'sinr':
    case 'marginDb':
    case 'loss':
    case 'latencyP50':
      return window[measure];
    default:
      return null;
  }
}
