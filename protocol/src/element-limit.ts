import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/**
 * An empty element takes 2 bytes on the wire and a hundred in memory, so a size limit alone lets 16 MiB grow into
 * gigabytes. The wire is walked once before anything is allocated.
 */
const MIN_ELEMENT_BYTES = 2;
const fieldsByNumber = new WeakMap<DescMessage, ReadonlyMap<number, DescField>>();

/** Whether a message has more than maxElements list entries and nested messages in all. Throws when the wire does not parse. */
export function hasTooManyElements(schema: DescMessage, bytes: Uint8Array, maxElements: number): boolean {
  if (bytes.length <= maxElements * MIN_ELEMENT_BYTES) return false;
  return countElements(schema, bytes, maxElements) > maxElements;
}

/** Stops soon after the count has passed maxElements. */
function countElements(schema: DescMessage, bytes: Uint8Array, maxElements: number): number {
  const fields = fieldMap(schema);
  const reader = new BinaryReader(bytes);
  let count = 0;
  while (reader.pos < reader.len && count <= maxElements) {
    const [number, wireType] = reader.tag();
    const field = fields.get(number);
    if (field === undefined || wireType !== WireType.LengthDelimited) {
      reader.skip(wireType, number);
      continue;
    }
    const body = reader.bytes();
    if (field.fieldKind === 'list' || field.fieldKind === 'message') count += 1;
    if (field.message !== undefined) count += countElements(field.message, body, maxElements - count);
  }
  return count;
}

function fieldMap(schema: DescMessage): ReadonlyMap<number, DescField> {
  const known = fieldsByNumber.get(schema);
  if (known !== undefined) return known;
  const fields = new Map(schema.fields.map((field) => [field.number, field]));
  fieldsByNumber.set(schema, fields);
  return fields;
}
