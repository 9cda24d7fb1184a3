import { readFileSync } from 'node:fs';
import { Contract, type Context } from 'fabric-contract-api';
import * as shim from 'fabric-shim';
import { CALLS } from './calls.js';
import { Hooks } from './hooks.js';
import type { Step } from './step.js';

/** Makes the calls that it is asked for, and tells what they returned. */
export class Compliance extends Contract {
  /**
   * Makes calls one after the other; what each returns comes back. The first that fails ends the transaction, unless
   * its name follows "try": then its error is what it returns.
   */
  async run(ctx: Context, steps: string): Promise<string> {
    const results: unknown[] = [];
    for (const step of JSON.parse(steps) as Step[]) results.push(await perform(ctx, step));
    return JSON.stringify(results);
  }

  /** The same with more arguments, which the calls may look at. */
  async runWith(ctx: Context, steps: string, first: string, second: string): Promise<string> {
    ctx.logging.getLogger('run').debug(`with ${String(first.length + second.length)} characters more`);
    return this.run(ctx, steps);
  }

  /** What the installed shim offers. */
  methods(): string {
    const { StateQueryIterator, HistoryQueryIterator } = shim as unknown as Record<'StateQueryIterator' | 'HistoryQueryIterator', new () => object>;
    const classes = { ChaincodeStub: shim.ChaincodeStub, ClientIdentity: shim.ClientIdentity, KeyEndorsementPolicy: shim.KeyEndorsementPolicy, StateQueryIterator, HistoryQueryIterator, Contract };
    const methods = Object.entries(classes).flatMap(([name, { prototype }]) => methodsOf(prototype as object).map((method) => `${name}.${method}`));
    return JSON.stringify({ versions: Object.fromEntries(['fabric-shim', 'fabric-contract-api'].map((name) => [name, versionOf(name)])), methods });
  }
}

const versionOf = (name: string): string => (JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as { version: string }).version;

async function perform(ctx: Context, [name, ...args]: Step): Promise<unknown> {
  if (name === 'try') {
    try {
      return await perform(ctx, args as unknown as Step);
    } catch (error) {
      return { error: (error as Error).message };
    }
  }
  const call = CALLS.get(name);
  if (call === undefined) throw new Error(`no such call in this shim: ${name}`);
  const result = await call(ctx, ...(args as never[]));
  // Calls without a result show the peer’s empty answer.
  return result instanceof Uint8Array ? null : (result ?? null);
}

function methodsOf(prototype: object): string[] {
  const inherited = Object.getPrototypeOf(prototype) as object | null;
  const own = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor' && !name.startsWith('_'));
  return inherited === null || inherited === Object.prototype ? own : [...own, ...methodsOf(inherited)];
}

export const contracts = [Compliance, Hooks];
