import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { signAs, type Signer } from '@selvedge/identity';
import { encodeMessage, LedgerViewAnswerSchema, LedgerViewStatementSchema, policyRoot, signing, type LedgerViewAnswer } from '@selvedge/protocol';
import { equalBytes } from '@selvedge/crypto';
import type { FollowerPort } from './ports.js';

/** What a follower holds. */
export interface FollowerLedger {
  height: bigint;
  factEntries(): { key: string; value: Uint8Array }[];
}

/** A follower in memory that really signs. What is set on it changes its next answers. */
export interface FakeFollower extends FollowerPort {
  ledger: FollowerLedger;
  signer: Signer;
  /** Replaces fields of its statements before they are signed. */
  statement: MessageInitShape<typeof LedgerViewStatementSchema>;
  /** Changes a finished answer. */
  tamper: (answer: LedgerViewAnswer) => LedgerViewAnswer;
  /** Answers nothing until the signal ends. */
  isSilent: boolean;
  asked: number;
  /** Of the last request. */
  changesFrom: bigint | undefined;
}

export function createFakeFollower(input: { network: string; channel: string; mspId: string; signer: Signer; ledger: FollowerLedger; address?: string }): FakeFollower {
  const follower: FakeFollower = {
    mspId: input.mspId,
    address: input.address ?? `${input.mspId}:1`,
    ledger: input.ledger,
    signer: input.signer,
    statement: {},
    tamper: (answer) => answer,
    isSilent: false,
    asked: 0,
    changesFrom: undefined,
    getLedgerView({ nonce, knownPolicyRoot, changesFrom }, signal) {
      follower.asked += 1;
      follower.changesFrom = changesFrom;
      if (follower.isSilent) {
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('cut'));
          });
        });
      }
      const facts = follower.ledger.factEntries();
      const root = policyRoot(facts);
      const { network, channel } = input;
      const statement = encodeMessage(LedgerViewStatementSchema, { network, channel, height: follower.ledger.height, blockHash: new Uint8Array(32), policyRoot: root, nonce, ...follower.statement });
      const hasFacts = !equalBytes(root, knownPolicyRoot);
      const signature = signAs(follower.signer, signing.ledgerView(statement));
      return Promise.resolve(follower.tamper(create(LedgerViewAnswerSchema, { statement, signature, hasFacts, facts: hasFacts ? facts : [] })));
    },
  };
  return follower;
}
