import { create } from '@bufbuild/protobuf';
import { equalBytes, merkleRoot, sha256 } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import type { Profile } from '@selvedge/policy';
import { BlockHeaderSchema, BlockSchema, encodeMessage, LIMITS, parseMessage, requireAtMost, signing, type Block, type BlockHeader } from '@selvedge/protocol';

/** Where the next block must join. */
export interface ChainEnd {
  /** The next block's number. */
  readonly number: bigint;
  /** SHA-256 of the last header; empty before block 0. */
  readonly previousHash: Uint8Array;
}

/** Builds and signs the block that joins a chain. */
export function createBlock(input: { readonly network: string; readonly channel: string; readonly end: ChainEnd; readonly transactions: readonly Uint8Array[]; readonly signer: Signer }): Block {
  const { network, channel, end, signer } = input;
  const transactions = [...input.transactions];
  const header = encodeMessage(BlockHeaderSchema, { network, channel, number: end.number, previousHash: end.previousHash, dataHash: merkleRoot(transactions) });
  return create(BlockSchema, { header, transactions, sequencer: signer.serialized, signature: signer.sign(signing.block(header)) });
}

/** SHA-256 of a block's header bytes, 32 bytes. */
export function blockHash(block: Block): Uint8Array {
  return sha256(block.header);
}

/**
 * Checks that a block joins the chain and holds what its header says: network, channel, number, previous hash, data
 * hash. Throws LEDGER_CORRUPT, or what parsing the header throws.
 */
export function verifyBlockJoins(block: Block, expected: ChainEnd & { readonly network: string; readonly channel: string }): BlockHeader {
  const header = parseMessage(BlockHeaderSchema, block.header, LIMITS.maxHeaderBytes);
  const at = `block ${String(expected.number)}`;
  if (header.network !== expected.network) throw corrupt(`${at}: network ${header.network}, ${expected.network} expected`);
  if (header.channel !== expected.channel) throw corrupt(`${at}: channel ${header.channel}, ${expected.channel} expected`);
  if (header.number !== expected.number) throw corrupt(`${at}: has number ${String(header.number)}`);
  if (!equalBytes(header.previousHash, expected.previousHash)) throw corrupt(`${at}: does not follow the last block`);
  requireAtMost('block transactions', block.transactions.length, LIMITS.maxBlockTransactions);
  if (!equalBytes(header.dataHash, merkleRoot(block.transactions))) throw corrupt(`${at}: its transactions are not those of its header`);
  return header;
}

/** Checks that the block is by the profile's sequencer (an orderer identity, as profiles are checked for). Throws LEDGER_CORRUPT. No clock: old blocks stay valid. */
export function verifyBlockSigner(block: Block, { message, msps }: Profile): void {
  if (!equalBytes(block.sequencer, message.sequencer)) throw corrupt('a block is signed by another identity than the profile’s sequencer');
  try {
    msps.verifySignature({ identity: block.sequencer, signature: block.signature }, signing.block(block.header));
  } catch (cause) {
    throw corrupt('a block’s signature does not verify', cause);
  }
}

/** LEDGER_CORRUPT with its reason. */
export function corrupt(why: string, cause?: unknown): SelvedgeError {
  return new SelvedgeError('LEDGER_CORRUPT', why, { cause });
}
