import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { connectionJson, createChaincodePackage, packageIdOf } from './chaincode-package.js';

const TLS = { rootCertificatePem: 'root', clientCertificatePem: 'certificate', clientPrivateKeyPem: 'key' };

/** Files of a tar archive, by name. */
function filesOf(archive: Uint8Array): Map<string, Buffer> {
  const bytes = gunzipSync(archive);
  const files = new Map<string, Buffer>();
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const name = bytes.subarray(at, at + 100).toString('latin1').replaceAll('\0', '');
    const size = parseInt(bytes.subarray(at + 124, at + 135).toString('latin1'), 8);
    files.set(name, bytes.subarray(at + 512, at + 512 + size));
    at += 512 * (1 + Math.ceil(size / 512));
  }
  return files;
}

describe('createChaincodePackage', () => {
  it('packs metadata and, inside code.tar.gz, the connection', () => {
    const files = filesOf(createChaincodePackage('diamonds', { address: '127.0.0.1:7000', tls: TLS }).bytes);
    expect([...files.keys()]).toEqual(['metadata.json', 'code.tar.gz']);
    expect(JSON.parse(files.get('metadata.json')!.toString())).toEqual({ type: 'ccaas', label: 'diamonds' });
    const code = filesOf(files.get('code.tar.gz')!);
    expect([...code.keys()]).toEqual(['connection.json']);
    expect(JSON.parse(code.get('connection.json')!.toString())).toEqual({
      address: '127.0.0.1:7000', dial_timeout: '10000ms', tls_required: true, client_auth_required: true, root_cert: 'root', client_key: 'key', client_cert: 'certificate',
    });
  });

  it('gives the same id for the same input, and another for any other', () => {
    const connection = { address: '127.0.0.1:7000', tls: TLS };
    const { packageId, bytes } = createChaincodePackage('diamonds', connection);
    expect(createChaincodePackage('diamonds', { ...connection }).packageId).toBe(packageId);
    expect(packageId).toBe(packageIdOf('diamonds', bytes));
    expect(packageId).toMatch(/^diamonds:[0-9a-f]{64}$/);
    const others = [createChaincodePackage('pearls', connection), createChaincodePackage('diamonds', { ...connection, address: '127.0.0.1:7001' }), createChaincodePackage('diamonds', { address: connection.address })];
    expect(new Set([packageId, ...others.map((other) => other.packageId)]).size).toBe(4);
  });

  it('names no system in the compressed bytes', () => {
    const { bytes } = createChaincodePackage('diamonds', { address: 'a:1' });
    // RFC 1952 section 2.3: modification time 0, operating system 255.
    expect([...bytes.subarray(4, 8), bytes[9]]).toEqual([0, 0, 0, 0, 255]);
  });

  it.each(['', '-a', 'a b', 'a:b', '../a'])('refuses the label %j', (label) => {
    expect(() => createChaincodePackage(label, { address: 'a:1' })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
  });
});

describe('connectionJson', () => {
  it('asks for no TLS only when no certificates are given', () => {
    expect(JSON.parse(connectionJson({ address: '127.0.0.1:1', dialTimeoutMs: 500 }))).toEqual({ address: '127.0.0.1:1', dial_timeout: '500ms', tls_required: false });
    expect(JSON.parse(connectionJson({ address: 'cc.example:1', tls: TLS }))).toMatchObject({ tls_required: true, client_auth_required: true });
  });
});
