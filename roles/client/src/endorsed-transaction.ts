import { toHex } from '@selvedge/crypto';
import type { Core, TeeSignature, EndorsedTransaction as EndorsedTransactionMessage } from '@selvedge/protocol';
import { createCommit, type Commit } from './commit.js';
import { verifyCommittedCore, verifySuccessful } from './domain/commit-status.js';
import type { WrittenTarget } from './domain/requirements.js';
import { packetsOf } from './domain/staging.js';
import type { CarriedTransaction } from './ledger-lane.js';
import { explainConflict } from './met-key-change.js';
import { explainRefusal } from './met-upgrade.js';
import type { TransactionResult } from './transaction-result.js';
import type { Trust } from './trust.js';

/** A transaction with enough endorsements. */
export interface EndorsedTransaction {
  /** Hexadecimal. */
  getTransactionId(): string;
  /** As at the stage before. */
  getResult(): Uint8Array;
  /** The business nodes that the endorsements name, by owner set. */
  readonly declaredTargets: readonly WrittenTarget[];
  /** Cores, TEE signatures and endorsements, without receipts. */
  readonly message: EndorsedTransactionMessage;
  /** The packets that the business node of this organisation is to store: none when it is not declared. */
  packetsOf(mspId: string): Uint8Array[];
  /** Sees to it that every declared owner gets its packets, and has the transaction ordered. */
  submit(): Promise<SubmittedTransaction>;
}

/** An ordered transaction: its result is known, its verdict may still be awaited. */
export interface SubmittedTransaction extends Commit {
  /** Throws RESULT_GATED where that is released on commit, until awaitResult has resolved. */
  getResult(): Uint8Array;
  /**
   * Waits for the commit. Throws MVCC_READ_CONFLICT, PHANTOM_READ_CONFLICT, ENDORSEMENT_POLICY_FAILURE, DUPLICATE_TXID or
   * COMMIT_INVALID; POLICY_VERSION_MISMATCH where an upgrade of the contract came between, KEY_EPOCH_RETIRED, KEY_EPOCH_REVOKED,
   * TEE_CERTIFICATE_EXPIRED or TEE_REVOKED where a rotation or revocation did.
   */
  verifyCommitted(): Promise<void>;
  /**
   * Waits for the commit, and for the release of a gated function's result. Throws as verifyCommitted, and RESULT_UNRELEASED:
   * the transaction is committed then, and the result can be fetched with its handle.
   */
  awaitResult(): Promise<Uint8Array>;
}

export interface EndorsedParts {
  readonly txId: Uint8Array;
  readonly result: TransactionResult;
  readonly cores: readonly Core[];
  readonly packets: readonly Uint8Array[];
  readonly targets: readonly WrittenTarget[];
  readonly carried: CarriedTransaction;
  /** By those that executed it. */
  readonly teeSignatures: readonly TeeSignature[];
  readonly trust: Pick<Trust, 'newestView'>;
}

/** The stage after endorsement. */
export function createEndorsedTransactionStage({ carried, targets, cores, packets, result, teeSignatures, trust, ...parts }: EndorsedParts): EndorsedTransaction {
  const txId = toHex(parts.txId);
  const explain = async (error: unknown): Promise<unknown> => explainConflict(await explainRefusal(error, cores, trust), { cores, teeSignatures }, trust);
  return {
    getTransactionId: () => txId,
    getResult: () => result.get(),
    declaredTargets: targets,
    message: carried.message,
    packetsOf: (mspId) => packetsOf(mspId, { cores, packets, targets }),
    async submit() {
      // Owners judge by the policy that stands when the packets come: nothing was ordered yet.
      await carried.submit().catch(async (error: unknown) => {
        throw await explain(error);
      });
      const commit = createCommit(txId, () => carried.commitStatus());
      const verifyCommitted = async (): Promise<void> => {
        const status = await commit.getStatus();
        try {
          verifySuccessful(status);
          verifyCommittedCore(status, carried.message.cores[0] ?? new Uint8Array(0));
        } catch (error) {
          throw await explain(error);
        }
      };
      return {
        ...commit,
        getResult: () => result.get(),
        verifyCommitted,
        awaitResult: async () => {
          await verifyCommitted();
          return result.release();
        },
      };
    },
  };
}
