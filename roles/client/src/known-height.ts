import { toHex } from '@selvedge/crypto';
import type { Profile } from '@selvedge/policy';
import type { LedgerLane } from './ledger-lane.js';

/** The greatest height that a commit or an event has told of. Compute nodes whose view is lower answer nothing from memory. */
export interface KnownHeight {
  readonly height: bigint;
  /** A block that is known to be on the ledger. */
  sawBlock(number: bigint): void;
}

/** By the digest of the pinned profile. */
const byNetwork = new Map<string, KnownHeight>();

/** Shared by all gateways of a process to one network: what one of them committed, queries of another see. */
export function knownHeightOf({ digest }: Pick<Profile, 'digest'>): KnownHeight {
  const id = toHex(digest);
  const known = byNetwork.get(id) ?? createKnownHeight();
  byNetwork.set(id, known);
  return known;
}

function createKnownHeight(): KnownHeight {
  let height = 0n;
  return {
    get height() {
      return height;
    },
    sawBlock(number) {
      if (number >= height) height = number + 1n;
    },
  };
}

/** A lane whose commits and events are remembered. */
export function rememberBlocks(lane: LedgerLane, known: KnownHeight): LedgerLane {
  return {
    async endorse(input) {
      const carried = await lane.endorse(input);
      return {
        message: carried.message,
        submit: () => carried.submit(),
        async commitStatus() {
          const status = await carried.commitStatus();
          known.sawBlock(status.blockNumber);
          return status;
        },
        async batchStatus(txIds) {
          const items = await carried.batchStatus(txIds);
          for (const item of items) if ('status' in item) known.sawBlock(item.status.blockNumber);
          return items;
        },
      };
    },
    async *events(contract, startBlock, signal) {
      for await (const found of lane.events(contract, startBlock, signal)) {
        known.sawBlock(found.blockNumber);
        yield found;
      }
    },
    transaction: (txId, signal) => lane.transaction(txId, signal),
    close: () => {
      lane.close();
    },
  };
}
