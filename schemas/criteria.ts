import type { Behaviour } from './generated/index.ts';

/** Members of a set that are shown. */
const SHOWN_MAX = 16;

/** How unlikely a number must be, by what the device usually does, to violate a behaviour with a confidence of AWS. */
export const CONFIDENCES: Readonly<Record<string, number>> = { LOW: 1e-3, MEDIUM: 1e-4, HIGH: 1e-5 };

/** What is normal, in words. */
export function criteriaOf(behaviour: Behaviour): string {
  const { metric, confidence, durationSeconds } = behaviour;
  if (confidence === null) return comparisonOf(behaviour);
  const most = CONFIDENCES[confidence] ?? 0;
  return `${metric} likelier than ${most} by its past (confidence ${confidence}) in ${durationSeconds ?? 300} s`;
}

function comparisonOf(behaviour: Behaviour): string {
  const { metric, operator, threshold, statistic, cidrs, ports, numbers, strings, durationSeconds } = behaviour;
  const set = [...cidrs, ...ports, ...numbers, ...strings];
  const more = set.length > SHOWN_MAX ? ` and ${set.length - SHOWN_MAX} more` : '';
  const value =
    threshold === null && statistic === null
      ? `${set.slice(0, SHOWN_MAX).join(', ')}${more}`
      : String(threshold ?? statistic);
  return `${metric} ${operator} ${value} in ${durationSeconds ?? 300} s`;
}

/** Whether a number compares to a limit as it does where all is normal. */
export function isNormal(operator: string, value: number, limit: number): boolean {
  switch (operator) {
    case 'less-than':
      return value < limit;
    case 'less-than-equals':
      return value <= limit;
    case 'greater-than':
      return value > limit;
    default:
      return value >= limit;
  }
}
