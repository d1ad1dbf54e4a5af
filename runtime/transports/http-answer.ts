import type { FastifyReply } from 'fastify';
import type { Outcome } from '../ingress/ingress.ts';

/** Seconds after which a sender that was told to wait may come again. */
const RETRY_AFTER_S = 1;

/** Tells the sender what became of a message. */
export function answer(reply: FastifyReply, outcome: Outcome, isBatch: boolean): FastifyReply {
  if (outcome.kind === 'busy') return tellLater(reply, 429, 'busy', 'too much is in flight; send this again');
  if (outcome.kind === 'refused')
    return tellLater(reply, 503, 'log_refused', 'the log cannot take events now; send this again');
  const { items } = outcome;
  const accepted = items.filter(({ kind }) => kind === 'accepted').length;
  const [first] = items;
  if (accepted === items.length) {
    // By its id the sender finds what became of an event; for a batch the ids would be as long as the batch.
    return reply
      .code(202)
      .send(!isBatch && first?.kind === 'accepted' ? { accepted, eventId: first.eventId } : { accepted });
  }
  if (items.length === 1 && first?.kind === 'rejection' && (!isBatch || STATUS_OF[first.code] !== undefined)) {
    const { code, detail, path } = first;
    return reply.code(STATUS_OF[code] ?? 400).send({ code, detail, path });
  }
  const parts = items.map((item, index) => {
    if (item.kind === 'accepted') return { index, status: 202 };
    const { code, detail, path } = item;
    return { index, status: STATUS_OF[code] ?? 400, code, detail, path };
  });
  const rejected = items.length - accepted;
  if (accepted > 0) return reply.code(207).send({ accepted, rejected, items: parts });
  const detail = `none of the ${rejected} events could be accepted`;
  return reply.code(400).send({ code: 'batch_rejected', detail, path: '', accepted, rejected, items: parts });
}

/** Rejections that HTTP has a status of its own for. */
const STATUS_OF: Readonly<Record<string, number | undefined>> = {
  payload_too_large: 413,
  batch_too_large: 413,
};

/** Asks the sender to come again. */
export function tellLater(reply: FastifyReply, status: 429 | 503, code: string, detail: string): FastifyReply {
  return reply.code(status).header('retry-after', RETRY_AFTER_S).send({ code, detail, path: '' });
}
