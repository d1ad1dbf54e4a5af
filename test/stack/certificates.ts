import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StackAbsent } from './absent.ts';

/** PEM texts. */
export interface Certificates {
  readonly ca: string;
  readonly server: Pair;
  readonly client: Pair;
}

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** An authority, and what it signed: a server's certificate for this host and localhost, and a client's. Throws StackAbsent. */
export function makeCertificates(host: string): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'fleetstream-certificates-'));
  try {
    const ca = authority(folder);
    const names = ['DNS:localhost', 'IP:127.0.0.1', ...(/^[\d.]+$/.test(host) ? [`IP:${host}`] : [`DNS:${host}`])];
    const server = signed(folder, 'server', `subjectAltName=${[...new Set(names)].join(',')}`);
    const client = signed(folder, 'client', 'extendedKeyUsage=clientAuth');
    return { ca, server, client };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function authority(folder: string): string {
  newKey(folder, 'ca');
  openssl(folder, ['req', '-x509', '-key', 'ca.key', '-subj', '/CN=fleetstream test', '-days', '2', '-out', 'ca.crt']);
  return readFileSync(join(folder, 'ca.crt'), 'utf8');
}

function signed(folder: string, name: string, extension: string): Pair {
  newKey(folder, name);
  openssl(folder, ['req', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`, '-out', `${name}.csr`]);
  writeFileSync(join(folder, `${name}.ext`), `${extension}\n`);
  const by = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`];
  openssl(folder, ['x509', '-req', '-in', `${name}.csr`, ...by, '-out', `${name}.crt`]);
  const read = (end: string) => readFileSync(join(folder, `${name}.${end}`), 'utf8');
  return { cert: read('crt'), key: read('key') };
}

function newKey(folder: string, name: string): void {
  openssl(folder, ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${name}.key`]);
}

function openssl(folder: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
  if (error !== undefined) throw new StackAbsent(`openssl_absent: cannot run openssl: ${error.message}; install it`);
  if (status !== 0) throw new Error(`openssl_failed: openssl ${args.join(' ')}: ${stderr}`);
}
