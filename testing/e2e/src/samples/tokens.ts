import { expect, it } from 'vitest';
import { query, queryJson, refusal, type Sample } from './sample.js';

/** token-erc-20, in JavaScript or Go: balances, allowances, and transfers that two organisations make. */
export function driveFungibleToken(isSkipped: boolean, sample: () => Sample): void {
  it.skipIf(isSkipped)('Initialize, Mint, Transfer, Approve, TransferFrom, Burn and their errors', async () => {
    const { org1, org2 } = sample();
    expect(await refusal(org1.submitTransaction('Mint', '10'))).toMatch(/contract options need to be set before calling any function/i);
    await org1.submitTransaction('Initialize', 'some name', 'SN', '2');
    expect(await refusal(org1.submitTransaction('Initialize', 'other', 'O', '2'))).toContain('contract options are already set');
    expect(await refusal(org2.submitTransaction('Mint', '10'))).toContain('client is not authorized to mint new tokens');
    await org1.submitTransaction('Mint', '5000');
    const [alice, bob] = [await query(org1, 'ClientAccountID'), await query(org2, 'ClientAccountID')];
    await org1.submitTransaction('Transfer', bob, '100');
    expect(await refusal(org1.submitTransaction('Transfer', bob, '999999'))).toContain('insufficient funds');
    expect(await refusal(org1.submitTransaction('Transfer', alice, '1'))).toContain('cannot transfer to and from same client account');
    await org1.submitTransaction('Approve', bob, '500');
    expect(await query(org1, 'Allowance', alice, bob)).toBe('500');
    await org2.submitTransaction('TransferFrom', alice, bob, '200');
    expect(await refusal(org2.submitTransaction('TransferFrom', alice, bob, '301'))).toMatch(/enough allowance/);
    await org1.submitTransaction('Burn', '700');
    expect([await query(org1, 'BalanceOf', alice), await query(org2, 'ClientAccountBalance'), await query(org1, 'TotalSupply'), await query(org1, 'Symbol')]).toEqual(['4000', '300', '4300', 'SN']);
  });
}

/** token-erc-721 in JavaScript and Go, which differ in their errors' texts only: balances are counted by a range of composite keys. */
export function driveNonFungibleToken(isSkipped: boolean, sample: () => Sample): void {
  it.skipIf(isSkipped)('Initialize, MintWithTokenURI, Approve, TransferFrom, Burn and their errors', async () => {
    const { org1, org2 } = sample();
    await org1.submitTransaction('Initialize', 'some name', 'NFT');
    expect(await refusal(org2.submitTransaction('MintWithTokenURI', '1', 'https://a/1'))).toContain('client is not authorized to');
    for (const id of ['101', '102', '103']) await org1.submitTransaction('MintWithTokenURI', id, `https://a/${id}`);
    expect(await refusal(org1.submitTransaction('MintWithTokenURI', '101', 'x'))).toContain('oken 101 is already minted');
    const [alice, bob] = [await query(org1, 'ClientAccountID'), await query(org2, 'ClientAccountID')];
    await org1.submitTransaction('TransferFrom', alice, bob, '101');
    expect(await refusal(org1.submitTransaction('TransferFrom', bob, alice, '101'))).toMatch(/not allowed to transfer|not the current owner|not authorized/);
    await org1.submitTransaction('Approve', bob, '102');
    expect(await query(org1, 'GetApproved', '102')).toBe(bob);
    await org2.submitTransaction('TransferFrom', alice, bob, '102');
    await org1.submitTransaction('Burn', '103');
    expect([await query(org1, 'OwnerOf', '102'), await query(org1, 'BalanceOf', bob), await query(org1, 'BalanceOf', alice), await query(org1, 'TotalSupply'), await query(org2, 'TokenURI', '101')]).toEqual([bob, '2', '0', '2', 'https://a/101']);
    expect(await refusal(query(org1, 'OwnerOf', '103'))).toMatch(/tokenId 103 is invalid. It does not exist|could not process OwnerOf/);
  });
}

/** token-utxo in Go: outputs named after the transaction, found by a partial composite key. */
export function driveUnspentOutputs(isSkipped: boolean, sample: () => Sample): void {
  interface Output {
    readonly utxo_key: string;
    readonly owner: string;
    readonly amount: number;
  }
  it.skipIf(isSkipped)('Mint, Transfer and ClientUTXOs: what goes in comes out, once', async () => {
    const { org1, org2 } = sample();
    expect(await refusal(org1.submitTransaction('Mint', '10'))).toContain('call Initialize() to initialize contract');
    await org1.submitTransaction('Initialize', 'some name', 'UT');
    const minted = await org1.submitAsync('Mint', { arguments: ['100'] });
    await minted.verifyCommitted();
    const input = `${minted.getTransactionId()}.0`;
    const bob = await query(org2, 'ClientID');
    const alice = await query(org1, 'ClientID');
    const pay = (amounts: readonly [number, number]): string[] => [JSON.stringify([input]), JSON.stringify([{ utxo_key: '', owner: bob, amount: amounts[0] }, { utxo_key: '', owner: alice, amount: amounts[1] }])];
    expect(await refusal(org1.submitTransaction('Transfer', ...pay([60, 50])))).toContain('total utxoInput amount 100 does not equal total utxoOutput amount 110');
    await org1.submitTransaction('Transfer', ...pay([60, 40]));
    expect(await refusal(org1.submitTransaction('Transfer', ...pay([60, 40])))).toContain('not found for client');
    expect((await queryJson<Output[]>(org2, 'ClientUTXOs')).map(({ amount, owner }) => [amount, owner])).toEqual([[60, bob]]);
    expect((await queryJson<Output[]>(org1, 'ClientUTXOs')).map(({ amount }) => amount)).toEqual([40]);
  });
}

/** token-erc-1155 in Go: batches of balances under composite keys. */
export function driveMultiToken(isSkipped: boolean, sample: () => Sample): void {
  it.skipIf(isSkipped)('Initialize, MintBatch, TransferFrom, SetApprovalForAll, BatchTransferFrom, Burn and their errors', async () => {
    const { org1, org2 } = sample();
    await org1.submitTransaction('Initialize', 'some name', 'MT');
    const [alice, bob] = [await query(org1, 'ClientAccountID'), await query(org2, 'ClientAccountID')];
    expect(await refusal(org2.submitTransaction('Mint', bob, '1', '10'))).toContain('not authorized');
    await org1.submitTransaction('MintBatch', alice, '[1,2,3]', '[100,200,300]');
    expect(await refusal(org1.submitTransaction('MintBatch', alice, '[1]', '[1,2]'))).toContain('ids and amounts must have the same length');
    await org1.submitTransaction('TransferFrom', alice, bob, '1', '30');
    expect(await refusal(org2.submitTransaction('TransferFrom', alice, bob, '1', '1'))).toContain('caller is not owner nor is approved');
    await org1.submitTransaction('SetApprovalForAll', bob, 'true');
    await org2.submitTransaction('BatchTransferFrom', alice, bob, '[2,3]', '[50,60]');
    await org1.submitTransaction('Burn', alice, '3', '40');
    expect(await queryJson<number[]>(org2, 'BalanceOfBatch', JSON.stringify([alice, alice, alice, bob, bob, bob]), '[1,2,3,1,2,3]')).toEqual([70, 150, 200, 30, 50, 60]);
    expect(await refusal(org1.submitTransaction('TransferFrom', alice, bob, '1', '1000'))).toContain('insufficient funds');
  });
}
