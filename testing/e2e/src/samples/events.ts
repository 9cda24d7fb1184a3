import type { Contract } from '@selvedge/client';
import { expect, it } from 'vitest';
import { text } from '../network.js';
import { query, queryJson, refusal, transient, type Sample } from './sample.js';

const PROPERTIES = { asset_properties: { object_type: 'asset_properties', price: 110, salt: 'c2FsdA==' } };

interface Asset {
  readonly Size: string | number;
  readonly AppraisedValue: string | number;
}

/** Numbers are texts in the JavaScript sample, and numbers in the Go one. */
const normalised = ({ Size, AppraisedValue, ...rest }: Asset): object => ({ ...rest, Size: Number(Size), AppraisedValue: Number(AppraisedValue) });

/**
 * The main functions of asset-transfer-events: an event with each change and, in JavaScript, private properties in the
 * organisation's own implicit collection.
 */
export function driveEvents(isSkipped: boolean, sample: () => Sample, { keepsProperties = true } = {}): void {
  const changed = async (name: string, args: string[], options: { transientData?: Record<string, string> } = {}): Promise<[string | undefined, unknown]> => {
    const executed = await sample().org1.newProposal(name, { arguments: args, ...options }).execute();
    await (await (await executed.endorse()).submit()).verifyCommitted();
    const event = executed.getEvent();
    return [event?.name, normalised(JSON.parse(text(event?.payload ?? new Uint8Array(0))) as Asset)];
  };
  const asset = (change: object = {}): object => normalised({ ID: 'asset1', Color: 'blue', Size: 10, Owner: 'Sam', AppraisedValue: 100, ...change } as Asset);
  const read = async (contract: Contract): Promise<object> => normalised(await queryJson<Asset>(contract, 'ReadAsset', 'asset1'));

  it.skipIf(isSkipped)('CreateAsset, TransferAsset and UpdateAsset: event, state and private properties', async () => {
    const { org1, org2 } = sample();
    expect(await changed('CreateAsset', ['asset1', 'blue', '10', 'Sam', '100'], transient(PROPERTIES))).toEqual(['CreateAsset', asset()]);
    expect(await read(org1)).toEqual({ ...asset(), ...(keepsProperties ? PROPERTIES : {}) });
    expect(await read(org2)).toEqual(asset());
    expect(await changed('TransferAsset', ['asset1', 'Mary'])).toEqual(['TransferAsset', asset({ Owner: 'Mary' })]);
    expect(await changed('UpdateAsset', ['asset1', 'red', '5', 'Ann', '7'])).toEqual(['UpdateAsset', asset({ Color: 'red', Size: '5', Owner: 'Ann', AppraisedValue: '7' })]);
  });

  it.skipIf(isSkipped)('DeleteAsset takes the private properties along; errors send no event', async () => {
    const { org1 } = sample();
    expect((await changed('DeleteAsset', ['asset1']))[0]).toBe('DeleteAsset');
    for (const [name, ...args] of [['TransferAsset', 'x'], ['UpdateAsset', 'a', '1', 'b', '2'], ['DeleteAsset']] as const) {
      expect(await refusal(org1.submitTransaction(name, 'asset1', ...args)), name).toMatch(/[Tt]he asset asset1 does not exist/);
    }
    expect(await refusal(query(org1, 'ReadAsset', 'asset1'))).toMatch(/[Tt]he asset asset1 does not exist/);
    await changed('CreateAsset', ['asset1', 'blue', '10', 'Sam', '100']);
    expect(await read(org1)).toEqual(asset());
  });

  it.skipIf(isSkipped)('all of them are read off the ledger by the organisation that the manifest entitles, in order', async () => {
    const events = sample().network2.getChaincodeEvents(sample().name, { startBlock: 0n });
    const names: string[] = [];
    for await (const { eventName, payload, chaincodeName } of events) {
      names.push(eventName);
      expect([chaincodeName, (JSON.parse(text(payload)) as { ID: string }).ID]).toEqual([sample().name, 'asset1']);
      if (names.length === 5) events.close();
    }
    expect(names).toEqual(['CreateAsset', 'TransferAsset', 'UpdateAsset', 'DeleteAsset', 'CreateAsset']);
  });
}
