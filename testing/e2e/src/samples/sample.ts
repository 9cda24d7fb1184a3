import type { Contract, EndorsedTransaction, Network } from '@selvedge/client';
import { text } from '../network.js';

/** A deployed sample as users of two organisations see it. */
export interface Sample {
  readonly name: string;
  readonly org1: Contract;
  readonly org2: Contract;
  /** The second organisation's own view of the channel. */
  readonly network2: Network;
}

export async function query(contract: Contract, name: string, ...args: string[]): Promise<string> {
  return text(await contract.evaluateTransaction(name, ...args));
}

export async function queryJson<T = Record<string, unknown>[]>(contract: Contract, name: string, ...args: string[]): Promise<T> {
  return JSON.parse(await query(contract, name, ...args)) as T;
}

/** Transient fields of objects, as the samples' own clients send them. */
export function transient(fields: Readonly<Record<string, object>>): { transientData: Record<string, string> } {
  return { transientData: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, JSON.stringify(value)])) };
}

/** What an attempt was refused with; says so when it was not. */
export function refusal(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(() => 'nothing was refused', (error: unknown) => (error instanceof Error ? error.message : String(error)));
}

/** Fabric's verdict, or a refusal's code. */
export function verdict(transaction: EndorsedTransaction): Promise<string> {
  const committed = transaction.submit().then((submitted) => submitted.verifyCommitted());
  return committed.then(() => 'VALID', (error: unknown) => String((error as { code?: unknown }).code));
}
