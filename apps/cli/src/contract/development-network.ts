import { planContract } from '@selvedge/contract-lifecycle';
import type { CommandContext } from '../context.js';
import type { ContractNetwork } from './contract-network.js';

/** A development network: every organisation's administrator is in its folder. */
export async function withDevelopmentNetwork<T>(context: CommandContext, use: (network: ContractNetwork) => Promise<T>): Promise<T> {
  const [network, folder] = [await context.openDevelopmentFolder(), await context.openFolder()];
  const { settings, profile, connectionProfile } = network;
  return network.withLifecycle((ports, session) =>
    use({
      ports,
      connectionProfile,
      async facts() {
        const all = await session.facts();
        const values = new Map(all.map(({ key, value }) => [key, value]));
        return { all, fact: (key) => values.get(key) };
      },
      plan: ({ directory, codeHash }, options) => planContract(ports, { directory, codeHash, surroundings: settings, options, keepsRecorded: true }),
      administrators: async () => (context.hasIdentity ? [await context.identity(folder, 'admin')] : Promise.all(profile.msps.mspIds.map((mspId) => network.identity(mspId, 'Admin')))),
      approvers: async () => [await context.identity(folder, 'admin')],
    }),
  );
}
