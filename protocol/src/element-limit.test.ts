import { describe, expect, it } from 'vitest';
import { hasTooManyElements } from './element-limit.js';
import { encodeMessage, EndorseRequestSchema, LIMITS, parseMessage, RequestBodySchema, SealedRequestSchema, TargetDataSchema } from './index.js';

const LENGTH_DELIMITED = 2;
const tag = (field: number): number => (field << 3) | LENGTH_DELIMITED;

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

const wrap = (field: number, body: Uint8Array): Buffer => Buffer.concat([Buffer.from([tag(field), ...varint(body.length)]), body]);
const emptyElements = (field: number, count: number): Buffer => Buffer.alloc(count * 2, Buffer.of(tag(field), 0));
const refused: unknown = expect.objectContaining({ code: 'LIMIT_EXCEEDED' });

describe('number of elements', () => {
  it('is limited at any depth', () => {
    // EndorseRequest.target_data.attachments.tee_signatures
    const deep = (count: number): Buffer => wrap(1, wrap(3, emptyElements(3, count)));
    expect(() => parseMessage(EndorseRequestSchema, deep(LIMITS.maxElements + 1), LIMITS.maxMessageBytes)).toThrow(refused);
    expect(() => parseMessage(EndorseRequestSchema, deep(LIMITS.maxElements - 1), LIMITS.maxMessageBytes)).toThrow(refused);
    expect(parseMessage(EndorseRequestSchema, deep(LIMITS.maxElements - 2), LIMITS.maxMessageBytes).targetData?.attachments?.teeSignatures).toHaveLength(LIMITS.maxElements - 2);
  });

  it('is limited for lists of bytes, and for messages that are repeated to be merged', () => {
    expect(() => parseMessage(TargetDataSchema, emptyElements(1, LIMITS.maxElements + 1), LIMITS.maxMessageBytes)).toThrow(refused);
    expect(() => parseMessage(TargetDataSchema, emptyElements(3, LIMITS.maxElements + 1), LIMITS.maxMessageBytes)).toThrow(refused);
  });

  it('costs little for the largest hostile message', () => {
    const bytes = wrap(1, wrap(3, emptyElements(3, LIMITS.maxMessageBytes / 2 - 16)));
    const before = performance.now();
    expect(() => parseMessage(EndorseRequestSchema, bytes, LIMITS.maxMessageBytes)).toThrow(refused);
    expect(performance.now() - before).toBeLessThan(1000);
  });

  it('does not count plain fields, however long', () => {
    const bytes = encodeMessage(SealedRequestSchema, { header: new Uint8Array(10), ciphertext: new Uint8Array(LIMITS.maxRequestBytes) });
    expect(parseMessage(SealedRequestSchema, bytes, LIMITS.maxMessageBytes).ciphertext).toHaveLength(LIMITS.maxRequestBytes);
    const args = encodeMessage(RequestBodySchema, { args: Array.from({ length: 1000 }, () => new Uint8Array(1000)) });
    expect(parseMessage(RequestBodySchema, args, LIMITS.maxMessageBytes).args).toHaveLength(1000);
  });

  it('refuses a broken or endless wire as malformed', () => {
    const big = LIMITS.maxElements * 2 + 2;
    const cases = [Buffer.alloc(big, 0xff), Buffer.alloc(big, 0x0b), wrap(1, Buffer.alloc(big, 0xff)), Buffer.concat([Buffer.alloc(big), Buffer.of(0x0a, 5)])];
    for (const bytes of cases) expect(() => parseMessage(EndorseRequestSchema, bytes, LIMITS.maxMessageBytes)).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }));
  });

  it('needs no walk below two bytes an element', () => {
    expect(hasTooManyElements(TargetDataSchema, emptyElements(1, 5), 5)).toBe(false);
    expect(hasTooManyElements(TargetDataSchema, emptyElements(1, 6), 5)).toBe(true);
  });
});
