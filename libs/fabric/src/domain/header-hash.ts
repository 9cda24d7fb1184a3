import { sha256 } from '@selvedge/crypto';

const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const SEQUENCE = 0x30;

/** The fields of a block's header that its hash covers. */
export interface HeaderFields {
  readonly number: bigint;
  readonly previousHash: Uint8Array;
  readonly dataHash: Uint8Array;
}

/** SHA-256 of the header's DER: SEQUENCE { INTEGER number, OCTET STRING previous hash, OCTET STRING data hash }. 32 bytes. */
export function headerHash({ number, previousHash, dataHash }: HeaderFields): Uint8Array {
  return sha256(der(SEQUENCE, Buffer.concat([der(INTEGER, integerBytes(number)), der(OCTET_STRING, previousHash), der(OCTET_STRING, dataHash)])));
}

function integerBytes(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  // A leading bit that is set would make it negative.
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
}

function der(tag: number, content: Uint8Array): Buffer {
  const length = content.length < 0x80 ? Buffer.of(content.length) : longLength(content.length);
  return Buffer.concat([Buffer.of(tag), length, content]);
}

function longLength(length: number): Buffer {
  const bytes = integerBytes(BigInt(length));
  const digits = bytes[0] === 0 ? bytes.subarray(1) : bytes;
  return Buffer.concat([Buffer.of(0x80 | digits.length), digits]);
}
