import { randomBytes } from 'node:crypto';
import { toHex } from '@selvedge/crypto';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { contentGuardKey, GuardKind, RequestKind, setGuardKey } from '@selvedge/protocol';
import { verifySetStatement } from '@selvedge/set-digest';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CertifiedNode, placeOf } from '@selvedge/tee-node/testing';
import type { TestChaincode } from './node.test.support.js';
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
    ['\x00stone\x00', '', 9],
    ['\x00stone\x00', '\x00stonf\x00', 3],
    ['\x00', '\x01', 4],
    ['\x00', '\x00\u{10ffff}', 4],
    ['\x00stone', '\x00stone\x00ruby\x00', 1],
    ['\x00stone\x00', 'b', 4],
    ['\x00\x00a', '\x00\x00b', 0],
  ])('that leave their object type, %j to %j, rest on the whole dataset', async (start, end, count) => {
    net.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses', contentGuard: true }] });
    const { section } = await on.submit(range(start, end));
    net.restore();
    expect(found).toHaveLength(count);
    expect(plain(section.guardsRead)).toMatchObject([{ ownerSet: 'houses', dataset: '', kind: GuardKind.CONTENT, guardKey: toHex(contentGuardKey(net.contract, '')) }]);
    expect(section.reads).toHaveLength(count);
  });

  it('that leave their object type are no ground for a write where no content guard is kept', async () => {
    const chaincode = calls(async (state) => {
      await state.getRange('', '\x00', '\x01');
      await state.putState('', 'k', bytes('1'));
    });
    expect((await on.submit(chaincode)).response.refusal).toMatchObject({ code: 'CHAINCODE_UNSUPPORTED', message: expect.stringContaining('keeps no content guard') as string });
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

describe('the set behind a range query', () => {
  const submitted = async (change: Parameters<Submitter['submit']>[1] = {}): ReturnType<Submitter['submit']> => on.submit(range('a', 'c'), change);

  it('is confirmed by a quorum of followers, whose statements travel with a submit', async () => {
    const { section, targetData } = await submitted();
    const statements = targetData!.attachments!.statements.map((statement) => verifySetStatement(statement, net.profile));
    expect(statements.map(({ mspId }) => mspId).sort()).toEqual(['EastMSP', 'NorthMSP', 'SouthMSP']);
    expect(statements.map(({ digest }) => toHex(setGuardKey(digest)))).toEqual(statements.map(() => toHex(section.guardsRead[0]!.guardKey)));
  });

  it('is not left out of a submit, not even where the chaincode swallows the refusal', async () => {
    on.business.pageSize = 100;
    on.business.tamper = (answer) => ({ ...answer, sets: answer.sets.map((set) => ({ ...set, packets: set.packets.slice(1) })) });
    const swallowing = calls((state) => state.getRange('', 'a', 'c').then(() => undefined, () => undefined));
    for (const chaincode of [range('a', 'c'), swallowing]) {
      const { response, targetData } = await on.submit(chaincode);
      expect([response.refusal?.code, targetData]).toEqual(['STATE_FORGED', undefined]);
      expect(response.refusal?.message).toContain('AuroraMSP at AuroraMSP:7001: STATE_FORGED');
    }
  });

  it('is not asked for by an evaluate', async () => {
    expect((await submitted({ body: { kind: RequestKind.EVALUATE } })).response.refusal).toBeUndefined();
    expect(on.test.followers.flatMap(({ asked }) => asked)).toEqual([]);
    expect(found).toEqual(['a', 'b']);
  });
});
