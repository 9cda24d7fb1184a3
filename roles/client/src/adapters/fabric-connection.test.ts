import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTestOrganisation, type TestOrganisation } from '@selvedge/fixtures';
import { createDevTlsCa } from '@selvedge/identity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HopEvent } from '../ports.js';
import { openFabricGateway, type FabricConnectionOptions } from './fabric-connection.js';
import { loadConnectionProfile } from './profile-file.js';

let folder: string;
let organisation: TestOrganisation;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'selvedge-fabric-'));
  organisation = await createTestOrganisation('AuroraMSP', new Date());
  const ca = await createDevTlsCa('AuroraMSP');
  const own = await ca.issueTls({ commonName: 'client', hosts: [] });
  for (const [name, content] of [['ca.pem', ca.rootCertificatePem], ['cert.pem', own.certificatePem], ['key.pem', own.privateKeyPem]] as const) await writeFile(path.join(folder, name), content);
});
afterAll(() => rm(folder, { recursive: true }));

const file = (name: string): string => path.join(folder, name);
const options = (change: Partial<FabricConnectionOptions['connectionProfile']> = {}, more: Partial<FabricConnectionOptions> = {}): FabricConnectionOptions => ({
  connectionProfile: { channel: 'trade', tls: 'off', fabric: { peers: [{ mspId: 'AuroraMSP', endpoint: '127.0.0.1:1', tlsRootCertificate: file('ca.pem') }] }, ...change },
  signer: organisation.client.signer,
  ...more,
});
const refuses = async (given: FabricConnectionOptions, text: string): Promise<void> => {
  await expect(openFabricGateway(given)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining(text) as string });
};

describe('openFabricGateway', () => {
  it('tells whoever watches which peer was called, how long it took and how it ended', async () => {
    const hops: HopEvent[] = [];
    const gateway = await openFabricGateway(options({}, { onHop: (hop) => hops.push(hop) }));
    await expect(gateway.endorse({ chaincode: 'c', functionName: 'f' }, { timeoutMs: 2_000 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(gateway.commitStatus('ab', { timeoutMs: 2_000 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(gateway.evaluate({ chaincode: 'c', functionName: 'f' }, { timeoutMs: 2_000 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    gateway.close();
    const call = { peer: 'AuroraMSP', address: '127.0.0.1:1', receivedBytes: 0, ms: expect.any(Number) as number, sentBytes: expect.any(Number) as number, refusal: 'UNAVAILABLE' };
    expect(hops).toEqual([{ ...call, hop: 'endorse', txId: expect.stringMatching(/^[0-9a-f]{64}$/) as string }, { ...call, hop: 'commit-status', txId: 'ab' }]);
  });

  it('names what is missing', async () => {
    await refuses(options({ fabric: undefined }), 'no fabric section');
    await refuses(options({ fabric: { peers: [{ mspId: 'AuroraMSP', endpoint: '127.0.0.1:1', tlsRootCertificate: file('none.pem') }] } }), 'none.pem');
    const { peers } = options().connectionProfile.fabric ?? { peers: [] };
    await refuses(options({ fabric: { peers, tls: { certificate: file('none.crt'), privateKey: file('key.pem') } } }), 'none.crt');
    await refuses(options({ fabric: { peers, tls: { certificate: file('key.pem'), privateKey: file('cert.pem') } } }), 'do not parse');
    await refuses(options({ tls: { trustedRoots: file('ca.pem') } }), 'no client certificate');
    (await openFabricGateway(options({ tls: { trustedRoots: file('ca.pem'), certificate: file('cert.pem'), privateKey: file('key.pem') } }))).close();
  });
});

describe('loadConnectionProfile', () => {
  it('finds Fabric’s files beside the profile', async () => {
    const fabric = { peers: [{ mspId: 'AuroraMSP', endpoint: 'h:1', tlsRootCertificate: 'ca.pem' }], tls: { certificate: 'cert.pem', privateKey: 'key.pem' } };
    const profile = { network: 'n', channel: 'c', signedProfile: 'p.bin', tls: 'off', keyBroker: 'h:2', ledger: 'fabric', fabric, endorsers: [], businessNodes: [], computeNodes: [] };
    await writeFile(file('network.json'), JSON.stringify(profile));
    expect((await loadConnectionProfile(file('network.json'))).fabric).toEqual({
      peers: [{ mspId: 'AuroraMSP', endpoint: 'h:1', tlsRootCertificate: file('ca.pem') }],
      tls: { certificate: file('cert.pem'), privateKey: file('key.pem') },
    });
  });
});

describe('the embedded ledger', () => {
  it('loads none of Fabric’s libraries: they are imported where a gateway is opened, and nowhere else', () => {
    const source = path.resolve(import.meta.dirname, '..');
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith('testdata'));
    const imports = files.flatMap((name) => readFileSync(path.join(source, name), 'utf8').split('\n').filter((line) => !line.startsWith(' *') && /@selvedge\/fabric-network|@hyperledger\//.test(line)));
    expect(imports.length).toBeGreaterThan(0);
    expect(imports.filter((line) => !line.startsWith('import type '))).toEqual(["  const { connectFabricGateway } = await import('@selvedge/fabric-network/gateway');"]);
  });
});
