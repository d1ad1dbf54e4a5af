import { spawnSync } from 'node:child_process';

/** Whether a foreign client is installed. Where it is not it skips, by what it is given, or fails where REQUIRE_FOREIGN=1. */
export function has(program: string, args: readonly string[], skip: (reason: string) => void): boolean {
  const { status, error } = spawnSync(program, args);
  if (status === 0) return true;
  const reason = `${program} ${args.join(' ')}: ${error?.message ?? `ended with ${status}`}`;
  if (process.env['REQUIRE_FOREIGN'] === '1') throw new Error(`foreign_absent: ${reason}; install it`);
  skip(reason);
  return false;
}

/** What a program wrote. Throws where it ends with anything but 0. */
export function run(program: string, args: readonly string[], input = ''): string {
  return written(program, args, input).toString();
}

/** As `run`, for what is no text. */
export function written(program: string, args: readonly string[], input = ''): Buffer {
  const { status, stdout, stderr } = spawnSync(program, args, { input, timeout: 60_000 });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${String(stderr)}`);
  return stdout;
}
