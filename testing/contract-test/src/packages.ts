import { installPackage, planContractPolicy, readManifest, verifyEntryPoint } from '@selvedge/contract-package';
import { BUSINESS_MSP_IDS, ENDORSER_MSP_IDS, TWO_OF_THREE, type TestConsortium } from '@selvedge/fixtures';
import { parseContractPolicy, verifyContractPolicy } from '@selvedge/policy';
import { ContractPolicySchema, encodeMessage, type ContractPolicy } from '@selvedge/protocol';

/** A development network's organisations: those of "selvedge up". */
const SURROUNDINGS = { businessOrganisations: BUSINESS_MSP_IDS, endorserOrganisations: ENDORSER_MSP_IDS, endorsementPolicy: TWO_OF_THREE };

/**
 * Packages a chaincode directory into a store, and plans the policy that "selvedge deploy" would record of it, with the same checks.
 *
 * @throws SelvedgeError PACKAGE_INVALID, PACKAGE_DEPENDENCY_MISSING, MANIFEST_INVALID, POLICY_MALFORMED
 */
export async function planPackage(directory: string, store: string, { profile }: TestConsortium, name?: string): Promise<ContractPolicy> {
  const { codeHash, directory: tree } = await installPackage(directory, store);
  await verifyEntryPoint(tree);
  const manifest = await readManifest(tree);
  const settings = { ...SURROUNDINGS, members: profile.msps.mspIds };
  const policy = planContractPolicy({ manifest, codeHash, settings, options: name === undefined ? {} : { name }, previous: undefined });
  parseContractPolicy(encodeMessage(ContractPolicySchema, policy));
  verifyContractPolicy(policy, profile, undefined);
  return policy;
}
