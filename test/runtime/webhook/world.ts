import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeadLettered, deadLetters } from '#sdk';
import { compiled } from '#runtime/avro.ts';
import { openEmbeddedLog } from '#runtime/log/embedded/log.ts';
import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { openReceiver } from '#runtime/webhook/receiver.ts';
import { keyOfSecret } from '#runtime/webhook/signature.ts';
import { startWebhook, type Webhook, type WebhookOptions } from '#runtime/webhook/sink.ts';
import { chanceFrom } from '../../simulation/chance.ts';
import { type Fate, type Got, messageOf, PARTITIONS, SECRET, say, startHook, Word, words } from './hook.ts';

const KEYS = [keyOfSecret(SECRET) as Buffer];

/** What a test opened, in order. */
export const closing: (() => Promise<void>)[] = [];

/** A log in a folder, a receiver over HTTP, and what begins a webhook between them. */
export async function world(seed: number, fate: (got: Got, number: number) => Fate = () => 204) {
  const path = await mkdtemp(join(tmpdir(), 'fleetstream-webhook-'));
  closing.push(() => rm(path, { recursive: true, force: true }));
  const log = await openEmbeddedLog({ path });
  closing.push(() => log.close());
  const registry = new MemoryRegistry();
  const id = await registry.register(Word.avro);
  const { hook, got, url, port, close } = await startHook(fate);
  closing.push(close);
  const reports: { code: string; detail: Readonly<Record<string, unknown>> }[] = [];
  const receiverOf = (timeoutMs: number) => openReceiver({ url, keys: KEYS, timeoutMs, agent: 'test', now: Date.now });
  const begin = async (more: Partial<WebhookOptions> & { readonly timeoutMs?: number } = {}): Promise<Webhook> => {
    const { timeoutMs = 10_000, ...options } = more;
    const webhook = await startWebhook({
      log,
      registry,
      topic: words,
      partitions: PARTITIONS,
      receiver: receiverOf(timeoutMs),
      messageOf,
      giveUpMs: 60_000,
      keepMs: Number.POSITIVE_INFINITY,
      backOff: { pauseMsMin: 5, pauseMsMax: 40 },
      chance: chanceFrom(seed).unit,
      report: (code, detail) => reports.push({ code, detail }),
      ...options,
    });
    closing.push(() => webhook.abandon());
    return webhook;
  };
  const letters = async () => {
    const found: { code: string; detail: string; topic: string | null; offset: number | null; value: Buffer }[] = [];
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const end = await log.endOffset(deadLetters.name, partition);
      const positions = [{ topic: deadLetters.name, partition, offset: 0 }];
      const [part] = end === 0 ? [] : await log.fetch({ positions, bytesMax: 1e6, waitMsMax: 0 });
      for (const { value } of part?.records ?? [])
        found.push(compiled(DeadLettered.avro).fromBuffer(Buffer.from(value as Uint8Array).subarray(5)) as never);
    }
    return found;
  };
  const texts = () => got.map(({ id: each }) => each);
  return {
    log,
    registry,
    hook,
    got,
    texts,
    port,
    begin,
    receiverOf,
    stopHook: close,
    letters,
    reports,
    say: (...lines: string[]) => say(log, id, lines),
  };
}
