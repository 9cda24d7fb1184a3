import { randomBytes } from 'node:crypto';
import { signAs, type SignedBy, type Signer } from '@selvedge/identity';
import { PolicyChangeSchema, PolicyTransactionSchema, compareText, encodeMessage, signing } from '@selvedge/protocol';
import { factHash, type FactReader } from './facts.js';

/** A fact's new value; undefined removes it. */
export interface FactUpdate {
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

const NONCE_BYTES = 16;
const NO_FACTS: FactReader = { fact: () => undefined };

/** Builds PolicyChange bytes: expected hashes are of the facts as read; changes may come in any order, one per key. */
export function createPolicyChange(input: {
  readonly network: string;
  readonly channel: string;
  readonly changes: readonly FactUpdate[];
  /** Present facts; left out for a network's first transaction. */
  readonly facts?: FactReader;
  /** 16 to 32 bytes; fresh random when left out. */
  readonly nonce?: Uint8Array;
}): Uint8Array {
  const reader = input.facts ?? NO_FACTS;
  const changes = [...input.changes].sort((a, b) => compareText(a.key, b.key));
  return encodeMessage(PolicyChangeSchema, {
    network: input.network,
    channel: input.channel,
    changes: changes.map(({ key, value }) => ({ key, expectedHash: factHash(reader.fact(key)), value: value ?? new Uint8Array(0), remove: value === undefined })),
    nonce: input.nonce ?? randomBytes(NONCE_BYTES),
  });
}

/** An administrator's approval of PolicyChange bytes. */
export function approvePolicyChange(change: Uint8Array, signer: Signer): SignedBy {
  return signAs(signer, signing.policyChange(change));
}

/** PolicyTransaction bytes. */
export function createPolicyTransaction(change: Uint8Array, approvals: readonly SignedBy[]): Uint8Array {
  return encodeMessage(PolicyTransactionSchema, { change, approvals: approvals.map(({ identity, signature }) => ({ identity, signature })) });
}
