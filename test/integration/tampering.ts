import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** An answer of a broker on its way to the client. */
export interface Told {
  /** Of the request, by the protocol guide. */
  readonly apiKey: number;
  /** Counted from the first. */
  readonly connection: number;
  /** The whole frame behind its length; what is changed in it is what the client reads. */
  readonly frame: Buffer;
}

/** What becomes of an answer: `reset` loses it with its connection, `swallow` leaves the client waiting. */
export type Fate = 'pass' | 'reset' | 'swallow';

/** Stands between clients and a broker, and decides over each answer: the broker has done by then what was asked. */
export interface Tampering {
  readonly port: number;
  /** Asked for each answer from now on. */
  decide(fate: (told: Told) => Fate): void;
  close(): Promise<void>;
}

export async function startTampering(target: string, port: number): Promise<Tampering> {
  const [host = '', at = ''] = target.split(':');
  let decide: (told: Told) => Fate = () => 'pass';
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((client) => {
    const connection = connections++;
    const broker = connect({ host, port: Number(at) });
    const end = () => {
      client.destroy();
      broker.destroy();
    };
    for (const socket of [client, broker]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .once('close', () => {
          sockets.delete(socket);
          end();
        });
    }
    const asked = new Map<number, number>();
    frames(client, (frame) => {
      asked.set(frame.readInt32BE(4), frame.readInt16BE(0));
      broker.write(framed(frame));
    });
    frames(broker, (frame) => {
      const apiKey = asked.get(frame.readInt32BE(0)) ?? -1;
      const fate = decide({ apiKey, connection, frame });
      if (fate === 'reset') end();
      else if (fate === 'pass') client.write(framed(frame));
    });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port,
    decide(fate) {
      decide = fate;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function framed(frame: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(frame.length);
  return Buffer.concat([length, frame]);
}

function frames(from: Socket, take: (frame: Buffer) => void): void {
  let bytes = Buffer.alloc(0);
  from.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
      const end = 4 + bytes.readInt32BE(0);
      take(Buffer.from(bytes.subarray(4, end)));
      bytes = bytes.subarray(end);
    }
  });
}
