import { SelvedgeError } from '@selvedge/errors';

// https://protobuf.dev/programming-guides/encoding/
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const START_GROUP = 3;
const END_GROUP = 4;
const FIXED32 = 5;
const MAX_GROUP_DEPTH = 100;
const MAX_VARINT_BYTES = 10;
const UINT64 = 1n << 64n;
const MAX_TAG = 0xffffffff;
const NOTHING = new Uint8Array(0);

/**
 * The fields of one protobuf message as they stand on the wire. Fabric's messages nest as bytes within bytes; read this
 * way, what nobody asks for (certificates, signatures) is neither parsed nor copied. A field's occurrences count as in
 * Fabric's own parser (Go): the last scalar wins, several occurrences of a nested message are merged, a field of another
 * wire type is unknown. Byte fields are views.
 */
export class WireMessage {
  readonly #numbers: number[] = [];
  readonly #values: (Uint8Array | number | bigint)[] = [];

  /** @param maxFields more than these are refused. Throws MALFORMED_MESSAGE or LIMIT_EXCEEDED. */
  constructor(bytes: Uint8Array, maxFields = 2_000_000) {
    const cursor = new WireCursor(bytes);
    while (!cursor.isAtEnd) {
      const { field, wireType } = cursor.tag();
      const value = cursor.value(field, wireType);
      if (value === undefined) continue;
      if (this.#numbers.length >= maxFields) throw new SelvedgeError('LIMIT_EXCEEDED', `more than ${String(maxFields)} fields in one message of a block`);
      this.#numbers.push(field);
      this.#values.push(value);
    }
  }

  /** Whether a bytes, text or message field is there. */
  has(field: number): boolean {
    return this.#lastBytes(field) !== undefined;
  }

  /** A bytes field; empty when it is absent. */
  bytes(field: number): Uint8Array {
    return this.#lastBytes(field) ?? NOTHING;
  }

  text(field: number): string {
    const bytes = this.bytes(field);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  }

  /** A nested message; one without fields when it is absent. */
  message(field: number): WireMessage {
    const parts = this.all(field);
    return new WireMessage(parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts));
  }

  /** Every occurrence of a repeated bytes or message field, in order. */
  all(field: number): Uint8Array[] {
    const found: Uint8Array[] = [];
    for (let i = 0; i < this.#numbers.length; i += 1) {
      const value = this.#values[i];
      if (this.#numbers[i] === field && value instanceof Uint8Array) found.push(value);
    }
    return found;
  }

  /** An unsigned varint field; 0 when it is absent. */
  uint(field: number): bigint {
    for (let i = this.#numbers.length - 1; i >= 0; i -= 1) {
      const value = this.#values[i];
      if (this.#numbers[i] === field && value !== undefined && !(value instanceof Uint8Array)) return BigInt(value);
    }
    return 0n;
  }

  flag(field: number): boolean {
    return this.uint(field) !== 0n;
  }

  #lastBytes(field: number): Uint8Array | undefined {
    for (let i = this.#numbers.length - 1; i >= 0; i -= 1) {
      const value = this.#values[i];
      if (this.#numbers[i] === field && value instanceof Uint8Array) return value;
    }
    return undefined;
  }
}

class WireCursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  tag(): { readonly field: number; readonly wireType: number } {
    const tag = Number(this.uint());
    if (tag < 8 || tag > MAX_TAG) throw malformed('a field number out of range');
    return { field: tag >>> 3, wireType: tag & 7 };
  }

  /** The value after a tag; undefined for wire types that Fabric's messages do not use, which are passed over. */
  value(field: number, wireType: number): Uint8Array | number | bigint | undefined {
    switch (wireType) {
      case VARINT:
        return this.uint();
      case LENGTH_DELIMITED:
        return this.#take(Number(this.uint()));
      case FIXED64:
        this.#take(8);
        return undefined;
      case FIXED32:
        this.#take(4);
        return undefined;
      case START_GROUP:
        this.#skipGroup(field);
        return undefined;
      default:
        throw malformed(`wire type ${String(wireType)}`);
    }
  }

  uint(): number | bigint {
    let low = 0;
    let high = 0n;
    for (let i = 0; i < MAX_VARINT_BYTES; i += 1) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw malformed('it ends inside a number');
      this.#at += 1;
      // 7 bytes carry 49 bits, which a number holds exactly.
      if (i < 7) low += (byte & 0x7f) * 2 ** (7 * i);
      else high |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte >= 0x80) continue;
      if (i < 7) return low;
      const value = high | BigInt(low);
      if (value >= UINT64) throw malformed('a number above 64 bits');
      return value;
    }
    throw malformed('a number of more than 10 bytes');
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw malformed('a field is longer than its message');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  // Not by recursion: the nesting is the sender's choice.
  #skipGroup(outermost: number): void {
    const open = [outermost];
    while (open.length > 0) {
      const { field, wireType } = this.tag();
      if (wireType === END_GROUP) {
        if (open.pop() !== field) throw malformed('groups that do not nest');
      } else if (wireType === START_GROUP) {
        if (open.length >= MAX_GROUP_DEPTH) throw malformed('groups nested too deeply');
        open.push(field);
      } else this.value(field, wireType);
    }
  }
}

function malformed(why: string): SelvedgeError {
  return new SelvedgeError('MALFORMED_MESSAGE', `a message of a block does not parse: ${why}`);
}
