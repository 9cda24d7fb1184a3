import type { Context } from 'fabric-contract-api';

/** A call and its arguments, as the suite writes them: `["putState", "k", "v"]`. */
export type Step = readonly [call: string, ...args: unknown[]];
/** One call of a shim. What it returns is told as JSON. */
export type Call = (ctx: Context, ...args: never[]) => unknown;

/** Text, `hex:00ff`, or `times:1000` for so many letters. */
export function bytes(text: string): Buffer {
  const [, form, rest = ''] = /^(hex|times):(.*)$/.exec(text) ?? [];
  if (form === 'hex') return Buffer.from(rest, 'hex');
  return form === 'times' ? Buffer.alloc(Number(rest), 'x') : Buffer.from(text);
}

export const text = (value: Uint8Array | undefined): string => Buffer.from(value ?? []).toString();
export const hex = (value: Uint8Array | undefined): string => Buffer.from(value ?? []).toString('hex');
