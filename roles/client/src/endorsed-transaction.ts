import { toHex } from '@selvedge/crypto';
import type { Core, EndorsedTransaction as EndorsedTransactionMessage, Receipt } from '@selvedge/protocol';
import { createCommit, type Commit } from './commit.js';
import { verifySuccessful } from './domain/commit-status.js';
import { declaredOwners, type Requirements, type WrittenTarget } from './domain/requirements.js';
import { encodeOrdered, packetsOf } from './domain/staging.js';
import type { Session } from './session.js';
import { orderTransaction } from './ordering.js';
import { stageAt } from './staging.js';

/** A transaction with enough endorsements. */
export interface EndorsedTransaction {
  /** Hexadecimal. */
  getTransactionId(): string;
  getResult(): Uint8Array;
  /** The business nodes that the endorsements name, by owner set. */
  readonly declaredTargets: readonly WrittenTarget[];
  /** Cores, TEE signatures and endorsements, without receipts. */
  readonly message: EndorsedTransactionMessage;
  /** The packets that the business node of this organisation is to store: none when it is not declared. */
  packetsOf(mspId: string): Uint8Array[];
  /** Hands the packets to every declared owner, then has the transaction ordered. */
  submit(): Promise<SubmittedTransaction>;
}

/** An ordered transaction: its result is known, its verdict may still be awaited. */
export interface SubmittedTransaction extends Commit {
  getResult(): Uint8Array;
  /** Waits for the commit. Throws MVCC_READ_CONFLICT, PHANTOM_READ_CONFLICT, ENDORSEMENT_POLICY_FAILURE, DUPLICATE_TXID or COMMIT_INVALID. */
  verifyCommitted(): Promise<void>;
}

export interface EndorsedParts {
  readonly txId: Uint8Array;
  readonly result: Uint8Array;
  readonly cores: readonly Core[];
  readonly packets: readonly Uint8Array[];
  readonly requirements: Requirements;
  readonly message: EndorsedTransactionMessage;
  readonly signal?: AbortSignal | undefined;
}

/** The stage after endorsement. */
export function createEndorsedTransactionStage(session: Session, parts: EndorsedParts): EndorsedTransaction {
  const txId = toHex(parts.txId);
  const { targets } = parts.requirements;
  const owners = declaredOwners(targets);
  const packets = (mspId: string): Uint8Array[] => packetsOf(mspId, { cores: parts.cores, packets: parts.packets, targets });
  const stage = (mspId: string): Promise<Receipt> => stageAt(session, mspId, { txId, transaction: parts.message, packets: packets(mspId), signal: parts.signal });
  return {
    getTransactionId: () => txId,
    getResult: () => parts.result,
    declaredTargets: targets,
    message: parts.message,
    packetsOf: packets,
    async submit() {
      const receipts = await Promise.all(owners.map(stage));
      await orderTransaction(session, encodeOrdered(parts.message, receipts), { txId: parts.txId, owners, signal: parts.signal });
      const commit = createCommit(session, { txId: parts.txId, owners, signal: parts.signal });
      return {
        ...commit,
        getResult: () => parts.result,
        verifyCommitted: async () => {
          verifySuccessful(await commit.getStatus());
        },
      };
    },
  };
}
