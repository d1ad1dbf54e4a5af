import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CommandError } from './failure.ts';

/** Makes the data folder, each missing parent by itself: Node's recursive way never ends below `/proc`. Throws `data_unwritable`. */
export function makeDataFolder(folder: string): void {
  const missing: string[] = [];
  for (let at = resolve(folder); !existsSync(at); at = dirname(at)) missing.push(at);
  try {
    for (const path of missing.toReversed()) mkdirSync(path);
    accessSync(folder, constants.R_OK | constants.W_OK);
  } catch (cause) {
    throw unwritable(folder, (cause as Error).message, { cause });
  }
  if (!statSync(folder).isDirectory()) throw unwritable(folder, 'it is a file');
}

function unwritable(folder: string, why: string, options?: ErrorOptions): CommandError {
  const next = 'set FLEETSTREAM_DATA to a folder that you may write';
  return new CommandError('data_unwritable', `cannot keep data in ${folder} (${why}); ${next}.`, options);
}
