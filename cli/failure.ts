/** What ends a command, in one line for people; anything else is a fault of ours and shows its stack. */
export class CommandError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.name = 'CommandError';
    this.code = code;
  }
}

export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
/** What was asked is recorded, and what became of it is not known yet. */
const EXIT_UNKNOWN = 3;

/** The exit code of an error, and what to print of it. */
export function describe(error: unknown): { readonly exitCode: number; readonly text: string } {
  const { code, message = String(error), stack } = error as { code?: unknown; message?: string; stack?: string };
  if (typeof code !== 'string' || !message.startsWith(`${code}: `))
    return { exitCode: EXIT_FAILED, text: stack ?? message };
  return { exitCode: exitCodeOf(code), text: message };
}

function exitCodeOf(code: string): number {
  if (code.startsWith('config_') || code === 'usage') return EXIT_USAGE;
  return code === 'outcome_unknown' ? EXIT_UNKNOWN : EXIT_FAILED;
}

/** The system's code of a failed connection, however deep it is wrapped. */
export function systemCode(error: unknown): string | null {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string') return code;
    if (at instanceof AggregateError) return systemCode(at.errors[0]);
  }
  return null;
}
