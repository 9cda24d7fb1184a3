import { expect, it } from 'vitest';
import { query, queryJson, refusal, type Sample } from './sample.js';

interface Row {
  readonly Key: string;
  readonly Record: Readonly<Record<string, unknown>>;
}
interface Page {
  readonly results: readonly Row[];
  readonly fetchedRecordsCount: number;
  readonly bookmark: string;
}
interface Version {
  readonly TxId: string;
  readonly Timestamp: { readonly seconds: number };
  readonly Value: { readonly owner: string };
}

const keys = (rows: readonly Row[]): string[] => rows.map(({ Key }) => Key);

/** The main functions of asset-transfer-ledger-queries in JavaScript: ranges, composite keys, rich queries, pages, history. */
export function driveLedgerQueries(isSkipped: boolean, sample: () => Sample): void {
  const find = async (mango: object): Promise<Row[]> => queryJson<Row[]>(sample().org2, 'QueryAssets', JSON.stringify(mango));

  it.skipIf(isSkipped)('InitLedger, CreateAsset, ReadAsset, AssetExists and their errors', async () => {
    const { org1, org2 } = sample();
    await org1.submitTransaction('InitLedger');
    await org2.submitTransaction('CreateAsset', 'asset7', 'blue', '35', 'Tom', '99');
    expect(await queryJson<object>(org1, 'ReadAsset', 'asset7')).toEqual({ docType: 'asset', assetID: 'asset7', color: 'blue', size: '35', owner: 'Tom', appraisedValue: '99' });
    expect([await query(org1, 'AssetExists', 'asset7'), await query(org1, 'AssetExists', 'asset9')]).toEqual(['true', 'false']);
    expect(await refusal(org1.submitTransaction('CreateAsset', 'asset7', 'red', '1', 'x', '1'))).toContain('The asset asset7 already exists');
    expect(await refusal(query(org1, 'ReadAsset', 'asset9'))).toContain('Asset asset9 does not exist');
    expect(await refusal(org1.submitTransaction('TransferAsset', 'asset9', 'x'))).toContain('Asset asset9 does not exist');
    expect(await refusal(org1.submitTransaction('DeleteAsset', ''))).toContain('Asset name must not be empty');
    expect(await refusal(org1.submitTransaction('NoSuchFunction'))).toContain('You\'ve asked to invoke a function that does not exist: NoSuchFunction');
  });

  it.skipIf(isSkipped)('GetAssetsByRange, whole and by pages: simple keys only, the end excluded', async () => {
    const { org1 } = sample();
    const range = (...args: string[]): Promise<Row[]> => queryJson<Row[]>(org1, 'GetAssetsByRange', ...args);
    expect(keys(await range('asset1', 'asset3'))).toEqual(['asset1', 'asset2']);
    expect(keys(await range('', ''))).toEqual(['asset1', 'asset2', 'asset3', 'asset4', 'asset5', 'asset6', 'asset7']);
    expect(await range('b', 'c')).toEqual([]);
    const pages: string[][] = [];
    for (let bookmark = '', count = 3; count === 3;) {
      const page = await queryJson<Page>(org1, 'GetAssetsByRangeWithPagination', 'asset1', 'asset8', '3', bookmark);
      pages.push(keys(page.results));
      expect(page.fetchedRecordsCount).toBe(page.results.length);
      ({ bookmark, fetchedRecordsCount: count } = page);
    }
    // Fabric's bookmark of a range is the key that comes next, and empty at the end.
    expect(pages).toEqual([['asset1', 'asset2', 'asset3'], ['asset4', 'asset5', 'asset6'], ['asset7']]);
    expect((await queryJson<Page>(org1, 'GetAssetsByRangeWithPagination', 'asset1', 'asset8', '3', '')).bookmark).toBe('asset4');
    expect((await queryJson<Page>(org1, 'GetAssetsByRangeWithPagination', 'asset7', 'asset8', '3', '')).bookmark).toBe('');
  });

  it.skipIf(isSkipped)('TransferAsset and TransferAssetByColor, by a partial composite key', async () => {
    const { org1, org2 } = sample();
    await org1.submitTransaction('TransferAsset', 'asset2', 'Jerry');
    await org2.submitTransaction('TransferAssetByColor', 'blue', 'Ann');
    await org2.submitTransaction('TransferAssetByColor', 'mauve', 'Nobody');
    const owners = (await queryJson<Row[]>(org1, 'GetAssetsByRange', '', '')).map(({ Key, Record }) => [Key, Record.owner]);
    expect(owners).toEqual([['asset1', 'Ann'], ['asset2', 'Jerry'], ['asset3', 'Jin Soo'], ['asset4', 'Max'], ['asset5', 'Adriana'], ['asset6', 'Michel'], ['asset7', 'Ann']]);
  });

  it.skipIf(isSkipped)('QueryAssetsByOwner and QueryAssets: selectors, the declared index, fields, and CouchDB’s refusals', async () => {
    const { org1 } = sample();
    expect(keys(await queryJson<Row[]>(org1, 'QueryAssetsByOwner', 'Ann'))).toEqual(['asset1', 'asset7']);
    expect(await queryJson<Row[]>(org1, 'QueryAssetsByOwner', 'Nobody')).toEqual([]);
    expect(keys(await find({ selector: { docType: 'asset', owner: 'Ann' }, use_index: ['_design/indexOwnerDoc', 'indexOwner'] }))).toEqual(['asset1', 'asset7']);
    expect(keys(await find({ selector: { docType: 'asset' }, sort: [{ docType: 'asc' }, { owner: 'asc' }] }))).toEqual(['asset5', 'asset1', 'asset7', 'asset2', 'asset3', 'asset4', 'asset6']);
    expect(await find({ selector: { owner: 'Max' }, fields: ['color', 'size'] })).toEqual([{ Key: 'asset4', Record: { color: 'yellow', size: 10 } }]);
    // Numbers sort before strings in CouchDB, and a composite key's value is no document.
    expect(keys(await find({ selector: { size: { $gte: 10 } } }))).toEqual(['asset3', 'asset4', 'asset5', 'asset6', 'asset7']);
    expect(await refusal(find({ selector: { docType: 'asset' }, sort: [{ size: 'desc' }] }))).toContain('no_usable_index');
    expect(await refusal(find({ selector: { owner: { $nearly: 1 } } }))).toContain('invalid_operator');
    expect(await refusal(query(org1, 'QueryAssets', '{'))).toContain('GET_QUERY_RESULT failed');
  });

  it.skipIf(isSkipped)('QueryAssetsWithPagination: every document once, over the pages', async () => {
    const { org1 } = sample();
    const mango = JSON.stringify({ selector: { docType: 'asset', owner: { $gt: null } }, use_index: ['_design/indexOwnerDoc', 'indexOwner'] });
    const found: string[] = [];
    for (let bookmark = '', count = 2; count === 2;) {
      const page = await queryJson<Page>(org1, 'QueryAssetsWithPagination', mango, '2', bookmark);
      found.push(...keys(page.results));
      ({ bookmark, fetchedRecordsCount: count } = page);
    }
    expect(found).toEqual(['asset5', 'asset1', 'asset7', 'asset2', 'asset3', 'asset4', 'asset6']);
  });

  it.skipIf(isSkipped)('DeleteAsset takes the index entry with it; GetAssetHistory has every version, newest first', async () => {
    const { org1, org2 } = sample();
    await org1.submitTransaction('DeleteAsset', 'asset7');
    await org1.submitTransaction('TransferAssetByColor', 'blue', 'Zoe');
    expect(await queryJson<Row[]>(org2, 'QueryAssetsByOwner', 'Ann')).toEqual([]);
    const history = async (key: string): Promise<Version[]> => queryJson<Version[]>(org2, 'GetAssetHistory', key);
    expect((await history('asset1')).map(({ Value }) => Value.owner)).toEqual(['Zoe', 'Ann', 'Tom']);
    // The sample leaves out versions without a value: the delete.
    const versions = await history('asset7');
    expect(versions.map(({ Value }) => Value.owner)).toEqual(['Ann', 'Tom']);
    for (const { TxId, Timestamp } of versions) expect([/^[0-9a-f]{64}$/.test(TxId), Math.abs(Timestamp.seconds - Date.now() / 1000) < 600]).toEqual([true, true]);
    expect(await history('never')).toEqual([]);
  });
}
