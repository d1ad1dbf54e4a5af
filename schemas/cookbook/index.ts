import { alerts } from './alerts.ts';
import { completeness } from './completeness.ts';
import { connectivity } from './connectivity.ts';
import { devices } from './devices.ts';
import { health } from './health.ts';
import type { Question } from './question.ts';
import { security } from './security.ts';
import { twins } from './twins.ts';

export { PARAMETERS, type Parameter, parametersIn, type Question } from './question.ts';

/** What an analyst asks, by what it is about. */
export const cookbook: Readonly<Record<string, readonly Question[]>> = {
  connectivity,
  devices,
  health,
  alerts,
  security,
  twins,
  completeness,
};
