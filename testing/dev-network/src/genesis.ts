import { keyAccessRuleOf } from '@selvedge/contract-package';
import { DEFAULT_SUITE_NAMES } from '@selvedge/crypto';
import type { Signer } from '@selvedge/identity';
import { approvePolicyChange, createPolicyChange, createPolicyTransaction, createProfile, createSignedProfile, facts, signProfile } from '@selvedge/policy';
import { writeWhole } from '@selvedge/service-kit/launch';
import { loadAdmins, loadCa, loadSigner, ORDERER, organisationsOf } from './identities.js';
import type { Layout } from './layout.js';
import type { DevNetworkOptions, NetworkSettings } from './options.js';

/** What the processes of this network measure as. */
export interface Measurements {
  readonly compute: Uint8Array;
  readonly keyBroker: Uint8Array;
  readonly viewer: Uint8Array;
}

/** Writes the profile, signed by every organisation's administrator, and block 0's transaction, which records it. */
export async function createGenesis(layout: Layout, settings: NetworkSettings, input: { readonly teeRoot: Uint8Array; readonly measurements: Measurements; readonly unlockKeys: ReadonlyMap<string, Uint8Array>; readonly keyAccess: NonNullable<DevNetworkOptions['keyAccess']>; readonly quorum: DevNetworkOptions['quorum'] }): Promise<void> {
  const { network, channel } = settings;
  const organisations = await Promise.all(organisationsOf(settings).map((mspId) => loadCa(layout, mspId)));
  const sequencer = await loadSigner(layout, settings.ordererOrganisation, ORDERER);
  const profile = createProfile({
    network,
    channel,
    version: 1n,
    organisations: organisations.map(({ mspId, rootCertificate }) => ({ mspId, rootCertificates: [rootCertificate], unlockKey: input.unlockKeys.get(mspId) ?? new Uint8Array(0) })),
    adminQuorum: settings.adminQuorum,
    appraisalPolicies: [
      { role: 'compute', teeType: 'simulated', measurements: [input.measurements.compute], ...(input.quorum === undefined ? {} : { quorum: input.quorum }) },
      { role: 'key-broker', teeType: 'simulated', measurements: [input.measurements.keyBroker] },
      { role: 'viewer', teeType: 'simulated', measurements: [input.measurements.viewer] },
    ],
    allowedSuites: [...(settings.suites ?? DEFAULT_SUITE_NAMES)],
    allowSimulated: true,
    simulatedRoots: [input.teeRoot],
    viewQuorum: settings.viewQuorum,
    sequencer: sequencer.serialized,
    keyAccess: input.keyAccess.map(({ contract, rules }) => ({ contract, rules: rules.map(keyAccessRuleOf) })),
  });
  const admins: Signer[] = await loadAdmins(layout, settings);
  const signedProfile = createSignedProfile(
    profile,
    admins.map((admin) => signProfile(profile, admin)),
  );
  const change = createPolicyChange({ network, channel, changes: [{ key: facts.profile, value: signedProfile }] });
  const approvals = admins.map((admin) => approvePolicyChange(change, admin));
  await writeWhole(layout.profileFile, signedProfile);
  await writeWhole(layout.genesisFile, createPolicyTransaction(change, approvals));
}
