import type { Contract, Gateway, HopEvent } from '@selvedge/client';
import type { DevNetwork } from '@selvedge/dev-network';
import type { Stone } from './stones.js';

/** The three houses of the tour: each an organisation with a business node of its own. */
export const HOUSES = [
  { name: 'Aurora', mspId: 'AuroraMSP' },
  { name: 'Borealis', mspId: 'BorealisMSP' },
  { name: 'Celesta', mspId: 'CelestaMSP' },
] as const;

/** A house at work: its connection, and the stones that it is to sell. */
export interface Trader {
  readonly name: string;
  readonly mspId: string;
  readonly gateway: Gateway;
  readonly contract: Contract;
  readonly stones: readonly Stone[];
  /** Hops of this trader's calls, newest last; cleared by whoever follows a request. */
  readonly hops: HopEvent[];
}

const MAX_HOPS_KEPT = 100;

/** Connects each house as its own user. */
export async function openTraders(network: DevNetwork, shares: readonly (readonly Stone[])[]): Promise<Trader[]> {
  const channel = network.connectionProfile().channel;
  return Promise.all(
    HOUSES.map(async ({ name, mspId }, index) => {
      const hops: HopEvent[] = [];
      const onHop = (hop: HopEvent): void => {
        if (hops.length < MAX_HOPS_KEPT) hops.push(hop);
      };
      const gateway = await network.connect(mspId, { onHop });
      return { name, mspId, gateway, contract: gateway.getNetwork(channel).getContract('diamonds'), stones: shares[index] ?? [], hops };
    }),
  );
}
