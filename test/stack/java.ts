import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The first `java` of at least this version, or null: JAVA_HOME, then PATH, then the usual places. */
export function findJava(versionMin: number): string | null {
  return candidates().find((java) => javaVersion(java) >= versionMin) ?? null;
}

/** Major version of a `java`, 0 where it does not run. */
function javaVersion(java: string): number {
  const { stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  return Number(/version "(?:1\.)?(\d+)/.exec(stderr ?? '')?.[1] ?? 0);
}

function candidates(): string[] {
  const home = process.env['JAVA_HOME'];
  const usual = [
    ...homesIn('/usr/lib/jvm'),
    ...homesIn('/opt'),
    ...homesIn('/opt/java'),
    ...homesIn(join(homedir(), '.sdkman/candidates/java')),
    ...homesIn('/Library/Java/JavaVirtualMachines').map((folder) => join(folder, 'Contents/Home')),
    '/opt/homebrew/opt/openjdk',
    '/usr/local/opt/openjdk',
  ];
  const named = home === undefined || home === '' ? [] : [join(home, 'bin/java')];
  return [...named, 'java', ...usual.map((folder) => join(folder, 'bin/java')).filter((java) => existsSync(java))];
}

function homesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .toSorted()
    .map((name) => join(folder, name));
}
