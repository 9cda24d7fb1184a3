import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ledgerConfig, readLedger } from './ledger.js';

const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-ledger-config-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const file = (name: string): string => {
  const made = path.join(folder, name);
  writeFileSync(made, name);
  return made;
};
const peer = { endpoint: 'peer:7051', tlsRootCertificate: file('root.pem') };

describe('the ledger section of a configuration', () => {
  it('names a sequencer', () => {
    expect(readLedger(ledgerConfig.parse({ kind: 'embedded', sequencer: 'host:1' }))).toEqual({ kind: 'embedded', sequencer: 'host:1' });
  });

  it('names a Fabric peer, and what is in the files', () => {
    const config = ledgerConfig.parse({ kind: 'fabric', policyChaincode: 'policy', peer: { ...peer, hostnameOverride: 'peer.org', clientCertificate: file('own.pem'), clientKey: file('own.key') } });
    expect(readLedger(config)).toEqual({
      kind: 'fabric',
      policyChaincode: 'policy',
      peer: { endpoint: 'peer:7051', tlsRootCertificatePem: 'root.pem', hostnameOverride: 'peer.org', clientTls: { certificatePem: 'own.pem', privateKeyPem: 'own.key' } },
    });
    expect(readLedger(ledgerConfig.parse({ kind: 'fabric', peer }))).toMatchObject({ policyChaincode: undefined, peer: { hostnameOverride: undefined, clientTls: undefined } });
  });

  it.each<[string, unknown]>([
    ['no kind', { sequencer: 'host:1' }],
    ['an unknown kind', { kind: 'other' }],
    ['a sequencer beside a peer', { kind: 'fabric', peer, sequencer: 'host:1' }],
    ['a peer without an endpoint', { kind: 'fabric', peer: { tlsRootCertificate: 'x' } }],
    ['a peer without roots', { kind: 'fabric', peer: { endpoint: 'x' } }],
    ['a client certificate without its key', { kind: 'fabric', peer: { ...peer, clientCertificate: 'x' } }],
    ['a client key without its certificate', { kind: 'fabric', peer: { ...peer, clientKey: 'x' } }],
  ])('refuses %s', (_what, config) => {
    expect(ledgerConfig.safeParse(config).success).toBe(false);
  });

  it('refuses files that are not there', () => {
    expect(() => readLedger(ledgerConfig.parse({ kind: 'fabric', peer: { ...peer, tlsRootCertificate: '/nowhere/root.pem' } }))).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
  });
});
