import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { chance } from '../runtime/log/chance.ts';

/** A TCP proxy before one `host:port`, with the faults of a network between. */
export interface Proxy {
  readonly port: number;
  /** Bytes stand still in both directions, and so do new connections, as behind a partition; nothing is refused or lost. */
  block(): void;
  /** What stood still goes on. */
  unblock(): void;
  /** Resets every open connection; what was under way is lost. */
  reset(): void;
  /** Connections that the draws of `resetShare` have reset. */
  resets(): number;
  /** Resets what is open and frees the port. */
  close(): Promise<void>;
}

export interface ProxyOptions {
  /** `host:port`. */
  readonly target: string;
  /** Default: any free port. */
  readonly port?: number;
  /** Wait of each piece in each direction; order stays. Default: 0. */
  readonly latencyMs?: number;
  /** Share, from 0 to 1, of pieces in either direction that are lost with their connection. Default: 0. */
  readonly resetShare?: number;
  /** Of the draws of `resetShare`; a test that draws prints it. */
  readonly seed?: number;
}

/** Of pieces that wait in one direction of one connection, in bytes; a sender beyond it is held back. */
const WAITING_BYTES_MAX = 1 << 20;
/** What a share is drawn from. */
const DRAWS = 1_000_000;

export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const { target, port = 0, latencyMs = 0, resetShare = 0, seed = 1 } = options;
  const colon = target.lastIndexOf(':');
  const address = { host: target.slice(0, colon), port: Number(target.slice(colon + 1)) };
  const draw = chance(seed);
  const links = new Set<Link>();
  let blocked = false;
  let resets = 0;

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const broker = connect({ ...address, allowHalfOpen: true });
    const link = newLink(client, broker, latencyMs, () => {
      if (resetShare === 0 || draw(DRAWS) >= resetShare * DRAWS) return false;
      resets += 1;
      return true;
    });
    links.add(link);
    client.once('close', () => links.delete(link));
    if (blocked) link.block();
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('proxy_unbound: the proxy has no port');

  const reset = () => {
    for (const link of links) link.reset();
  };
  return {
    port: bound.port,
    block() {
      blocked = true;
      for (const link of links) link.block();
    },
    unblock() {
      blocked = false;
      for (const link of links) link.unblock();
    },
    reset,
    resets: () => resets,
    async close() {
      const closed = once(server, 'close');
      server.close();
      reset();
      await closed;
    },
  };
}

interface Link {
  block(): void;
  unblock(): void;
  reset(): void;
}

/** One connection: two ways, which end together. */
function newLink(client: Socket, broker: Socket, latencyMs: number, lost: () => boolean): Link {
  const reset = () => {
    client.resetAndDestroy();
    broker.resetAndDestroy();
  };
  const ways = [newWay(client, broker, latencyMs, lost, reset), newWay(broker, client, latencyMs, lost, reset)];
  for (const socket of [client, broker]) {
    socket.setNoDelay(true);
    // The close that follows an error ends the other side.
    socket.on('error', () => undefined);
    socket.once('close', (failed) => {
      if (failed) reset();
    });
  }
  return {
    block: () => ways.forEach((way) => way.block()),
    unblock: () => ways.forEach((way) => way.unblock()),
    reset,
  };
}

interface Way {
  block(): void;
  unblock(): void;
}

interface Piece {
  readonly dueMs: number;
  /** Null: the sender has ended. */
  readonly bytes: Buffer | null;
}

/** From one socket to another, each piece after its wait, in order. */
function newWay(from: Socket, to: Socket, latencyMs: number, lost: () => boolean, reset: () => void): Way {
  const pieces: Piece[] = [];
  let waiting = 0;
  let blocked = false;
  let timer: NodeJS.Timeout | undefined;

  const pass = () => {
    clearTimeout(timer);
    for (let [first] = pieces; first !== undefined && !blocked && !to.writableNeedDrain; [first] = pieces) {
      const waitMs = first.dueMs - performance.now();
      if (waitMs > 0) {
        timer = setTimeout(pass, waitMs);
        return;
      }
      pieces.shift();
      waiting -= first.bytes?.length ?? 0;
      if (first.bytes === null) to.end();
      else to.write(first.bytes);
    }
    if (waiting < WAITING_BYTES_MAX) from.resume();
  };
  const take = (bytes: Buffer | null) => {
    if (bytes !== null && lost()) return reset();
    pieces.push({ dueMs: performance.now() + latencyMs, bytes });
    waiting += bytes?.length ?? 0;
    if (waiting >= WAITING_BYTES_MAX) from.pause();
    pass();
  };
  from.on('data', take);
  from.once('end', () => take(null));
  to.on('drain', pass);
  to.once('close', () => clearTimeout(timer));
  return {
    block() {
      blocked = true;
    },
    unblock() {
      blocked = false;
      pass();
    },
  };
}
