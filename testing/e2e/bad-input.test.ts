import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { loadTls, type Gateway } from '@selvedge/client';
import { createSigner, loadDevCa } from '@selvedge/identity';
import { isSelvedgeError } from '@selvedge/errors';
import { facts } from '@selvedge/policy';
import { issueIdentity, layoutOf, openPolicySession } from '@selvedge/dev-network';
import { verifySignedProfile } from '@selvedge/policy';
import { Compute, RequestHeaderSchema, SealedRequestSchema, type RequestHeader, type SealedRequest } from '@selvedge/protocol';
import { connectRpc, type RpcClient, type RpcConnection } from '@selvedge/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIAMONDS, startTestNetwork, stone, type TestNetwork } from './src/network.js';

const CLI = fileURLToPath(new URL('../../apps/cli/bin/selvedge.js', import.meta.url));

/** Bad input to a real compute node: each kind has a stable code, and the node works on afterwards. */
describe('bad input', () => {
  let test: TestNetwork;
  let gateway: Gateway;
  let connection: RpcConnection;
  let compute: RpcClient<typeof Compute>;
  let channel: string;

  beforeAll(async () => {
    test = await startTestNetwork({ computeNodes: 1 });
    await test.network.deploy(DIAMONDS);
    channel = test.network.connectionProfile().channel;
    gateway = await test.network.connect('AuroraMSP');
    connection = connectRpc(test.network.connectionProfile().computeNodes[0]?.address ?? '', { tls: loadTls(test.network.connectionProfile()) });
    compute = connection.client(Compute);
    await gateway.getNetwork(channel).getContract('diamonds').submit('LoadStones', { transientData: { stones: JSON.stringify([stone('BAD-1')]) } });
  });

  afterAll(async () => {
    connection.close();
    gateway.close();
    await test.end();
  });

  const codeOf = async (attempt: () => Promise<unknown>): Promise<string> => {
    try {
      await attempt();
      return 'accepted';
    } catch (error) {
      return isSelvedgeError(error) ? error.code : String(error);
    }
  };

  const sealed = async (): Promise<SealedRequest> => {
    const proposal = gateway.getNetwork(channel).getContract('diamonds').newProposal('WithdrawStone', { arguments: ['BAD-1'] });
    return fromBinary(SealedRequestSchema, await proposal.getBytes());
  };

  const withHeader = async (change: (header: RequestHeader) => void): Promise<SealedRequest> => {
    const request = await sealed();
    const header = fromBinary(RequestHeaderSchema, request.header);
    change(header);
    return create(SealedRequestSchema, { ...request, header: toBinary(RequestHeaderSchema, header) });
  };

  it('oversize: MESSAGE_TOO_LARGE or LIMIT_EXCEEDED', async () => {
    const request = await sealed();
    expect(await codeOf(() => compute.execute({ ...request, ciphertext: new Uint8Array(5 * 1024 * 1024) }))).toBe('LIMIT_EXCEEDED');
    expect(await codeOf(() => compute.execute({ ...request, ciphertext: new Uint8Array(17 * 1024 * 1024) }))).toBe('MESSAGE_TOO_LARGE');
  });

  it('truncated: one code for all of it, DECRYPT_FAILED', async () => {
    const request = await sealed();
    expect(await codeOf(() => compute.execute({ ...request, ciphertext: request.ciphertext.subarray(0, -1) }))).toBe('DECRYPT_FAILED');
    expect(await codeOf(() => compute.execute({ ...request, ciphertext: new Uint8Array(0) }))).toBe('DECRYPT_FAILED');
    expect(await codeOf(() => compute.execute({ ...request, enc: request.enc.subarray(1) }))).toBe('DECRYPT_FAILED');
    expect(await codeOf(() => compute.execute({ ...request, salt: request.salt.subarray(2) }))).toBe('DECRYPT_FAILED');
  });

  it('a header that does not parse: MALFORMED_MESSAGE', async () => {
    const request = await sealed();
    expect(await codeOf(() => compute.execute({ ...request, header: request.header.subarray(0, 5) }))).toBe('MALFORMED_MESSAGE');
  });

  it('wrong version, network, channel, suite and envelope epoch: each its own code', async () => {
    const cases: [string, (header: RequestHeader) => void][] = [
      ['UNSUPPORTED_VERSION', (header) => (header.version = 2)],
      ['WRONG_NETWORK', (header) => (header.network = 'elsewhere')],
      ['WRONG_CHANNEL', (header) => (header.channel = 'elsewhere')],
      ['UNKNOWN_SUITE', (header) => (header.suite = 'ROT13')],
      ['ENVELOPE_EPOCH_UNKNOWN', (header) => (header.envelopeEpoch = 99n)],
      ['DECRYPT_FAILED', (header) => (header.txId[0] = (header.txId[0] ?? 0) ^ 1)],
    ];
    for (const [code, change] of cases) {
      const request = await withHeader(change);
      expect(await codeOf(() => compute.execute(request))).toBe(code);
    }
  });

  it('an expired certificate: IDENTITY_EXPIRED; one of an unknown organisation: IDENTITY_UNKNOWN_MSP or IDENTITY_UNTRUSTED', async () => {
    const caDirectory = layoutOf(test.directory).caDirectory('AuroraMSP');
    const ca = loadDevCa({ mspId: 'AuroraMSP', rootCertificatePem: readFileSync(path.join(caDirectory, 'cert.pem'), 'utf8'), rootKeyPem: readFileSync(path.join(caDirectory, 'key.pem'), 'utf8') });
    const day = 86_400_000;
    const expired = await ca.issue({ commonName: 'Late', role: 'client', notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) });
    const late = await test.network.connect('AuroraMSP', { identity: createSigner({ mspId: 'AuroraMSP', ...expired }) });
    expect(await codeOf(() => late.getNetwork(channel).getContract('diamonds').evaluateTransaction('PriceOf', 'BAD-1'))).toBe('IDENTITY_EXPIRED');
    late.close();
    const stranger = await test.network.connect('AuroraMSP', { identity: createSigner({ mspId: 'BorealisMSP', ...expired }) });
    expect(await codeOf(() => stranger.getNetwork(channel).getContract('diamonds').evaluateTransaction('PriceOf', 'BAD-1'))).toBe('IDENTITY_UNTRUSTED');
    stranger.close();
  });

  it('a certificate that its organisation revokes, by one approval of its own: IDENTITY_REVOKED with the next ledger view', async () => {
    const issued = await issueIdentity(layoutOf(test.directory), 'AuroraMSP', 'Leaver', { commonName: 'Leaver@AuroraMSP', role: 'client' });
    const [leaver, colleague] = [await test.network.connect('AuroraMSP', { identity: issued }), gateway];
    const query = (of: Gateway): Promise<string> => codeOf(() => of.getNetwork(channel).getContract('diamonds').evaluateTransaction('PriceOf', 'BAD-1'));
    expect([await query(leaver), await query(colleague)]).toEqual(['accepted', 'accepted']);
    const files = mkdtempSync(path.join(tmpdir(), 'selvedge-crl-'));
    const [list, proposal] = [path.join(files, 'crl.pem'), path.join(files, 'proposal.bin')];
    const selvedge = (...args: string[]): string => execFileSync(process.execPath, [CLI, '--dir', test.directory, ...args], { encoding: 'utf8' });
    try {
      selvedge('msp', 'crl', '--msp', 'AuroraMSP', '--certificate', path.join(layoutOf(test.directory).userDirectory('AuroraMSP', 'Leaver'), 'cert.pem'), '--output', list);
      selvedge('msp', 'revoke', list, '--output', proposal);
      selvedge('--identity', 'AuroraMSP/Admin', 'policy', 'approve', proposal);
      selvedge('policy', 'submit', proposal);
    } finally {
      rmSync(files, { recursive: true });
    }
    await expect.poll(() => query(leaver), { timeout: 60_000, interval: 100 }).toBe('IDENTITY_REVOKED');
    expect(await query(colleague)).toBe('accepted');
    leaver.close();
  });

  it('clock skew: REQUEST_EXPIRED', async () => {
    const skewed = await test.network.connect('AuroraMSP', { clock: () => new Date(Date.now() + 3_600_000) });
    expect(await codeOf(() => skewed.getNetwork(channel).getContract('diamonds').evaluateTransaction('PriceOf', 'BAD-1'))).toMatch(/REQUEST_EXPIRED|EVIDENCE/);
    skewed.close();
  });

  it('an unknown contract: CONTRACT_UNKNOWN', async () => {
    expect(await codeOf(() => gateway.getNetwork(channel).getContract('nothing').evaluateTransaction('Read', 'x'))).toBe('CONTRACT_UNKNOWN');
  });

  it('a replayed request: the ledger commits a transaction id once', async () => {
    const contract = gateway.getNetwork(channel).getContract('diamonds');
    const executed = await contract.newProposal('SetPrice', { arguments: ['BAD-1'], transientData: { price: '77' } }).execute();
    const endorsed = await executed.endorse();
    await (await endorsed.submit()).verifyCommitted();
    // An endorser knows of the commit once it has followed the block: moments after the business node that the client asked.
    await expect.poll(() => codeOf(() => executed.endorse()), { timeout: 60_000, interval: 100 }).toBe('DUPLICATE_TXID');
  });

  it('a revoked key epoch: KEY_EPOCH_REVOKED, at endorsers at once and at compute nodes with their next ledger view', async () => {
    const profile = verifySignedProfile(test.network.signedProfile);
    const session = openPolicySession({ connectionProfile: test.network.connectionProfile(), profile });
    try {
      const executed = await gateway.getNetwork(channel).getContract('diamonds').newProposal('SetPrice', { arguments: ['BAD-1'], transientData: { price: '78' } }).execute();
      const administrators = await Promise.all(profile.message.organisations.map(({ mspId }) => test.network.identity(mspId, 'Admin')));
      await session.change([{ key: facts.revokedEpoch('diamonds', 1n), value: Buffer.from('test') }], administrators);
      expect(await codeOf(() => executed.endorse())).toBe('KEY_EPOCH_REVOKED');
      // A compute node learns of it with its next ledger view; the only epoch is gone, so the client finds none to ask
      // for, or the node refuses the one that was named.
      const query = (): Promise<string> => codeOf(() => gateway.getNetwork(channel).getContract('diamonds').evaluateTransaction('PriceOf', 'BAD-1'));
      await expect.poll(query, { timeout: 60_000, interval: 100 }).toMatch(/^KEY_EPOCH_(REVOKED|UNKNOWN)$/);
    } finally {
      session.close();
    }
  });

  it('the node works on: its health is good', async () => {
    expect((await compute.health({})).ready).toBe(true);
  });
});
