import { create, fromBinary, ScalarType, toBinary, type DescField, type DescMessage, type Message } from '@bufbuild/protobuf';
import { reflect, reflectList } from '@bufbuild/protobuf/reflect';
import { isSelvedgeError } from '@selvedge/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as protocol from './index.js';
import { encodeMessage, LIMITS, parseCore, parseMessage } from './index.js';

const schemas = Object.values<unknown>(protocol).filter((value): value is DescMessage => typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'message');

/** One value of a scalar or enum field, drawn from the generator. */
function scalar(draw: fc.GeneratorValue, field: DescField): unknown {
  if (field.enum !== undefined) return draw(fc.constantFrom, ...field.enum.values.map((value) => value.number));
  switch (field.scalar) {
    case ScalarType.STRING:
      return draw(fc.string, { maxLength: 12 });
    case ScalarType.BYTES:
      return draw(fc.uint8Array, { maxLength: 40 });
    case ScalarType.BOOL:
      return draw(fc.boolean);
    case ScalarType.UINT64:
      return draw(fc.bigInt, { min: 0n, max: 2n ** 64n - 1n });
    case ScalarType.INT64:
      return draw(fc.bigInt, { min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case ScalarType.UINT32:
      return draw(fc.nat, 2 ** 31 - 1);
    case ScalarType.INT32:
      return draw(fc.integer);
    default:
      throw new Error(`no generator for scalar type ${String(field.scalar)}`);
  }
}

/** A random message of any type, by its descriptor. */
function randomMessage(draw: fc.GeneratorValue, schema: DescMessage): Message {
  const message = reflect(schema);
  for (const field of schema.fields) {
    if (draw(fc.boolean)) continue;
    if (field.fieldKind === 'list') {
      const list = reflectList(field);
      const length = draw(fc.nat, 3);
      for (let i = 0; i < length; i += 1) list.add(field.message === undefined ? scalar(draw, field) : reflect(field.message, randomMessage(draw, field.message)));
      message.set(field, list);
    } else {
      message.set(field, field.message === undefined ? scalar(draw, field) : reflect(field.message, randomMessage(draw, field.message)));
    }
  }
  return message.message;
}

/** Bit flips, truncation, extension, splices and plain random bytes. */
function mutate(draw: fc.GeneratorValue, bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  const at = draw(fc.nat, Math.max(0, copy.length - 1));
  switch (draw(fc.constantFrom, 'flip', 'truncate', 'extend', 'splice', 'random')) {
    case 'flip':
      if (copy.length > 0) copy[at] = (copy[at] as number) ^ (1 << draw(fc.nat, 7));
      return copy;
    case 'truncate':
      return copy.subarray(0, at);
    case 'extend':
      return Buffer.concat([copy, draw(fc.uint8Array, { minLength: 1, maxLength: 20 })]);
    case 'splice':
      return Buffer.concat([copy.subarray(0, at), draw(fc.uint8Array, { maxLength: 5 }), copy.subarray(Math.min(copy.length, at + draw(fc.nat, 5)))]);
    default:
      return draw(fc.uint8Array, { maxLength: 200 });
  }
}

/** Runs a parser; anything but a value or a refusal with one of these codes fails the test. */
function outcome<T>(parse: () => T, codes: readonly string[]): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (isSelvedgeError(error) && codes.includes(error.code)) return undefined;
    throw error;
  }
}

it('the descriptors of every hop are covered', () => {
  expect(schemas.length).toBeGreaterThan(60);
});

describe.each(schemas.map((schema) => ({ name: schema.name, schema })))('$name', ({ schema }) => {
  it('is refused with a stable code or parsed, whatever the bytes; encodes deterministically', () => {
    fc.assert(
      fc.property(fc.gen(), (draw) => {
        const message = randomMessage(draw, schema);
        const bytes = encodeMessage(schema, message);
        expect(Buffer.compare(encodeMessage(schema, fromBinary(schema, bytes)), bytes)).toBe(0);
        expect(parseMessage(schema, bytes, LIMITS.maxMessageBytes)).toEqual(fromBinary(schema, bytes));
        let hostile = bytes;
        for (let i = 0; i < 6; i += 1) {
          hostile = mutate(draw, hostile);
          const parsed = outcome(() => parseMessage(schema, hostile, LIMITS.maxMessageBytes), ['MALFORMED_MESSAGE']);
          // What parses also encodes, to one fixed point, and keeps no unknown field.
          if (parsed === undefined) continue;
          const again = toBinary(schema, parsed);
          expect(Buffer.compare(encodeMessage(schema, parseMessage(schema, again, LIMITS.maxMessageBytes)), again)).toBe(0);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('is refused above its size limit, before it is parsed', () => {
    const bytes = encodeMessage(schema, {});
    expect(parseMessage(schema, bytes, bytes.length)).toEqual(create(schema));
    expect(() => parseMessage(schema, new Uint8Array(11).fill(0xff), 10)).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }));
    expect(() => parseMessage(schema, new Uint8Array(11).fill(0xff), 11)).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }));
  });
});

describe('parseCore', () => {
  const codes = ['MALFORMED_MESSAGE', 'LIMIT_EXCEEDED', 'UNSUPPORTED_VERSION', 'MESSAGE_TOO_LARGE'];

  it('parses or refuses with a stable code, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.gen(), (draw) => {
        const core = { ...(randomMessage(draw, protocol.CoreSchema) as protocol.Core), version: draw(fc.integer, { min: 1, max: 2 }) };
        const bytes = encodeMessage(protocol.CoreSchema, core);
        outcome(() => parseCore(bytes), codes);
        outcome(() => parseCore(mutate(draw, bytes)), codes);
      }),
      { numRuns: 300 },
    );
  });

  it('repeats no part of refused input in the error', () => {
    const bytes = Buffer.concat([Buffer.of(0x12, 0xff), Buffer.from('canary-7f3a')]);
    expect(() => parseCore(bytes)).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE', message: 'Core: does not parse' }));
  });
});
