import { fileURLToPath } from 'node:url';
import type { DevNetworkOptions } from '@selvedge/dev-network';
import { fabricMissing } from './fabric.js';
import { startTestNetwork, type TestNetwork } from './network.js';

/** The two ledgers that the same tests run on. */
export const LEDGERS = ['embedded', 'fabric'] as const;
export type LedgerName = (typeof LEDGERS)[number];

/** Whether tests on a ledger cannot run here; the reason is printed. */
export const isMissing = (ledger: LedgerName): boolean => ledger === 'fabric' && fabricMissing() !== undefined;

/** Two business organisations, three endorser organisations, and the contract `vaults`, whose functions call the shim one by one. */
export async function startVaults(ledger: LedgerName, options: Partial<DevNetworkOptions> = {}): Promise<TestNetwork> {
  const test = await startTestNetwork({ ...options, ledger, businessOrganisations: ['AuroraMSP', 'BorealisMSP'], endorserOrganisations: ['NorthMSP', 'SouthMSP', 'EastMSP'] });
  await test.network.deploy(fileURLToPath(new URL('../contracts/vaults', import.meta.url)));
  return test;
}
