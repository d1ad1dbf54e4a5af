import { alerts } from './alerts.ts';
import { completeness } from './completeness.ts';
import { device } from './device.ts';
import { fleet } from './fleet.ts';
import type { Board } from './lib/board.ts';
import { pipeline } from './pipeline.ts';

/** Every board, by the name of its file. */
export const boards: Readonly<Record<string, Board>> = { fleet, device, alerts, completeness, pipeline };
