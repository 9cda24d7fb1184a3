import { deriveKey, toHex } from '@selvedge/crypto';

/**
 * Seed of the randomness that one run of a contract function sees (DESIGN 6). It follows from a key that no client holds
 * and from the request, so every replica draws the same and nobody can choose or predict it.
 *
 * @param randomKey the contract's random key of the request's key epoch
 * @param requestDigest 32 bytes, as in the core
 * @param call number of the run among those of the same contract in the request: a contract that is called twice by others draws anew
 * @returns 32 bytes
 */
export function transactionSeed(randomKey: Uint8Array, contract: string, requestDigest: Uint8Array, call = 0): Uint8Array {
  return deriveKey(randomKey, 'contract-runtime/transaction-seed', [contract, requestDigest, call]);
}

/** By random key, and as long as it lives: every invocation asks. */
const idleSeeds = new WeakMap<Uint8Array, Map<string, Uint8Array>>();

/** Seed of what a chaincode draws outside of transactions, such as while its modules load; 32 bytes. */
export function idleSeed(randomKey: Uint8Array, contract: string, codeHash: Uint8Array, creatorMspId: string): Uint8Array {
  const known = idleSeeds.get(randomKey) ?? new Map<string, Uint8Array>();
  idleSeeds.set(randomKey, known);
  const id = JSON.stringify([contract, toHex(codeHash), creatorMspId]);
  const seed = known.get(id) ?? deriveIdleSeed(randomKey, contract, codeHash, creatorMspId);
  known.set(id, seed);
  return seed;
}

function deriveIdleSeed(randomKey: Uint8Array, contract: string, codeHash: Uint8Array, creatorMspId: string): Uint8Array {
  return deriveKey(randomKey, 'contract-runtime/idle-seed', [contract, codeHash, creatorMspId]);
}
