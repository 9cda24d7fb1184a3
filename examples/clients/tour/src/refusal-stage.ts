import type { Contract } from '@selvedge/client';
import type { DevNetwork } from '@selvedge/dev-network';

/** What the refusals need: somebody’s contract, and how to change the price of a stone of theirs. */
export interface RefusalStage {
  readonly ledger: 'embedded' | 'fabric';
  readonly network: DevNetwork;
  readonly contract: Contract;
  readonly setPrice: (price: number) => { name: string; options: { arguments: string[]; transientData: Record<string, string> } };
  /** The organisation that owns the stone. */
  readonly ownerMspId: string;
  /** A business node that is not declared in that contract’s endorsements. */
  readonly otherMspId: string;
}
