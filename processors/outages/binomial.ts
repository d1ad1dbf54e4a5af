import { exp, log } from '#sdk';

/** Terms so much smaller than their sum add nothing. */
const NEGLIGIBLE = 1e-12;

/**
 * The probability that at least `k` of `n` independent events happen, each with probability `p`; 1 where `k` is no more
 * than is expected.
 */
export function binomialTail(k: number, n: number, p: number): number {
  if (k > n) return 0;
  if (k <= 0 || k <= n * p) return 1;
  let logarithm = k * log(p) + (n - k) * log(1 - p);
  for (let i = 1; i <= k; i++) logarithm += log((n - k + i) / i);
  let term = exp(logarithm);
  let sum = term;
  for (let i = k; i < n && term > sum * NEGLIGIBLE; i++) {
    term *= ((n - i) / (i + 1)) * (p / (1 - p));
    sum += term;
  }
  return Math.min(1, sum);
}
