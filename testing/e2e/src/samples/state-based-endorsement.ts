import { expect, it } from 'vitest';
import { query, queryJson, refusal, verdict, type Sample } from './sample.js';

/** What the manifest says of the organisations that the sample names: each endorses through its own endorser. */
export const SBE_MANIFEST = { organisationMap: { Org1MSP: 'Org1MSP', Org2MSP: 'Org2MSP' } };

/** The main functions of asset-transfer-sbe in TypeScript: whoever owns an asset must endorse its changes. */
export function driveStateBasedEndorsement(isSkipped: boolean, sample: () => Sample): void {
  const update = async (endorser: string, assetId: string, value: string): Promise<string> => {
    const executed = await sample().org1.newProposal('UpdateAsset', { arguments: [assetId, value], endorsingOrganizations: [endorser] }).execute();
    // What compute nodes tell of whom to ask is a hint: the ledger decides.
    executed.targetData.attachments!.keyPolicies = [];
    return verdict(await executed.endorse());
  };

  it.skipIf(isSkipped)('CreateAsset and UpdateAsset: valid from the owner’s organisation only', async () => {
    const { org1, org2 } = sample();
    await org1.submitTransaction('CreateAsset', 'asset1', '100', 'Tomoko');
    expect(await update('Org2MSP', 'asset1', '1')).toBe('ENDORSEMENT_POLICY_FAILURE');
    expect(await update('Org1MSP', 'asset1', '200')).toBe('VALID');
    // A client that listens to the compute node asks the right organisation by itself.
    await org2.submitTransaction('UpdateAsset', 'asset1', '300');
    expect(await queryJson<object>(org2, 'ReadAsset', 'asset1')).toEqual({ ID: 'asset1', Value: 300, Owner: 'Tomoko', OwnerOrg: 'Org1MSP' });
  });

  it.skipIf(isSkipped)('TransferAsset hands the right to endorse on', async () => {
    const { org1, org2 } = sample();
    await org1.submitTransaction('TransferAsset', 'asset1', 'Ann', 'Org2MSP');
    expect([await update('Org1MSP', 'asset1', '1'), await update('Org2MSP', 'asset1', '400')]).toEqual(['ENDORSEMENT_POLICY_FAILURE', 'VALID']);
    expect(await queryJson<object>(org1, 'ReadAsset', 'asset1')).toEqual({ ID: 'asset1', Value: 400, Owner: 'Ann', OwnerOrg: 'Org2MSP' });
    await org2.submitTransaction('DeleteAsset', 'asset1');
    await org2.submitTransaction('CreateAsset', 'asset1', '5', 'Bob');
    expect([await update('Org1MSP', 'asset1', '1'), await update('Org2MSP', 'asset1', '6')]).toEqual(['ENDORSEMENT_POLICY_FAILURE', 'VALID']);
  });

  it.skipIf(isSkipped)('errors are the chaincode’s own; an organisation that the manifest does not map is refused by name', async () => {
    const { org1 } = sample();
    expect(await refusal(org1.submitTransaction('CreateAsset', 'asset1', '1', 'x'))).toContain('The asset asset1 already exists');
    for (const [name, ...args] of [['UpdateAsset', '1'], ['DeleteAsset'], ['TransferAsset', 'x', 'Org2MSP']] as const) {
      expect(await refusal(org1.submitTransaction(name, 'asset9', ...args)), name).toContain('The asset asset9 does not exist');
    }
    expect(await refusal(query(org1, 'ReadAsset', 'asset9'))).toContain('The asset asset9 does not exist');
    expect(await refusal(org1.submitTransaction('TransferAsset', 'asset1', 'x', 'Org3MSP'))).toContain('Org3MSP');
  });
}
