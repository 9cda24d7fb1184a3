import type { Appraise } from '@selvedge/attestation';
import type { Profile } from '@selvedge/policy';
import type { EndorserState } from '../ports.js';

/** What target data is judged against: one height of the ledger, and a clock that may only refuse. */
export interface EndorsementContext {
  readonly state: EndorserState;
  readonly profile: Profile;
  /**
   * The one contract whose entries and guards can be read here: a chaincode reads its own namespace, and each contract's
   * endorsement chaincode checks its own section within the same transaction. undefined: every contract's.
   */
  readonly stateOf?: string | undefined;
  /** Appraises nodes' evidence; default: anew each time. */
  readonly appraise?: Appraise | undefined;
  /** Now. Never enters what is signed. */
  readonly at: Date;
}
