import { MemoryRegistry } from '#runtime/registry/memory.ts';
import { registryContract } from '../../contract/registry.ts';

registryContract('memory', async () => {
  const registry = new MemoryRegistry();
  return { registry, reopen: async () => registry, close: async () => undefined };
});
