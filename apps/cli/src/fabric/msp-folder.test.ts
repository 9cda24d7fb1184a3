import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createDevCa } from '@selvedge/identity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findMspFolders, loadMspSigner } from './msp-folder.js';
import { findOwnFiles } from './own-files.js';

let folder: string;
const at = (...path: string[]): string => join(folder, ...path);
async function put(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-msp-'));
  const ca = await createDevCa('Org1MSP', { now: new Date() });
  const identities = [['users/Admin@org1', 'admin'], ['users/User1@org1', 'client'], ['peers/peer0.org1', 'peer'], ['peers/peer1.org1', 'peer']] as const;
  for (const [path, role] of identities) {
    const pair = await ca.issue({ commonName: path, role });
    await put(at('org1', path, 'msp/signcerts/cert.pem'), pair.certificatePem);
    await put(at('org1', path, 'msp/keystore/some_sk'), pair.privateKeyPem);
  }
  await put(at('org1/users/Admin@org1/tls/client.crt'), 'x');
  await put(at('org1/users/Admin@org1/tls/client.key'), 'x');
  await put(at('org1/msp/cacerts/ca.pem'), ca.rootCertificatePem);
  await put(at('other/cert.pem'), 'x');
  await put(at('other/key.pem'), 'x');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('MSP folders', () => {
  it('are found by what they hold and sorted by the role of their certificates', async () => {
    expect((await findMspFolders(at('org1'))).map(({ role, directory }) => `${role} ${directory.slice(folder.length)}`)).toEqual([
      'peer /org1/peers/peer0.org1/msp',
      'peer /org1/peers/peer1.org1/msp',
      'admin /org1/users/Admin@org1/msp',
      'client /org1/users/User1@org1/msp',
    ]);
  });

  it('give an identity that signs', async () => {
    const signer = await loadMspSigner('Org1MSP', at('org1/users/Admin@org1/msp'));
    expect(signer.sign(Buffer.from('x')).length).toBeGreaterThan(60);
  });

  it('of an organisation make up what is operated here', async () => {
    const tls = { certificate: at('org1/users/Admin@org1/tls/client.crt'), privateKey: at('org1/users/Admin@org1/tls/client.key') };
    expect(await findOwnFiles('Org1MSP', at('org1'), undefined)).toEqual({ admin: at('org1/users/Admin@org1/msp'), peer: at('org1/peers/peer0.org1/msp'), client: at('org1/users/User1@org1/msp'), clientTls: tls });
    expect((await findOwnFiles('Org1MSP', at('org1'), at('other'))).clientTls).toEqual({ certificate: at('other/cert.pem'), privateKey: at('other/key.pem') });
  });

  it('that are missing are named', async () => {
    await expect(findOwnFiles('Org1MSP', at('org1/peers'), undefined)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('found: peer in ') as string });
    await expect(findOwnFiles('Org1MSP', at('nowhere'), undefined)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
    await expect(findOwnFiles('Org1MSP', at('org1'), at('org1'))).rejects.toMatchObject({ message: expect.stringContaining('--client-tls') as string });
    await expect(loadMspSigner('Org1MSP', at('org1'))).rejects.toMatchObject({ message: expect.stringContaining('signcerts') as string });
  });

  it('with several keys give the one of the certificate; without it they are refused', async () => {
    await put(at('org1/peers/peer1.org1/msp/keystore/another_sk'), 'x');
    expect((await loadMspSigner('Org1MSP', at('org1/peers/peer1.org1/msp'))).mspId).toBe('Org1MSP');
    await rm(at('org1/peers/peer1.org1/msp/keystore/some_sk'));
    await expect(loadMspSigner('Org1MSP', at('org1/peers/peer1.org1/msp'))).rejects.toMatchObject({ message: expect.stringContaining('no private key of the certificate') as string });
    await put(at('org1/peers/peer1.org1/msp/signcerts/second.pem'), 'x');
    await expect(loadMspSigner('Org1MSP', at('org1/peers/peer1.org1/msp'))).rejects.toMatchObject({ message: expect.stringContaining('one certificate is expected') as string });
  });
});
