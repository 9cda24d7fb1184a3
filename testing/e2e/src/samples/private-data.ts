import { expect, it } from 'vitest';
import { query, queryJson, refusal, transient, type Sample } from './sample.js';

const properties = (assetID: string, appraisedValue = 100, size = 20): object => ({ objectType: 'asset', assetID, color: 'blue', size, appraisedValue });

/**
 * The main functions of asset-transfer-private-data in TypeScript: transient input, a collection of two organisations and
 * one of each, hashes compared across them, rules of membership, purges. The collections of one organisation forget after
 * three blocks.
 */
export function drivePrivateData(isSkipped: boolean, sample: () => Sample): void {
  const createAsset = (assetID: string): Promise<unknown> => sample().org1.submit('CreateAsset', transient({ asset_properties: properties(assetID) }));
  const agree = (assetID: string, appraisedValue: number): Promise<unknown> => sample().org2.submit('AgreeToTransfer', transient({ asset_value: { assetID, appraisedValue } }));
  const details = (org: 'org1' | 'org2', collection: string, id: string): Promise<string> => query(sample()[org], 'ReadAssetPrivateDetails', collection, id);

  it.skipIf(isSkipped)('CreateAsset: an asset for both, its value for its owner alone', async () => {
    const { org1, org2, name } = sample();
    await createAsset('asset1');
    expect(JSON.parse(await details('org1', 'Org1MSPPrivateCollection', 'asset1'))).toEqual({ ID: 'asset1', AppraisedValue: 100 });
    for (const org of [org1, org2]) {
      const asset = await queryJson<Record<string, unknown>>(org, 'ReadAsset', 'asset1');
      expect(asset).toMatchObject({ ID: 'asset1', Color: 'blue', Size: 20 });
      expect(String(asset.Owner)).toMatch(/^x509::.*CN=User1.*::.*CN=/);
    }
    const denied = `tx creator does not have read access permission on privatedata in chaincodeName:${name} collectionName: Org1MSPPrivateCollection`;
    expect(await refusal(details('org2', 'Org1MSPPrivateCollection', 'asset1'))).toContain(denied);
    expect(await query(org1, 'ReadAsset', 'nothing')).toBe('');
    expect(await refusal(createAsset('asset1'))).toContain('this asset already exists: asset1');
  });

  it.skipIf(isSkipped)('refuses input that is absent, empty or of a wrong kind', async () => {
    const { org1 } = sample();
    expect(await refusal(org1.submitTransaction('CreateAsset'))).toContain('no asset properties');
    expect(await refusal(org1.submit('CreateAsset', transient({ asset_properties: properties('') })))).toContain('assetID field must be a non-empty string');
    expect(await refusal(org1.submit('CreateAsset', transient({ asset_properties: properties('asset2', 100, 0) })))).toContain('size field must be a positive integer');
    expect(await refusal(agree('nothing', 1))).toContain('nothing does not exist');
    expect(await refusal(org1.submit('DeleteAsset', transient({ asset_delete: { assetID: 'nothing' } })))).toContain('asset not found: nothing');
  });

  it.skipIf(isSkipped)('AgreeToTransfer and TransferAsset: only when the hashes of both values are equal', async () => {
    const { org1, org2 } = sample();
    const transfer = (org: typeof org1, assetID: string): Promise<unknown> => org.submit('TransferAsset', transient({ asset_owner: { assetID, buyerMSP: 'Org2MSP' } }));
    await createAsset('asset3');
    expect(await refusal(transfer(org1, 'asset3'))).toContain('AgreeToTransfer must be called by the buyer first');
    await agree('asset3', 90);
    expect(await refusal(transfer(org1, 'asset3'))).toContain('hash for appraised value for owner');
    await agree('asset3', 100);
    expect(await refusal(transfer(org2, 'asset3'))).toContain('does not own asset asset3');
    expect(await queryJson<object>(org1, 'ReadTransferAgreement', 'asset3')).toMatchObject({ ID: 'asset3', BuyerID: expect.stringContaining('x509::') as string });
    await transfer(org1, 'asset3');
    expect(await details('org2', 'Org2MSPPrivateCollection', 'asset3')).toContain('100');
    expect(await details('org1', 'Org1MSPPrivateCollection', 'asset3')).toBe('');
    expect(await refusal(query(org2, 'ReadTransferAgreement', 'asset3'))).toContain('TransferAgreement for asset3 does not exist');
    expect((await queryJson<{ Owner: string }>(org1, 'ReadAsset', 'asset3')).Owner).toBe((await queryJson<{ Owner: string }>(org2, 'ReadAsset', 'asset3')).Owner);
  });

  it.skipIf(isSkipped)('DeleteTransferAgreement and GetAssetByRange over private data', async () => {
    const { org1, org2 } = sample();
    await createAsset('asset4');
    await agree('asset4', 100);
    await org2.submit('DeleteTransferAgreement', transient({ asset_delete: { assetID: 'asset4' } }));
    expect(await refusal(org2.submit('DeleteTransferAgreement', transient({ asset_delete: { assetID: 'asset4' } })))).toContain('transfer_agreement does not exist: asset4');
    const ids = async (name: string, ...args: string[]): Promise<unknown[]> => (await queryJson(org2, name, ...args)).map(({ ID }) => ID);
    expect(await ids('GetAssetByRange', 'asset1', 'asset4')).toEqual(['asset1', 'asset3']);
    expect(await ids('GetAssetByRange', '', '')).toEqual(['asset1', 'asset3', 'asset4']);
    // The sample declares its rich queries as no transactions, so nobody can call them, on Fabric either.
    for (const name of ['QueryAssets', 'QueryAssetByOwner']) expect(await refusal(query(org1, name, '{}'))).toContain(`You've asked to invoke a function that does not exist: ${name}`);
  });

  it.skipIf(isSkipped)('DeleteAsset and PurgeAsset; what lived in the collection of one organisation has ended by itself', async () => {
    const { org1 } = sample();
    // Blocks have passed since: the owner's own details of asset1 are over, the asset is not.
    expect([await details('org1', 'Org1MSPPrivateCollection', 'asset1'), (await query(org1, 'ReadAsset', 'asset1')) !== '']).toEqual(['', true]);
    expect(await refusal(org1.submit('DeleteAsset', transient({ asset_delete: { assetID: 'asset1' } })))).toContain('asset not found in owner\'s private Collection');
    await createAsset('asset5');
    await org1.submit('DeleteAsset', transient({ asset_delete: { assetID: 'asset5' } }));
    expect([await query(org1, 'ReadAsset', 'asset5'), await details('org1', 'Org1MSPPrivateCollection', 'asset5')]).toEqual(['', '']);
    await createAsset('asset6');
    await org1.submit('PurgeAsset', transient({ asset_purge: { assetID: 'asset6' } }));
    expect([await query(org1, 'ReadAsset', 'asset6'), await details('org1', 'Org1MSPPrivateCollection', 'asset6')]).toEqual(['', '']);
    await org1.submit('PurgeAsset', transient({ asset_purge: { assetID: 'never' } }));
  });
}
