import { flexibleRequest, flexibleResponse } from './flexible.ts';
import type { CoordinatorType } from './kafkajs.ts';

const FIND_COORDINATOR = 10;
/** Room for a request of this kind at first. */
const REQUEST_BYTES = 256;

/** FindCoordinator v3 (Kafka 2.4 and later). kafkajs has it too, but hides why it was refused. */
export function findCoordinatorCall(id: string, type: CoordinatorType) {
  const request = flexibleRequest(FIND_COORDINATOR, 3, 'FindCoordinator', REQUEST_BYTES, (to) => {
    to.string(id).int8(type);
  });
  return { request, response: findCoordinatorResponse };
}

const findCoordinatorResponse = flexibleResponse((from) => {
  from.int32();
  const errorCode = from.int16();
  from.string();
  return { errorCode, node: from.int32() };
});
