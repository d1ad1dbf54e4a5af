import { styleText } from 'node:util';
import type { Logger } from '#runtime/logger.ts';

/** What a person, or a machine, sees of a run. */
export interface Screen {
  /** Lines that stay. */
  say(text: string, fields?: Readonly<Record<string, unknown>>): void;
  /** What is being done; the next line takes its place on a terminal. */
  progress(text: string): void;
  /** How it stands now. */
  status(text: string, fields: Readonly<Record<string, unknown>>): void;
  /** How often `status` is wanted, ms. */
  readonly statusMs: number;
  /** Leaves the terminal as it was. */
  end(): void;
}

const LIVE_MS = 1_000;
const PLAIN_MS = 10_000;
const CLEAR_LINE = '\r\u001b[2K';

/** A screen on a terminal has one line that lives; elsewhere lines are plain, or records of the log as JSON. */
export function openScreen(out: NodeJS.WriteStream, logger: Logger, json: boolean): Screen {
  if (json) return jsonScreen(logger);
  return out.isTTY ? liveScreen(out) : plainScreen(out);
}

function jsonScreen(logger: Logger): Screen {
  return {
    statusMs: PLAIN_MS,
    say: (text, fields = {}) => logger.info(fields, text),
    progress: (text) => logger.info(text),
    status: (text, fields) => logger.info(fields, text),
    end: () => undefined,
  };
}

function plainScreen(out: NodeJS.WriteStream): Screen {
  const line = (text: string) => void out.write(`${text}\n`);
  return { statusMs: PLAIN_MS, say: line, progress: line, status: line, end: () => undefined };
}

function liveScreen(out: NodeJS.WriteStream): Screen {
  let live = '';
  const draw = () => {
    // A line that wraps could not be cleared again.
    const shown = live.slice(0, Math.max(10, (out.columns || 80) - 1));
    out.write(CLEAR_LINE + styleText('cyan', shown));
  };
  return {
    statusMs: LIVE_MS,
    say(text) {
      out.write(`${CLEAR_LINE}${text}\n`);
      if (live !== '') draw();
    },
    progress(text) {
      live = text;
      draw();
    },
    status(text) {
      live = text;
      draw();
    },
    end() {
      live = '';
      out.write(CLEAR_LINE);
    },
  };
}
