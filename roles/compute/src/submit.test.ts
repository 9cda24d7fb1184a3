import { verifyTeeCertificate } from '@selvedge/attestation';
import { sha256, SUITE_NAMES, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { ChaincodeEventSchema, encodeMessage, GuardKind, contentGuardKey, parseCores, readSetDigest, RequestKind, ResponseSchema, teeSigningInput, verifyPacketsMatch } from '@selvedge/protocol';
import { eventDigest, openEvent, openPacket, requestDigest, responseDigest } from '@selvedge/sealed-objects';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CertifiedNode, placeOf } from '@selvedge/tee-node/testing';
import { buildRequest } from './client.test.support.js';
import { createTestNode, hostOf } from './node.test.support.js';
import type { ChaincodeHost, StateCalls } from './ports.js';
import { bytes, calls, createSubmitter, plain, text, type Submitter } from './submit.test.support.js';

let net: TestConsortium;
let certified: CertifiedNode;
let on: Submitter;

beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  on = createSubmitter(net, certified, net.organisation('AuroraMSP').client.signer);
});

describe('target data of a submit', () => {
  it.each(SUITE_NAMES)('is signed by the certified key over the core, in suite %s', async (suite) => {
    const other = await createTestConsortium({ suite });
    const { core, targetData } = await createSubmitter(other, await other.issueComputeNode(), other.organisation('AuroraMSP').client.signer).submit(calls((state) => state.putState('', 'a', bytes('1'))));
    const [signature] = targetData!.attachments!.teeSignatures;
    const certificate = verifyTeeCertificate(signature!.certificate, other.broker.certificate);
    expect(certificate.suite.isSignatureValid(certificate.publicKey, teeSigningInput(targetData!.cores), signature!.signature)).toBe(true);
    verifyPacketsMatch([core], targetData!.attachments!.packets);
    expect(core).toMatchObject({ suite, network: other.network, channel: other.channel, gated: false });
    expect(plain(core.sections[0])).toMatchObject({ contract: other.contract, policyVersion: 1n, keyEpoch: 1n, codeHash: toHex(other.contractPolicy.codeHash) });
  });

  it('has digests that only the holder of the transaction key can compute', async () => {
    const { core, request, response } = await on.submit(() => Promise.resolve({ payload: bytes('result'), event: { name: 'Sold', payload: bytes('gem') } }));
    expect(toHex(core.requestDigest)).toBe(toHex(requestDigest(core.suite, request.transactionKey, request.signedRequest)));
    expect(toHex(core.responseDigest)).toBe(toHex(responseDigest(core.suite, request.transactionKey, encodeMessage(ResponseSchema, { ...response, viewHeight: 0n }))));
    expect(toHex(core.eventDigest)).toBe(toHex(eventDigest(core.suite, request.transactionKey, encodeMessage(ChaincodeEventSchema, response.event!))));
    expect(response.viewHeight).toBe(net.state.height);
  });

  it('seals the event under the contract’s event key', async () => {
    const { request, section, targetData } = await on.submit(() => Promise.resolve({ event: { name: 'Sold', payload: bytes('gem') } }));
    const [sealed] = targetData!.attachments!.sealedEvents;
    expect(toHex(sha256(sealed!))).toBe(toHex(section.sealedEventHash));
    const opened = openEvent(sealed!, { eventKey: () => net.contractKeys.eventKey, expected: { channel: net.channel, contract: net.contract, txId: request.txId } });
    expect([opened.name, text(opened.payload)]).toEqual(['Sold', 'gem']);
  });

  it('binds each packet to its place, transaction and read set', async () => {
    on.store('read', 'x');
    const { request, section, targetData } = await on.submit(
      calls(async (state) => {
        await state.getState('', 'read');
        await state.putState('auroraStones', 'gem', bytes('ruby'));
      }),
    );
    const { ledgerKey } = placeOf(net, 'auroraStones', 'gem');
    const expected = { channel: net.channel, contract: net.contract, dataset: 'auroraStones', ledgerKey };
    const opened = openPacket(targetData!.attachments!.packets[0]!, { dataKey: () => net.contractKeys.dataKey, expected });
    expect([opened.key, text(opened.value)]).toEqual(['gem', 'ruby']);
    expect(toHex(opened.header.txId)).toBe(toHex(request.txId));
    expect(toHex(opened.header.readSetDigest)).toBe(toHex(readSetDigest(section.reads)));
    expect(section.writes[0]).toMatchObject({ ownerSet: 'aurora', dataset: 'auroraStones' });
  });
});

describe('read and write sets', () => {
  it('have nothing of a run that was given up and repeated', async () => {
    const host: ChaincodeHost = {
      ...hostOf(() => Promise.resolve({})),
      async invoke(_invocation, begin) {
        await begin().putState('', 'given up', bytes('1'));
        await begin().putState('', 'repeated', bytes('2'));
        return { status: 200, message: '', payload: new Uint8Array(0) };
      },
    };
    const node = createTestNode({ net, certified, business: [on.business], options: { host } });
    const { targetData } = await node.execute(buildRequest(on.client, {}));
    const [core] = parseCores(targetData!.cores, targetData!.itemMask);
    expect(core!.sections[0]!.writes.map(({ ledgerKey }) => toHex(ledgerKey))).toEqual([toHex(placeOf(net, '', 'repeated').ledgerKey)]);
  });

  it('record reads with their versions, absent ones as absent, each key once', async () => {
    const hash = on.store('present', 'x');
    const { section } = await on.submit(
      calls(async (state) => {
        expect(await state.getState('', 'absent')).toBeUndefined();
        expect(text(await state.getState('', 'present'))).toBe('x');
        await state.getState('', 'present');
      }),
    );
    expect(section.reads).toHaveLength(2);
    expect(plain(section.reads)).toContainEqual(expect.objectContaining({ ownerSet: 'houses', dataset: '', ledgerKey: toHex(placeOf(net, '', 'present').ledgerKey), packetHash: hash }));
    expect(on.business.queries.flatMap((query) => query.points)).toHaveLength(2);
  });

  it('do not show a transaction its own writes', async () => {
    on.store('a', 'old');
    const { response } = await on.submit(
      calls(async (state) => {
        await state.putState('', 'a', bytes('new'));
        expect(text(await state.getState('', 'a'))).toBe('old');
        await state.deleteState('', 'a');
        expect(text(await state.getState('', 'a'))).toBe('old');
      }),
    );
    expect(response.status).toBe(200);
  });

  it('keep the last write of a key', async () => {
    const { section, targetData } = await on.submit(
      calls(async (state) => {
        await state.putState('', 'a', bytes('1'));
        await state.putState('', 'a', bytes('2'));
        await state.putState('', 'b', bytes('1'));
        await state.deleteState('', 'b');
        await state.deleteState('', 'c');
        await state.putState('', 'c', bytes('3'));
        await state.purge('auroraStones', 'd');
        await state.putState('', 'e', new Uint8Array(0));
      }),
    );
    const effects = new Map(section.writes.map((write) => [toHex(write.ledgerKey), write.effect.case]));
    const effectOf = (dataset: string, key: string): string | undefined => effects.get(toHex(placeOf(net, dataset, key).ledgerKey));
    expect([effectOf('', 'a'), effectOf('', 'b'), effectOf('', 'c'), effectOf('auroraStones', 'd'), effectOf('', 'e')]).toEqual(['packetHash', 'delete', 'packetHash', 'purge', 'delete']);
    expect(targetData!.attachments!.packets).toHaveLength(2);
  });

  it('write the membership guard unless a put is of a key read as present', async () => {
    on.store('present', 'x');
    const guards = async (run: (state: StateCalls) => Promise<unknown>): Promise<string[]> => (await on.submit(calls(run))).section.guardsWritten.map((guard) => toHex(guard.guardKey));
    const simple = toHex(placeOf(net, '', 'a').membershipGuard);
    const composite = toHex(placeOf(net, '', '\x00stone\x00ruby\x00').membershipGuard);
    expect(await guards((state) => state.putState('', 'present', bytes('y')))).toEqual([simple]);
    expect(await guards((state) => state.getState('', 'present').then(() => state.putState('', 'present', bytes('y'))))).toEqual([]);
    expect(await guards((state) => state.putState('', 'present', bytes('y')).then(() => state.getState('', 'present')))).toEqual([]);
    expect(await guards((state) => state.getState('', 'absent').then(() => state.putState('', 'absent', bytes('y'))))).toEqual([simple]);
    expect(await guards((state) => state.getState('', 'present').then(() => state.deleteState('', 'present')))).toEqual([simple]);
    expect(await guards((state) => state.putState('', '\x00stone\x00ruby\x00', bytes('y')))).toEqual([composite]);
  });

  it('write the membership guard with every put where entries end by themselves', async () => {
    on.store('gem', 'x', 'auroraStones', 'aurora');
    net.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses' }, { name: 'auroraStones', ownerSet: 'aurora', blockToLive: 3n }] });
    const { section } = await on.submit(calls((state) => state.getState('auroraStones', 'gem').then(() => state.putState('auroraStones', 'gem', bytes('y')))));
    net.restore();
    expect(section.guardsWritten.map((guard) => toHex(guard.guardKey))).toEqual([toHex(placeOf(net, 'auroraStones', 'gem').membershipGuard)]);
  });

  it('write the content guard where the dataset keeps one', async () => {
    on.store('present', 'x');
    const { datasets } = net.contractPolicy;
    net.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses', contentGuard: true }] });
    const { section } = await on.submit(calls((state) => state.getState('', 'present').then(() => state.putState('', 'present', bytes('y')))));
    net.setContractPolicy({ datasets });
    const key = contentGuardKey(net.contract, '');
    expect(plain(section.guardsWritten)).toMatchObject([{ kind: GuardKind.CONTENT, guardKey: toHex(key) }]);
  });

  it('fail a submit whose chaincode swallowed a failed fetch', async () => {
    on.business.failure = new SelvedgeError('UNAVAILABLE', 'down');
    const { response } = await on.submit(calls((state) => state.getState('', 'a').catch(() => undefined)));
    expect(response.refusal?.code).toBe('STATE_UNAVAILABLE');
  });

  it('are bounded', async () => {
    const { response } = await on.submit(calls((state) => state.putState('', 'a', new Uint8Array(3 << 20)).then(() => state.putState('', 'b', new Uint8Array((1 << 20) + 1)))));
    expect(response.refusal?.code).toBe('CHAINCODE_LIMIT');
  });
});

describe('an evaluate', () => {
  it('reads and writes as a submit does, and leaves no trace', async () => {
    on.store('a', '1');
    const { response, targetData } = await on.submit(
      async (state) => {
        await state.putState('', 'b', bytes('1'));
        const value = await state.getState('', 'a');
        return value === undefined ? {} : { payload: value };
      },
      { body: { kind: RequestKind.EVALUATE } },
    );
    expect(text(response.payload)).toBe('1');
    expect(targetData).toBeUndefined();
  });
});
