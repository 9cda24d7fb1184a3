import { fileURLToPath } from 'node:url';
import type { Contract, Gateway, HopEvent } from '@selvedge/client';
import { isSelvedgeError } from '@selvedge/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fabricMissing } from '../src/fabric.js';
import { startWithContract, text, type TestContractNetwork } from '../src/network.js';

const ASSETS = fileURLToPath(new URL('../contracts/assets', import.meta.url));
const COLLECTION = 'org1Assets';
/** Where endorsing takes so long that the rival is committed before, the item is found stale and left out: then it is tried again. */
const ATTEMPTS = 10;
const TIMEOUT_MS = 300_000;

/** What became of a batch that met a rival: results or codes, and the ids under which items were executed, first and then. */
interface Met {
  readonly settled: readonly string[];
  readonly first: readonly string[];
  readonly later: readonly string[];
  readonly wasOrderedTwice: boolean;
}

/** A batch is one transaction to Fabric, which refuses all of it for one item's conflict, and uses up no item's id by that. */
describe.skipIf(fabricMissing() !== undefined)('a batch that loses a conflict, on Hyperledger Fabric', () => {
  let test: TestContractNetwork;
  let gateway: Gateway;
  let batched: Contract;
  let onHop: (event: HopEvent) => void = () => undefined;

  beforeAll(async () => {
    test = await startWithContract(ASSETS, { ledger: 'fabric', businessOrganisations: ['Org1MSP', 'Org2MSP'], endorserOrganisations: ['NorthMSP', 'SouthMSP'] });
    gateway = await test.network.connect('Org1MSP', { batching: { assets: { maxBatch: 3, maxBatchDelayMs: 500 } }, onHop: (event) => { onHop(event); } });
    batched = gateway.getNetwork('main').getContract('assets');
    await batched.submit('CreateAsset', asset('warm'));
  }, TIMEOUT_MS);
  afterAll(async () => {
    gateway.close();
    await test.end();
  }, TIMEOUT_MS);

  const asset = (id: string): { readonly arguments: string[]; readonly transientData: Record<string, string> } => ({ arguments: [COLLECTION, id], transientData: { value: `of ${id}` } });
  /** The second of three creates what a rival creates too, which is ordered between its execution and its commit. */
  const meetRival = async (name: string): Promise<Met> => {
    const rival = await (await test.contract.newProposal('CreateAsset', asset(`${name}-shared`)).execute()).endorse();
    const executed: string[][] = [];
    let orders = 0;
    let rivalOrdered: Promise<unknown> | undefined;
    onHop = ({ hop, txId = '', refusal }) => {
      if (refusal !== undefined) return;
      if (hop === 'order') orders += 1;
      if (hop !== 'execute') return;
      executed.push(txId.split(','));
      rivalOrdered ??= rival.submit();
    };
    const calls = ['first', 'shared', 'third'].map((key) => batched.submit('CreateAsset', asset(`${name}-${key}`)));
    const settled = (await Promise.allSettled(calls)).map((each) => (each.status === 'fulfilled' ? text(each.value) : isSelvedgeError(each.reason) ? each.reason.code : String(each.reason)));
    await rivalOrdered;
    const [first = [], ...later] = executed;
    return { settled, first, later: later.flat(), wasOrderedTwice: orders > 1 };
  };

  it('tells the item that met it, and has the others committed: under the ids that they have', async () => {
    let met: Met | undefined;
    let name = '';
    for (let attempt = 0; attempt < ATTEMPTS && met?.wasOrderedTwice !== true; attempt += 1) met = await meetRival((name = `stall${String(attempt)}`));
    expect(met?.wasOrderedTwice).toBe(true);
    const { settled, first, later } = met!;
    expect(settled).toEqual([`${name}-first`, 'MVCC_READ_CONFLICT', `${name}-third`]);
    expect(new Set(first).size).toBe(3);
    const isAgain = first.map((id) => later.includes(id));
    expect(isAgain).toEqual([true, false, true]);
    const keys = ['first', 'shared', 'third'].map((key) => `${name}-${key}`);
    expect(await Promise.all(keys.map(async (key) => text(await test.contract.evaluateTransaction('ReadAsset', COLLECTION, key))))).toEqual(keys.map((key) => `of ${key}`));
  }, TIMEOUT_MS);
});
