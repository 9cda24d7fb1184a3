import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** One field of a protobuf message: its number, and its bytes as they lie there, tag included. */
interface Field {
  readonly number: number;
  readonly raw: Uint8Array;
  /** Of length-delimited fields. */
  readonly content: Uint8Array;
}

/**
 * A message in which what lies at a path of field numbers is replaced, as somebody would who has no keys: everything
 * around it stays as it is. A repeated field's first entry is meant, unless it ends the path.
 * @param replace gets all contents of the last field, and gives those that take their place
 */
export function rewrite(message: Uint8Array, path: readonly number[], replace: (contents: Uint8Array[]) => Uint8Array[]): Uint8Array {
  const [number, ...rest] = path;
  const fields = fieldsOf(message);
  const own = fields.filter((field) => field.number === number).map(({ content }) => content);
  if (number === undefined || own.length === 0) throw new Error('the message has no such field');
  const [first, ...others] = own;
  const changed = rest.length === 0 ? replace(own) : [rewrite(first as Uint8Array, rest, replace), ...others];
  const unchanged = fields.filter((field) => field.number !== number).map(({ raw }) => raw);
  return Buffer.concat([...unchanged, ...changed.map((content) => new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(content).finish())]);
}

/** What lies at a path of field numbers: all entries of the last field, and of others the first. */
export function contentsAt(message: Uint8Array, path: readonly number[]): Uint8Array[] {
  let contents: Uint8Array[] = [];
  rewrite(message, path, (found) => (contents = found));
  return contents;
}

function fieldsOf(message: Uint8Array): Field[] {
  const reader = new BinaryReader(message);
  const fields: Field[] = [];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [number, wireType] = reader.tag();
    const content = wireType === WireType.LengthDelimited ? reader.bytes() : reader.skip(wireType, number);
    fields.push({ number, raw: message.subarray(start, reader.pos), content });
  }
  return fields;
}
