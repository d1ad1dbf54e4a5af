/**
 * Record batch v2 of the Kafka protocol guide, big-endian:
 *
 *     0 i64  base offset
 *     8 i32  bytes after this field
 *    12 i32  partition leader epoch
 *    16 i8   magic, 2
 *    17 u32  CRC32C of all from the attributes on
 *    21 i16  attributes
 *    23 i32  last offset delta
 *    27 i64  base timestamp
 *    35 i64  max timestamp
 *    43 i64  producer id
 *    51 i16  producer epoch
 *    53 i32  base sequence
 *    57 i32  records
 *    61      records, compressed as a whole
 *
 * A record: bytes after this field, i8 attributes, timestamp delta, offset delta, key length, key, value length, value,
 * header count, then name length, name, value length, value of each header. Numbers are zigzag varints, and length -1
 * is null.
 */
export const LENGTH_AT = 8;
export const LEADER_EPOCH_AT = 12;
export const MAGIC_AT = 16;
export const CRC_AT = 17;
export const ATTRIBUTES_AT = 21;
export const LAST_OFFSET_DELTA_AT = 23;
export const BASE_TIMESTAMP_AT = 27;
export const MAX_TIMESTAMP_AT = 35;
export const PRODUCER_ID_AT = 43;
export const PRODUCER_EPOCH_AT = 51;
export const BASE_SEQUENCE_AT = 53;
export const COUNT_AT = 57;
export const RECORDS_AT = 61;

/** Bytes before those that the length counts. */
export const BEFORE_LENGTH_ENDS = 12;

export const MAGIC = 2;

export const COMPRESSION_MASK = 0x07;
export const LOG_APPEND_TIME = 0x08;
export const TRANSACTIONAL = 0x10;
export const CONTROL = 0x20;
