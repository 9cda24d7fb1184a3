import { randomBytes } from 'node:crypto';
import { toHex } from '@selvedge/crypto';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { contentGuardKey, GuardKind, RequestKind } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CertifiedNode } from './node.test.support.js';
import { placeOf } from './packets.test.support.js';
import type { StateCalls } from './ports.js';
import { bytes, calls, createSubmitter, plain, type Submitter } from './submit.test.support.js';

let net: TestConsortium;
let certified: CertifiedNode;
let on: Submitter;

beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  net.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses', contentGuard: true }] });
  on = createSubmitter(net, certified, net.organisation('AuroraMSP').client.signer);
  for (const key of ['a', 'b', '\x00stone\x00ruby\x001\x00', '\x00offer\x00ruby\x00']) on.store(key, key === 'b' ? 'red' : 'blue');
});
afterEach(() => {
  net.restore();
});

const selectRed = async (state: StateCalls): Promise<string[]> =>
  (await state.selectFrom('', (entries) => entries.filter(({ value }) => Buffer.from(value).toString() === 'red'))).map(({ key }) => key);

describe('selections from a whole dataset', () => {
  it('see the entries of all object types', async () => {
    let seen: string[] = [];
    const select = calls((state) =>
      state.selectFrom('', (entries) => {
        seen = entries.map(({ key }) => key).sort();
        return [];
      }),
    );
    await on.submit(select);
    expect(seen).toEqual(['\x00offer\x00ruby\x00', '\x00stone\x00ruby\x001\x00', 'a', 'b']);
  });

  it('record the content guard and each entry that they take', async () => {
    const txId = randomBytes(32);
    const guardKey = contentGuardKey(net.contract, '');
    on.business.setGuard('houses', '', guardKey, txId);
    const { section } = await on.submit(calls((state) => selectRed(state).then(([key]) => state.putState('', key!, bytes('green')))));
    expect(plain(section.guardsRead)).toMatchObject([{ ownerSet: 'houses', dataset: '', kind: GuardKind.CONTENT, guardKey: toHex(guardKey), txId: toHex(txId) }]);
    expect(section.reads.map((read) => toHex(read.ledgerKey))).toEqual([toHex(placeOf(net, '', 'b').ledgerKey)]);
    // What is updated is in the read set as present: no membership guard.
    expect(plain(section.guardsWritten)).toMatchObject([{ kind: GuardKind.CONTENT, guardKey: toHex(guardKey) }]);
  });

  it('cannot be written after where the dataset keeps no content guard; without writes, and evaluated, they can', async () => {
    net.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses' }] });
    const selectAndWrite = calls((state) => selectRed(state).then(() => state.putState('', 'c', bytes('green'))));
    const { response } = await on.submit(selectAndWrite);
    expect(response.refusal).toMatchObject({ code: 'CHAINCODE_UNSUPPORTED', message: expect.stringContaining('keeps no content guard') as string });
    expect((await on.submit(calls(selectRed))).section.guardsRead).toEqual([]);
    expect((await on.submit(selectAndWrite, { body: { kind: RequestKind.EVALUATE } })).response.refusal).toBeUndefined();
  });
});
