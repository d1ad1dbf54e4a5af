// Names in package-lock.json every optional platform package, also those that the registry at hand does not serve:
// `npm ci` refuses a lock file that lacks one, whatever the platform. Run after a change of dependencies.
import { readFileSync, writeFileSync } from 'node:fs';

const LOCK_FILE = 'package-lock.json';
const SYSTEMS = new Set([
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
]);
const PROCESSORS = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el'] as const;

interface Locked {
  readonly version: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(LOCK_FILE, 'utf8')) as { packages: Record<string, unknown> };
const added: string[] = [];
for (const [place, entry] of Object.entries(lock.packages) as [string, Locked][]) {
  if (place === '') continue;
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(place, name) || !/^\d/.test(version)) continue;
    const { os, cpu, libc } = platform(name);
    // In npm's order of attributes, so that npm changes nothing when it writes the file.
    lock.packages[`node_modules/${name}`] = {
      version,
      cpu,
      ...(entry.dev && { dev: true }),
      ...libc,
      optional: true,
      os,
    };
    added.push(`${name}@${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
writeFileSync(LOCK_FILE, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length === 0 ? 'The lock file is complete.' : `Added without integrity: ${added.join(', ')}`);

function isLocked(place: string, name: string): boolean {
  return `${place}/node_modules/${name}` in lock.packages || `node_modules/${name}` in lock.packages;
}

/** Reads out of a name such as `@oxlint/binding-linux-arm64-musl` where the package runs. */
function platform(name: string): { os: string[]; cpu: string[]; libc: { libc?: string[] } } {
  const parts = name.split(/[/-]/);
  const os = parts.find((part) => SYSTEMS.has(part));
  const cpu = PROCESSORS.find((processor) => parts.includes(processor));
  if (os === undefined || cpu === undefined) {
    throw new Error(`lock_platform_unknown: ${name} names no platform; extend scripts/lock.ts`);
  }
  const last = parts.at(-1) ?? '';
  if (last.startsWith('musl')) return { os: [os], cpu: [cpu], libc: { libc: ['musl'] } };
  return { os: [os], cpu: [cpu], libc: last.startsWith('gnu') ? { libc: ['glibc'] } : {} };
}
