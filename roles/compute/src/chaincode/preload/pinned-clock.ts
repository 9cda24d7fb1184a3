import type * as PerfHooks from 'node:perf_hooks';
import type { PreloadContext } from './context.js';

/**
 * Pins what tells the time: inside a transaction to the request's timestamp, outside to one constant instant. Timers go on
 * by the real clock.
 */
export function pinClock({ require, current, idleTimeMs }: PreloadContext): void {
  const now = (): number => current()?.timeMs ?? idleTimeMs;
  const RealDate = Date;
  const pinned = new Proxy(RealDate, {
    construct: (target, args: unknown[], newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    apply: () => new RealDate(now()).toString(),
    get: (target, key, receiver) => (key === 'now' ? now : (Reflect.get(target, key, receiver) as unknown)),
  });
  RealDate.prototype.constructor = pinned;
  globalThis.Date = pinned;

  const format = Intl.DateTimeFormat.prototype;
  const original = Object.create(null, Object.getOwnPropertyDescriptors(format)) as typeof format;
  Object.defineProperty(format, 'formatToParts', {
    configurable: true,
    writable: true,
    value: function formatToParts(this: Intl.DateTimeFormat, date?: number | Date): Intl.DateTimeFormatPart[] {
      return original.formatToParts.call(this, date ?? now());
    },
  });
  // A getter, whose function is bound to its formatter.
  const getter = Object.getOwnPropertyDescriptor(original, 'format') as { readonly get: (this: Intl.DateTimeFormat) => (date: number | Date) => string };
  Object.defineProperty(format, 'format', {
    configurable: true,
    get(this: Intl.DateTimeFormat) {
      const real = getter.get.call(this);
      return (date?: number | Date) => real(date ?? now());
    },
  });

  const { performance } = require('node:perf_hooks') as typeof PerfHooks;
  const realNow = performance.now.bind(performance);
  performance.now = () => (current() === undefined ? realNow() : 0);

  const realTime = process.hrtime.bind(process);
  const realBigint = process.hrtime.bigint.bind(process.hrtime);
  const nanoseconds = (timeMs: number): bigint => BigInt(timeMs) * 1_000_000n;
  const time = (previous?: [number, number]): [number, number] => {
    const transaction = current();
    if (transaction === undefined) return realTime(previous);
    const total = nanoseconds(transaction.timeMs) - (previous === undefined ? 0n : BigInt(previous[0]) * 1_000_000_000n + BigInt(previous[1]));
    return [Number(total / 1_000_000_000n), Number(total % 1_000_000_000n)];
  };
  process.hrtime = Object.assign(time, {
    bigint: () => {
      const transaction = current();
      return transaction === undefined ? realBigint() : nanoseconds(transaction.timeMs);
    },
  });
}
