import { policy } from '#sdk';
import { AnomalyPolicy } from './generated/index.ts';

export const anomalyPolicy = policy({
  name: 'anomaly',
  doc: 'From when on an anomaly of a metric is an alert.',
  value: AnomalyPolicy,
  // Of a thousand devices with five metrics a minute, one in a million is fifty alerts a week.
  fallback: { alertProbability: 1e-6, valuesMin: 1_000, lentMin: 200 },
  check({ alertProbability, valuesMin, lentMin }) {
    if (!(alertProbability > 0 && alertProbability <= 0.0015))
      return 'alertProbability must be above 0, and 0.0015 at most, as what is likelier is no anomaly';
    return valuesMin < 0 || lentMin < 0 ? 'valuesMin and lentMin must not be negative' : null;
  },
});
