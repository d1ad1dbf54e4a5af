/** How tries follow one another. */
export interface BackOff {
  readonly pauseMsMin: number;
  readonly pauseMsMax: number;
}

export const BACK_OFF: BackOff = { pauseMsMin: 1_000, pauseMsMax: 60_000 };

/** A receiver that asks for more than this is asked again all the same. */
export const RETRY_AFTER_MS_MAX = 3_600_000;

/**
 * Milliseconds until the next try: twice as many after each, and by chance down to half of that, so that many that
 * failed together do not come together again; what the receiver asks for is the least.
 */
export function pauseMs(
  { pauseMsMin, pauseMsMax }: BackOff,
  failures: number,
  { retryAfterMs, chance }: { readonly retryAfterMs: number | null; readonly chance: () => number },
): number {
  const whole = Math.min(pauseMsMax, pauseMsMin * 2 ** Math.min(failures - 1, 30));
  const own = whole * (0.5 + chance() / 2);
  return Math.max(own, Math.min(retryAfterMs ?? 0, RETRY_AFTER_MS_MAX));
}
