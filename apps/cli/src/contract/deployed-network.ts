import { loadConnectionProfile } from '@selvedge/client';
import { planContract } from '@selvedge/contract-lifecycle';
import { readManifest } from '@selvedge/contract-package';
import { SelvedgeError } from '@selvedge/errors';
import type { CommandContext } from '../context.js';
import { untilListening } from '../fabric/await-services.js';
import { noteContract, type ContractSettings } from '../fabric/contracts-file.js';
import { fabricLifecycle, optionsOf, surroundingsOf } from '../fabric/deploy-contract.js';
import { openDeployContext } from '../fabric/deploy-context.js';
import { createReporter } from '../fabric/deploy-report.js';
import { openFabricFolder } from '../fabric/folder.js';
import { openPolicyAccess } from '../fabric/policy-access.js';
import { planServices } from '../fabric/services.js';
import { writeServices } from '../fabric/write-services.js';
import type { ContractNetwork } from './contract-network.js';

/** A deployment on Fabric: administrators of the organisations that are operated from its folder. */
export async function withDeployedNetwork<T>(context: CommandContext, waitMs: number, use: (network: ContractNetwork) => Promise<T>): Promise<T> {
  const folder = await openFabricFolder(context.directory);
  const { layout } = folder;
  const reporter = createReporter((text) => {
    context.note(text);
  });
  const connectionProfile = await loadConnectionProfile(layout.networkFile).catch((cause: unknown) => {
    throw new SelvedgeError('INVALID_CONFIGURATION', `${layout.directory} is not deployed yet; "selvedge fabric deploy" does that`, { role: 'cli', cause });
  });
  const deployContext = await openDeployContext(folder, reporter, waitMs);
  const policy = await openPolicyAccess(folder);
  const administrators: ContractNetwork['administrators'] = async () => (context.hasIdentity ? [await context.identity(await context.openFolder(), 'admin')] : [...deployContext.admins]);
  try {
    return await use({
      ports: fabricLifecycle(deployContext, policy, connectionProfile),
      connectionProfile,
      facts: () => policy.facts(),
      async plan({ directory, codeHash }, options) {
        const name = options.name ?? (await readManifest(directory)).name;
        // The deployment file says what this folder runs; its processes follow it.
        await noteContract(layout, directory, { ...(options as ContractSettings), name });
        const changed = await openDeployContext(await openFabricFolder(context.directory), reporter, waitMs);
        await writeServices(changed, changed.own);
        await untilListening(planServices(changed.deployment).filter(({ contract }) => contract === name), changed);
        const contract = changed.deployment.contracts.find((one) => one.name === name);
        if (contract === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `contract ${name} is not in ${layout.deploymentFile}`, { role: 'cli' });
        const ports = fabricLifecycle(changed, policy, connectionProfile);
        return planContract(ports, { directory, codeHash, surroundings: surroundingsOf(changed.deployment), options: optionsOf(contract) });
      },
      administrators,
      approvers: administrators,
    });
  } finally {
    policy.close();
  }
}
