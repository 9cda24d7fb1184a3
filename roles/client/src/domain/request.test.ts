import { SUITE_NAMES, toHex } from '@selvedge/crypto';
import { createTestConsortium } from '@selvedge/fixtures';
import { computeTxId, encodeMessage, LIMITS, parseMessage, RequestKind, SealedRequestSchema, SignedRequestSchema, signing } from '@selvedge/protocol';
import { requestDigest } from '@selvedge/sealed-objects';
import { describe, expect, it } from 'vitest';
import { openRequest } from '../testdata/fake-compute.js';
import { createRequest } from '../testdata/requests.js';

describe('buildRequest', () => {
  it.each(SUITE_NAMES)('seals a signed request under %s that a compute node can open', async (suite) => {
    const consortium = await createTestConsortium({ suite });
    const request = createRequest(consortium, RequestKind.SUBMIT, ['f', 'a']);
    const { opened, body } = openRequest(consortium, request.sealed);
    expect(opened.header).toMatchObject({ suite, network: consortium.network, channel: consortium.channel, envelopeEpoch: 1n });
    expect(body.args.map((arg) => Buffer.from(arg).toString())).toEqual(['f', 'a']);
    expect(body.transient.map(({ name }) => name)).toEqual(['another', 'secret']);
    expect(body).toMatchObject({ contract: consortium.contract, kind: RequestKind.SUBMIT, keyEpoch: 1n });
    expect(toHex(body.profileDigest)).toBe(toHex(consortium.profile.digest));
    expect(toHex(request.txId)).toBe(toHex(computeTxId(body.nonce, body.creator)));
    expect(toHex(opened.header.txId)).toBe(toHex(request.txId));
    const signed = parseMessage(SignedRequestSchema, opened.signedRequest, LIMITS.maxRequestBytes);
    consortium.profile.msps.verifySignature({ identity: body.creator, signature: signed.signature }, signing.request(signed.body), { role: 'client' });
    expect(toHex(request.requestDigest)).toBe(toHex(requestDigest(opened.header.suite, opened.transactionKey, opened.signedRequest)));
  });

  it('writes times before and after the second as Fabric does', async () => {
    const consortium = await createTestConsortium();
    const { body } = openRequest(consortium, createRequest(consortium, RequestKind.EVALUATE, ['f'], { timestamp: new Date(1_700_000_000_123) }).sealed);
    expect([body.timestampSeconds, body.timestampNanos]).toEqual([1_700_000_000n, 123_000_000]);
  });

  it('shows neither arguments, transient data nor their names in the sealed bytes', async () => {
    const consortium = await createTestConsortium();
    const request = createRequest(consortium, RequestKind.SUBMIT, ['canary-function', 'canary-argument']);
    const bytes = Buffer.from(encodeMessage(SealedRequestSchema, request.sealed));
    for (const secret of ['canary', 'transient', 'secret', 'AuroraMSP', consortium.contract]) expect(bytes.includes(secret)).toBe(false);
  });

  it('refuses a request that is too large', async () => {
    const consortium = await createTestConsortium();
    const large = { args: [Buffer.alloc(LIMITS.maxRequestBytes)] };
    expect(() => createRequest(consortium, RequestKind.SUBMIT, [], large)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
  });
});
