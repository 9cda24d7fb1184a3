import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import { encodeMessage, TransactionSchema } from '@selvedge/protocol';
import type { BlockLog } from './adapters/block-log.js';
import { blockHash, createBlock, verifyBlockJoins, type ChainEnd } from './domain/block.js';
import type { Checkpoint } from './ports.js';

// A crash can only hurt the newest blocks; followers verify all of them anyway.
const VERIFIED_AT_START = 64n;

/** What the log must agree with. */
export interface ChainIdentity {
  readonly network: string;
  readonly channel: string;
  readonly signer: Signer;
  /** PolicyTransaction bytes of block 0. */
  readonly genesis: Uint8Array;
  readonly checkpoint?: Checkpoint | undefined;
}

/**
 * Finds where the next block joins. Begins an empty log with block 0; otherwise checks block 0 and the newest blocks.
 * Throws INVALID_CONFIGURATION when block 0 is another, LEDGER_CORRUPT when the chain does not hold.
 */
export async function recoverChain(log: BlockLog, identity: ChainIdentity): Promise<ChainEnd> {
  const height = log.height;
  const transactions = [encodeMessage(TransactionSchema, { kind: { case: 'policy', value: identity.genesis } })];
  if (height === 0n) {
    const block = createBlock({ ...identity, end: { number: 0n, previousHash: new Uint8Array(0) }, transactions });
    await log.append(0n, block, () => identity.checkpoint?.('sequencer.before-sync', '0'));
    identity.checkpoint?.('sequencer.after-sync', '0');
    return { number: 1n, previousHash: blockHash(block) };
  }
  const [first] = log.read(0n).transactions;
  if (first === undefined || !equalBytes(first, transactions[0] as Uint8Array)) throw new SelvedgeError('INVALID_CONFIGURATION', 'the log’s block 0 does not hold the configured policy transaction');
  let end = chainEnd(log, height > VERIFIED_AT_START ? height - VERIFIED_AT_START : 0n);
  while (end.number < height) {
    const block = log.read(end.number);
    verifyBlockJoins(block, { ...end, network: identity.network, channel: identity.channel });
    end = { number: end.number + 1n, previousHash: blockHash(block) };
  }
  return end;
}

function chainEnd(log: BlockLog, number: bigint): ChainEnd {
  return { number, previousHash: number === 0n ? new Uint8Array(0) : blockHash(log.read(number - 1n)) };
}
