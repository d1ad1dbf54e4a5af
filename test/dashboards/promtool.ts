// Prometheus's own judge of rules and configurations.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const found = spawnSync('promtool', ['--version']).status === 0;
/** Where a machine must have it, a test that needs it fails instead of being skipped. */
export const hasPromtool = found || process.env['REQUIRE_PROMTOOL'] === '1';

/** Judges rules that are in no file. */
export function checkRules(rules: object): { readonly status: number | null; readonly text: string } {
  const folder = mkdtempSync(join(tmpdir(), 'promtool-'));
  try {
    // YAML is a superset of JSON.
    writeFileSync(join(folder, 'rules.yml'), JSON.stringify(rules));
    return promtool(['check', 'rules', join(folder, 'rules.yml')]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs promtool. */
export function promtool(args: readonly string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  return { status, text: `${stdout}${stderr}` };
}
