import type * as Crypto from 'node:crypto';
import type { PreloadContext } from './context.js';

/** Draws Math.random and what node:crypto and Web Crypto give as random values from the transaction's own stream. */
export function seedRandom({ require, current, idleRandom }: PreloadContext): void {
  const crypto = require('node:crypto') as typeof Crypto;
  const draw = (lengthBytes: number): Buffer => current()?.random(lengthBytes) ?? idleRandom(lengthBytes);
  const replace = (target: object, name: string, value: unknown): void => {
    Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: true });
  };
  type Callback<T> = (error: Error | null, value: T) => void;
  type View = NodeJS.ArrayBufferView | ArrayBuffer;

  Math.random = () => {
    const bytes = draw(7);
    // 53 bits, as many as a double holds
    return (bytes.readUIntBE(0, 6) * 32 + ((bytes[6] ?? 0) & 31)) / 2 ** 53;
  };

  const realBytes = crypto.randomBytes;
  const randomBytes = (size: number, callback?: Callback<Buffer>): Buffer | undefined => {
    const isUsable = Number.isSafeInteger(size) && size >= 0 && size < 2 ** 31;
    // Node's own function knows best what to say about a size that is none.
    if (!isUsable || (callback !== undefined && typeof callback !== 'function')) {
      realBytes(size, callback as never);
      return undefined;
    }
    const bytes = draw(size);
    if (callback === undefined) return bytes;
    process.nextTick(callback, null, bytes);
    return undefined;
  };
  for (const name of ['randomBytes', 'pseudoRandomBytes', 'prng', 'rng']) replace(crypto, name, randomBytes);

  const overwrite = (view: View, offset = 0, size?: number): void => {
    const unit = 'BYTES_PER_ELEMENT' in view ? (view.BYTES_PER_ELEMENT) : 1;
    const all = ArrayBuffer.isView(view) ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : new Uint8Array(view);
    const part = all.subarray(offset * unit, size === undefined ? undefined : (offset + size) * unit);
    part.set(draw(part.length));
  };
  const realFillSync = crypto.randomFillSync;
  const randomFillSync = (view: View, offset?: number, size?: number): View => {
    realFillSync(view as Buffer, offset, size);
    overwrite(view, offset, size);
    return view;
  };
  replace(crypto, 'randomFillSync', randomFillSync);
  replace(crypto, 'randomFill', (view: View, ...rest: unknown[]) => {
    const callback = rest.pop();
    if (typeof callback !== 'function') throw Object.assign(new TypeError('The "callback" argument must be of type function'), { code: 'ERR_INVALID_ARG_TYPE' });
    randomFillSync(view, ...(rest as number[]));
    process.nextTick(callback, null, view);
  });

  const realInt = crypto.randomInt as (min: number, max: number) => number;
  replace(crypto, 'randomInt', (...args: unknown[]) => {
    const callback = typeof args.at(-1) === 'function' ? (args.pop() as Callback<number>) : undefined;
    const [min, max] = args.length < 2 ? [0, args[0] as number] : (args as [number, number]);
    // For Node's checks; its number is dropped.
    realInt(min, max);
    const range = max - min;
    const limit = 2 ** 48 - (2 ** 48 % range);
    let value = draw(6).readUIntBE(0, 6);
    while (value >= limit) value = draw(6).readUIntBE(0, 6);
    const result = min + (value % range);
    if (callback === undefined) return result;
    process.nextTick(callback, null, result);
    return undefined;
  });

  const randomUUID = (): string => {
    const bytes = draw(16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  };
  replace(crypto, 'randomUUID', randomUUID);

  const web = crypto.webcrypto;
  const realValues = web.getRandomValues.bind(web) as (view: View) => View;
  const getRandomValues = (view: View): View => {
    realValues(view);
    overwrite(view);
    return view;
  };
  // crypto.getRandomValues reads this one each time.
  const prototype = Object.getPrototypeOf(web) as object;
  replace(prototype, 'getRandomValues', getRandomValues);
  replace(prototype, 'randomUUID', randomUUID);
}
