// Writes into .env what docker-compose.yml demands and .env does not have yet, each a random value of its own.
import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, existsSync, readFileSync } from 'node:fs';

const FILE = '.env';
const BYTES = 24;

const compose = readFileSync('docker-compose.yml', 'utf8');
const demanded = new Set(Array.from(compose.matchAll(/\$\{([A-Z_]+):\?/g), ([, name]) => name as string));
const present = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
const missing = [...demanded].filter((name) => !new RegExp(`^${name}=.`, 'm').test(present));
const seam = present === '' || present.endsWith('\n') ? '' : '\n';
const lines = missing.map((name) => `${name}=${randomBytes(BYTES).toString('hex')}\n`);
appendFileSync(FILE, seam + lines.join(''), { mode: 0o600 });
// The mode of a file that was there before is not changed by writing to it.
chmodSync(FILE, 0o600);
process.stdout.write(`${FILE} holds ${[...demanded].join(', ')}; ${missing.length} of them are new\n`);
