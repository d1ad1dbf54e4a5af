/** An error code in a broker's answer. */
export interface KafkaError {
  readonly code: number;
  /** As the Kafka protocol guide names it. */
  readonly name: string;
  /** The same request may succeed later. */
  readonly isRetriable: boolean;
  /** The leader of the partition is to be looked up again before. */
  readonly isStaleMetadata: boolean;
}

/** The error of a code. One that the table does not have is not retriable, and its name tells the code. */
export function kafkaError(code: number): KafkaError {
  return TABLE.get(code) ?? { code, name: `ERROR_${code}`, isRetriable: false, isStaleMetadata: false };
}

/** Errors that the requests of a log can meet: for good, to be retried, and to be retried with new metadata. */
const FOR_GOOD: readonly (readonly [number, string])[] = [
  [-1, 'UNKNOWN_SERVER_ERROR'],
  [0, 'NONE'],
  [1, 'OFFSET_OUT_OF_RANGE'],
  [4, 'INVALID_FETCH_SIZE'],
  [8, 'BROKER_NOT_AVAILABLE'],
  [10, 'MESSAGE_TOO_LARGE'],
  [17, 'INVALID_TOPIC_EXCEPTION'],
  [18, 'RECORD_LIST_TOO_LARGE'],
  [21, 'INVALID_REQUIRED_ACKS'],
  [22, 'ILLEGAL_GENERATION'],
  [24, 'INVALID_GROUP_ID'],
  [25, 'UNKNOWN_MEMBER_ID'],
  [27, 'REBALANCE_IN_PROGRESS'],
  [29, 'TOPIC_AUTHORIZATION_FAILED'],
  [30, 'GROUP_AUTHORIZATION_FAILED'],
  [31, 'CLUSTER_AUTHORIZATION_FAILED'],
  [32, 'INVALID_TIMESTAMP'],
  [33, 'UNSUPPORTED_SASL_MECHANISM'],
  [34, 'ILLEGAL_SASL_STATE'],
  [35, 'UNSUPPORTED_VERSION'],
  [36, 'TOPIC_ALREADY_EXISTS'],
  [37, 'INVALID_PARTITIONS'],
  [38, 'INVALID_REPLICATION_FACTOR'],
  [39, 'INVALID_REPLICA_ASSIGNMENT'],
  [40, 'INVALID_CONFIG'],
  [42, 'INVALID_REQUEST'],
  [43, 'UNSUPPORTED_FOR_MESSAGE_FORMAT'],
  [44, 'POLICY_VIOLATION'],
  [45, 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
  [46, 'DUPLICATE_SEQUENCE_NUMBER'],
  [47, 'INVALID_PRODUCER_EPOCH'],
  [48, 'INVALID_TXN_STATE'],
  [49, 'INVALID_PRODUCER_ID_MAPPING'],
  [50, 'INVALID_TRANSACTION_TIMEOUT'],
  [52, 'TRANSACTION_COORDINATOR_FENCED'],
  [53, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'],
  [54, 'SECURITY_DISABLED'],
  [55, 'OPERATION_NOT_ATTEMPTED'],
  [58, 'SASL_AUTHENTICATION_FAILED'],
  [59, 'UNKNOWN_PRODUCER_ID'],
  [60, 'REASSIGNMENT_IN_PROGRESS'],
  [76, 'UNSUPPORTED_COMPRESSION_TYPE'],
  [82, 'FENCED_INSTANCE_ID'],
  [87, 'INVALID_RECORD'],
  [90, 'PRODUCER_FENCED'],
  [105, 'TRANSACTIONAL_ID_NOT_FOUND'],
];
const TO_RETRY: readonly (readonly [number, string])[] = [
  [2, 'CORRUPT_MESSAGE'],
  [7, 'REQUEST_TIMED_OUT'],
  [14, 'COORDINATOR_LOAD_IN_PROGRESS'],
  [15, 'COORDINATOR_NOT_AVAILABLE'],
  [16, 'NOT_COORDINATOR'],
  [19, 'NOT_ENOUGH_REPLICAS'],
  [20, 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'],
  [41, 'NOT_CONTROLLER'],
  [51, 'CONCURRENT_TRANSACTIONS'],
  [70, 'FETCH_SESSION_ID_NOT_FOUND'],
  [71, 'INVALID_FETCH_SESSION_EPOCH'],
  [75, 'UNKNOWN_LEADER_EPOCH'],
  [78, 'OFFSET_NOT_AVAILABLE'],
  [89, 'THROTTLING_QUOTA_EXCEEDED'],
];
const TO_RETRY_ELSEWHERE: readonly (readonly [number, string])[] = [
  [3, 'UNKNOWN_TOPIC_OR_PARTITION'],
  [5, 'LEADER_NOT_AVAILABLE'],
  [6, 'NOT_LEADER_OR_FOLLOWER'],
  [9, 'REPLICA_NOT_AVAILABLE'],
  [13, 'NETWORK_EXCEPTION'],
  [56, 'KAFKA_STORAGE_ERROR'],
  [72, 'LISTENER_NOT_FOUND'],
  [74, 'FENCED_LEADER_EPOCH'],
  [100, 'UNKNOWN_TOPIC_ID'],
  [103, 'INCONSISTENT_TOPIC_ID'],
];

const TABLE: ReadonlyMap<number, KafkaError> = new Map([
  ...entries(FOR_GOOD, false, false),
  ...entries(TO_RETRY, true, false),
  ...entries(TO_RETRY_ELSEWHERE, true, true),
]);

function entries(
  errors: readonly (readonly [number, string])[],
  isRetriable: boolean,
  isStaleMetadata: boolean,
): [number, KafkaError][] {
  return errors.map(([code, name]) => [code, { code, name, isRetriable, isStaleMetadata }]);
}
