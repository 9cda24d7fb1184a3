import { randomBytes } from 'node:crypto';
import { toHex } from '@selvedge/crypto';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { GuardKind } from '@selvedge/protocol';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CertifiedNode, TestChaincode } from './node.test.support.js';
import { placeOf } from './packets.test.support.js';
import { bytes, calls, createSubmitter, plain, type Submitter } from './submit.test.support.js';

let net: TestConsortium;
let certified: CertifiedNode;
let on: Submitter;
let found: string[];

beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  on = createSubmitter(net, certified, net.organisation('AuroraMSP').client.signer);
  found = [];
  for (const key of ['a', 'b', 'c', 'é', '\u{10000}', '\uffff']) on.store(key, key);
  for (const key of ['\x00stone\x00ruby\x001\x00', '\x00stone\x00ruby\x002\x00', '\x00stone\x00opal\x001\x00', '\x00offer\x00ruby\x00']) on.store(key, key);
});

function range(start: string, end: string): TestChaincode {
  return calls(async (state) => {
    for await (const entry of await state.getRange('', start, end)) found.push(entry.key);
  });
}

describe('range queries', () => {
  it('give simple keys between the bounds, in UTF-8 order, over all pages', async () => {
    await on.submit(range('\x01', ''));
    expect(found).toEqual(['a', 'b', 'c', 'é', '\uffff', '\u{10000}']);
    expect(on.business.queries).toHaveLength(3);
    found = [];
    await on.submit(range('b', 'é'));
    expect(found).toEqual(['b', 'c']);
  });

  it('give composite keys of one type by their prefix', async () => {
    await on.submit(range('\x00stone\x00ruby\x00', '\x00stone\x00ruby\x00\u{10ffff}'));
    expect(found).toEqual(['\x00stone\x00ruby\x001\x00', '\x00stone\x00ruby\x002\x00']);
  });

  it.each([
    ['\x00stone\x00', ''],
    ['\x00stone\x00', '\x00stonf\x00'],
    ['\x00', '\x01'],
    ['\x00stone', '\x00stone\x00'],
    ['\x00stone\x00', 'z'],
    ['\x00\x00a', '\x00\x00b'],
  ])('refuse to leave their object type: %j to %j', async (start, end) => {
    expect((await on.submit(range(start, end))).response.refusal?.code).toBe('CHAINCODE_UNSUPPORTED');
  });

  it('have no composite keys without a type', async () => {
    const { response } = await on.submit(calls((state) => state.putState('', '\x00\x00a\x00', bytes('1'))));
    expect(response.refusal?.code).toBe('CHAINCODE_UNSUPPORTED');
    const read = await on.submit(calls((state) => state.getState('', '\x00\x00a\x00')));
    expect(read.response.refusal?.code).toBe('CHAINCODE_UNSUPPORTED');
  });

  it('record the membership guard and each returned entry', async () => {
    const { membershipGuard } = placeOf(net, '', 'a');
    const txId = randomBytes(32);
    on.business.setGuard('houses', '', membershipGuard, txId);
    const { section } = await on.submit(range('a', 'c'));
    expect(plain(section.guardsRead)).toMatchObject([{ ownerSet: 'houses', dataset: '', kind: GuardKind.MEMBERSHIP, guardKey: toHex(membershipGuard), txId: toHex(txId) }]);
    expect(section.reads.map((read) => toHex(read.ledgerKey))).toEqual(['a', 'b'].map((key) => toHex(placeOf(net, '', key).ledgerKey)).sort());
  });

  it('record a guard that was never written as absent', async () => {
    const { section } = await on.submit(range('a', 'c'));
    expect(section.guardsRead.map((guard) => guard.txId.length)).toEqual([0]);
  });

  it('refuse a key that changed since it was read in the same transaction', async () => {
    const { response } = await on.submit(
      calls(async (state) => {
        await state.getState('', 'a');
        on.store('a', 'newer');
        await state.getRange('', 'a', 'b');
      }),
    );
    expect(response.refusal?.code).toBe('STALE_READ');
  });

  it('refuse a guard that changed between two queries of one transaction', async () => {
    const { response } = await on.submit(
      calls(async (state) => {
        await state.getRange('', 'a', 'b');
        on.business.setGuard('houses', '', placeOf(net, '', 'a').membershipGuard, randomBytes(32));
        await state.getRange('', 'a', 'b');
      }),
    );
    expect(response.refusal?.code).toBe('STALE_GUARD');
  });
});
