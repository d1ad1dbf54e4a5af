import { join } from 'node:path';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import { openEmbeddedRegistry } from '#runtime/registry/embedded.ts';
import { openReceiver } from '#runtime/webhook/receiver.ts';
import { keyOfSecret } from '#runtime/webhook/signature.ts';
import { startWebhook } from '#runtime/webhook/sink.ts';
import { messageOf, PARTITIONS, SECRET, say, Word, words } from './hook.ts';

// A log and a webhook in one process, which kills itself with SIGKILL behind the n-th answer of the receiver:
// child.ts <folder> <url> <n> [word...]. It says these words first, and ends by itself once all is told.

const [folder = '', url = '', nth = '0', ...lines] = process.argv.slice(2);
let left = Number(nth);
const log = await openEmbeddedLog({ path: join(folder, 'log') });
const registry = await openEmbeddedRegistry(join(folder, 'registry.json'));
const id = await registry.register(Word.avro);
const webhook = await startWebhook({
  log,
  registry,
  topic: words,
  partitions: PARTITIONS,
  receiver: openReceiver({
    url,
    keys: [keyOfSecret(SECRET) as Buffer],
    timeoutMs: 5_000,
    agent: 'child',
    now: Date.now,
  }),
  messageOf,
  giveUpMs: 60_000,
  keepMs: Number.POSITIVE_INFINITY,
  backOff: { pauseMsMin: 5, pauseMsMax: 40 },
  step: (name) => {
    if (name === 'answered' && --left === 0) process.kill(process.pid, 'SIGKILL');
  },
});
await say(log, id, lines);
while ((await webhook.lag()) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
await webhook.stop();
await log.close();
process.exit(0);
