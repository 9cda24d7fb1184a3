import { readDer, readInside, type DerValue } from '../x509/der.js';

/** One DER value. */
export function element(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const header = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...header), content]);
}

/** The DER with the value at a path of indices replaced, and all lengths around it set right. */
export function replaceField(der: Uint8Array, path: readonly number[], replace: (raw: Buffer) => Buffer): Buffer {
  return replaceIn(readDer(der), path, replace);
}

function replaceIn(value: DerValue, [index, ...rest]: readonly number[], replace: (raw: Buffer) => Buffer): Buffer {
  if (index === undefined) return replace(Buffer.from(value.raw));
  const inner = readInside(value);
  if (inner[index] === undefined) throw new RangeError(`no field ${String(index)}`);
  return element(value.tag, Buffer.concat(inner.map((field, i) => (i === index ? replaceIn(field, rest, replace) : field.raw))));
}
