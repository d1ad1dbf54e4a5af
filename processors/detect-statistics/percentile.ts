/** The value of a percentile such as `p99.9` of ascending values, by nearest rank; p0 is the least, p100 the greatest. */
export function percentileOf(ascending: readonly number[], statistic: string): number {
  const [whole = '', fraction = ''] = statistic.slice(1).split('.');
  // Of hundredths, so that no rank depends on how a fraction is rounded.
  const hundredths = Number(whole) * 100 + Number(fraction.padEnd(2, '0'));
  const rank = Math.max(1, Math.ceil((hundredths * ascending.length) / 10_000));
  return ascending[rank - 1] as number;
}
