import { UsageError } from './usage-error.js';

/** What `-c` asks for. */
export interface ChaincodeCall {
  readonly transaction: string;
  readonly arguments: readonly string[];
}

/**
 * Parses the constructor message of `peer chaincode`: {"Args":["f","a"]} or {"function":"f","Args":["a"]}, keys in any
 * case. Throws UsageError.
 */
export function parseChaincodeCall(text: string): ChaincodeCall {
  const value = parseJson('-c', text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UsageError(`-c: an object is expected, such as {"Args":["ReadAsset","asset1"]}`);
  const fields = new Map(Object.entries(value).map(([key, item]) => [key.toLowerCase(), item as unknown]));
  for (const key of fields.keys()) {
    if (key !== 'args' && key !== 'function') throw new UsageError(`-c: unknown key ${key}; "Args" and "function" are known`);
  }
  const args = fields.get('args') ?? [];
  if (!isTextList(args)) throw new UsageError('-c: "Args" must be a list of strings');
  const named = fields.get('function');
  if (named !== undefined && typeof named !== 'string') throw new UsageError('-c: "function" must be a string');
  const [transaction, ...rest] = named === undefined ? args : [named, ...args];
  if (transaction === undefined || transaction === '') throw new UsageError('-c: no function is named');
  return { transaction, arguments: rest };
}

/** Parses `--transient`: {"name":"base64"} as `peer chaincode` has it. Throws UsageError. */
export function parseTransient(text: string): Record<string, Uint8Array> {
  const value = parseJson('--transient', text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UsageError('--transient: an object of base64 values is expected');
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      if (typeof item !== 'string' || !isBase64(item)) throw new UsageError(`--transient: the value of ${name} is not base64`);
      return [name, new Uint8Array(Buffer.from(item, 'base64'))];
    }),
  );
}

/** Parses `--partition`: the arguments of one map, as a JSON list. Throws UsageError. */
export function parsePartition(text: string): { readonly arguments: readonly string[] } {
  const value = parseJson('--partition', text);
  if (!isTextList(value)) throw new UsageError('--partition: a list of strings is expected, such as ["aurora"]');
  return { arguments: value };
}

function parseJson(option: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UsageError(`${option}: not JSON`);
  }
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
