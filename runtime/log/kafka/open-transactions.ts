import type { Brokers } from './brokers.ts';
import { kafkaError } from './errors.ts';
import { flexibleRequest, flexibleResponse } from './flexible.ts';
import { OF_TRANSACTION } from './kafkajs.ts';
import { Again } from './retry.ts';

const DESCRIBE_PRODUCERS = 61;
const LIST_TRANSACTIONS = 66;
/** Room for a request of this kind at first. */
const REQUEST_BYTES = 256;
const NO_TRANSACTION = -1n;

/**
 * Ends what writers left open in a partition (KIP-664): whoever takes over their transactional ids has the cluster
 * abort it, and fences them. What is ending already is left to end.
 */
export async function endOpenTransactions(brokers: Brokers, topic: string, partition: number): Promise<void> {
  const { node } = await brokers.leaderOf(topic, partition);
  const answer = await brokers.send(node, describeProducersCall(topic, partition));
  const error = kafkaError(answer.errorCode);
  if (error.isRetriable) throw new Again(error.name);
  // A user without the right to ask waits until the cluster gives the transaction up.
  if (error.code !== 0) brokers.report('transaction_waited_for', { topic, partition, error: error.name });
  if (answer.open.length === 0) return;
  for (const broker of brokers.nodes()) {
    for (const transactionalId of await brokers.send(broker, listTransactionsCall(answer.open))) {
      brokers.report('transaction_ended', { topic, partition, transactionalId });
      await brokers.coordinated(transactionalId, OF_TRANSACTION, (coordinator) =>
        coordinator.initProducerId({ transactionalId, transactionTimeout: TAKEN_OVER_MS_MAX }),
      );
    }
  }
}

/** Nobody writes under the identity that is taken; the next holder of the id sets its own time. */
const TAKEN_OVER_MS_MAX = 10_000;

/** DescribeProducers v0: the producers with an open transaction in a partition. */
function describeProducersCall(topic: string, partition: number) {
  const request = flexibleRequest(DESCRIBE_PRODUCERS, 0, 'DescribeProducers', REQUEST_BYTES, (to) => {
    to.array([topic], (name) =>
      to
        .string(name)
        .array([partition], (index) => to.int32(index))
        .tags(),
    );
  });
  return { request, response: describeProducersResponse };
}

const describeProducersResponse = flexibleResponse((from) => {
  from.int32();
  const open: bigint[] = [];
  let errorCode = 0;
  from.array(() => {
    from.string();
    from.array(() => {
      from.int32();
      errorCode = from.int16();
      from.string();
      from.array(() => {
        const id = from.int64();
        from.int32();
        from.int32();
        from.int64();
        from.int32();
        if (from.int64() !== NO_TRANSACTION) open.push(id);
        from.tags();
      });
      from.tags();
    });
    from.tags();
  });
  return { errorCode, open };
});

/** ListTransactions v0: the transactional ids, at one broker, of those producers whose transaction is not ending yet. */
function listTransactionsCall(producers: readonly bigint[]) {
  const request = flexibleRequest(LIST_TRANSACTIONS, 0, 'ListTransactions', REQUEST_BYTES, (to) => {
    to.array(['Ongoing'], (state) => to.string(state)).array(producers, (id) => to.int64(id));
  });
  return { request, response: listTransactionsResponse };
}

const listTransactionsResponse = flexibleResponse((from): string[] => {
  from.int32();
  const error = kafkaError(from.int16());
  // Any other answer names none, and their end is waited for.
  if (error.isRetriable) throw new Again(error.name);
  from.array(() => from.string());
  return from.array(() => {
    const id = from.string() ?? '';
    from.int64();
    from.string();
    from.tags();
    return id;
  });
});
