import { mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';

/** A log file grows to this size, then becomes `fleetstream.log.1`. */
export const LOG_FILE_BYTES_MAX = 10 * 1024 * 1024;
const LOG_FILE = 'fleetstream.log';

/** What the machine writes of itself. */
export type Logger = pino.Logger;

/** Where a log goes and what must never stand in it. */
export interface LoggerOptions {
  readonly level: string;
  /** The folder of the log file; null writes to standard output. */
  readonly folder: string | null;
  /** Values that are blanked wherever they stand. */
  readonly secrets: readonly string[];
  /** Fields of each line, such as the trace that it belongs to. */
  readonly fields?: (() => object) | undefined;
}

/** Opens the log: JSON lines, in a file or on standard output. */
export function openLogger({ level, folder, secrets, fields }: LoggerOptions): Logger {
  const destination = pino.destination({ dest: folder === null ? 1 : fileIn(folder), sync: true });
  let bytes = folder === null ? 0 : sizeOf(join(folder, LOG_FILE));
  const streamWrite = (line: string) => {
    if (folder !== null && bytes > LOG_FILE_BYTES_MAX) {
      renameSync(join(folder, LOG_FILE), join(folder, `${LOG_FILE}.1`));
      destination.reopen();
      bytes = 0;
    }
    bytes += line.length;
    return blank(line, secrets);
  };
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRET_PATHS, censor: BLANK },
    hooks: { streamWrite },
    ...(fields === undefined ? {} : { mixin: fields }),
  };
  return pino(options, destination);
}

/** Writes down what a part tells by its code: what belongs to a good day as news, all else as a warning. */
export function reportTo(logger: Logger): (code: string, detail: Readonly<Record<string, unknown>>) => void {
  return (code, detail) => logger[NEWS.has(code) ? 'info' : 'warn']({ code, ...detail }, code);
}

const NEWS: ReadonlySet<string> = new Set(['clock_taken', 'share_begins', 'sink_active', 'sink_stands_by']);

/** The file that a logger of that folder writes. */
export function logFile(folder: string): string {
  return join(folder, LOG_FILE);
}

const BLANK = '[redacted]';
const SECRET_NAMES = ['token', 'tokens', 'password', 'authorization', 'cookie', 'secret'];
const SECRET_PATHS = [...SECRET_NAMES, ...SECRET_NAMES.map((name) => `*.${name}`), '*.headers.authorization'];
/** `user:password@` between the scheme and the host of a URL. Bounded, since a log line may be long. */
const CREDENTIALS = /(?<=:\/\/)[^\s/@"]{1,512}@/g;
const BEARER = /\b(Bearer|Basic) [\w.~+/=-]+/gi;

function blank(line: string, secrets: readonly string[]): string {
  let blanked = line.replace(CREDENTIALS, `${BLANK}@`).replace(BEARER, `$1 ${BLANK}`);
  for (const secret of secrets) blanked = blanked.replaceAll(JSON.stringify(secret).slice(1, -1), BLANK);
  return blanked;
}

function fileIn(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return logFile(folder);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
