import { expect, it } from 'vitest';
import { query, queryJson, refusal, type Sample } from './sample.js';

interface Asset {
  readonly ID: string;
  readonly owner: string;
}
interface Page {
  readonly records: readonly Asset[];
  readonly fetchedRecordsCount: number;
  readonly bookmark: string;
}
interface Version {
  readonly record: Asset | null;
  readonly isDelete: boolean;
  readonly timestamp: string;
}

const ids = (assets: readonly Asset[]): string[] => assets.map(({ ID }) => ID);

/** The main functions of asset-transfer-ledger-queries in TypeScript and Go: as in JavaScript, with typed arguments and results. */
export function driveTypedLedgerQueries(isSkipped: boolean, sample: () => Sample): void {
  it.skipIf(isSkipped)('InitLedger, CreateAsset, ReadAsset, TransferAsset, AssetExists and their errors', async () => {
    const { org1, org2 } = sample();
    await org1.submitTransaction('InitLedger');
    await org2.submitTransaction('CreateAsset', 'asset7', 'blue', '35', 'Tom', '99');
    expect(await queryJson<object>(org1, 'ReadAsset', 'asset7')).toEqual({ docType: 'asset', ID: 'asset7', color: 'blue', size: 35, owner: 'Tom', appraisedValue: 99 });
    await org1.submitTransaction('TransferAsset', 'asset7', 'Brad');
    expect([await query(org1, 'AssetExists', 'asset7'), await query(org1, 'AssetExists', 'asset9')]).toEqual(['true', 'false']);
    expect(await refusal(org1.submitTransaction('CreateAsset', 'asset7', 'red', '1', 'x', '1'))).toMatch(/asset already exists: asset7/i);
    expect(await refusal(org1.submitTransaction('CreateAsset', 'asset8', 'red', 'large', 'x', '1'))).toMatch(/convert|conversion/i);
    expect(await refusal(org1.submitTransaction('CreateAsset', 'asset8'))).toContain('Expected 5');
    for (const name of ['ReadAsset', 'DeleteAsset']) expect(await refusal(org1.submitTransaction(name, 'asset9'))).toMatch(/asset asset9 does not exist/i);
  });

  it.skipIf(isSkipped)('ranges, partial composite keys and rich queries, whole and by pages', async () => {
    const { org1, org2 } = sample();
    expect(ids(await queryJson<Asset[]>(org2, 'GetAssetsByRange', 'asset2', 'asset4'))).toEqual(['asset2', 'asset3']);
    await org2.submitTransaction('TransferAssetByColor', 'blue', 'Ann');
    expect(ids(await queryJson<Asset[]>(org1, 'QueryAssetsByOwner', 'Ann'))).toEqual(['asset1', 'asset7']);
    expect(ids(await queryJson<Asset[]>(org1, 'QueryAssets', JSON.stringify({ selector: { size: { $gt: 5 }, color: { $in: ['blue', 'white'] } } })))).toEqual(['asset6', 'asset7']);
    const first = await queryJson<Page>(org1, 'GetAssetsByRangeWithPagination', 'asset1', 'asset8', '5', '');
    expect([ids(first.records), first.fetchedRecordsCount, first.bookmark]).toEqual([['asset1', 'asset2', 'asset3', 'asset4', 'asset5'], 5, 'asset6']);
    const mango = JSON.stringify({ selector: { docType: 'asset', appraisedValue: { $lt: 600 } } });
    const page = await queryJson<Page>(org1, 'QueryAssetsWithPagination', mango, '3', '');
    const next = await queryJson<Page>(org1, 'QueryAssetsWithPagination', mango, '3', page.bookmark);
    expect([ids(page.records), ids(next.records), next.fetchedRecordsCount]).toEqual([['asset1', 'asset2', 'asset3'], ['asset7'], 1]);
  });

  it.skipIf(isSkipped)('DeleteAsset and GetAssetHistory: the delete is a version', async () => {
    const { org1, org2 } = sample();
    await org1.submitTransaction('DeleteAsset', 'asset7');
    const versions = await queryJson<Version[]>(org2, 'GetAssetHistory', 'asset7');
    expect(versions.map(({ record, isDelete }) => [record?.owner ?? '', isDelete])).toEqual([['', true], ['Ann', false], ['Brad', false], ['Tom', false]]);
    for (const { timestamp } of versions) expect(Math.abs(Date.parse(timestamp) - Date.now())).toBeLessThan(600_000);
  });
}
