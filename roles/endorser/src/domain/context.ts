import type { Profile } from '@selvedge/policy';
import type { EndorserState } from '../ports.js';

/** What target data is judged against: one height of the ledger, and a clock that may only refuse. */
export interface EndorsementContext {
  readonly state: EndorserState;
  readonly profile: Profile;
  /** Now. Never enters what is signed. */
  readonly at: Date;
}
