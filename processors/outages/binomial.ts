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
  const ways = logFactorial(n) - logFactorial(k) - logFactorial(n - k);
  let term = exp(ways + k * log(p) + (n - k) * log(1 - p));
  let sum = term;
  for (let i = k; i < n && term > sum * NEGLIGIBLE; i++) {
    term *= ((n - i) / (i + 1)) * (p / (1 - p));
    sum += term;
  }
  return Math.min(1, sum);
}

/** From here on four terms of Stirling's series leave out less than 1e-11. */
const STIRLING_MIN = 16;
const HALF_LOG_2_PI = 0.9189385332046727;

function logFactorial(n: number): number {
  if (n < STIRLING_MIN) {
    let product = 1;
    for (let i = 2; i <= n; i++) product *= i;
    return log(product);
  }
  const series = 1 / (12 * n) - 1 / (360 * n * n * n) + 1 / (1_260 * n * n * n * n * n);
  return n * log(n) - n + log(n) / 2 + HALF_LOG_2_PI + series;
}
