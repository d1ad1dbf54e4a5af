import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CommandError } from './failure.ts';

/** Makes the data folder, each missing parent by itself: Node's recursive way never ends below `/proc`. */
export function makeDataFolder(folder: string): void {
  const missing: string[] = [];
  for (let at = resolve(folder); !existsSync(at); at = dirname(at)) missing.push(at);
  try {
    for (const path of missing.toReversed()) mkdirSync(path);
    accessSync(folder, constants.R_OK | constants.W_OK);
  } catch (cause) {
    const detail = `cannot keep data in ${folder} (${(cause as Error).message}); set FLEETSTREAM_DATA to a folder that you may write`;
    throw new CommandError('data_unwritable', detail, { cause });
  }
}
