import fc from 'fast-check';
import { refusalCode } from '@selvedge/fixtures';
import { describe, expect, it } from 'vitest';
import { parseConnectionProfile } from './connection-profile.js';

const YAML = `
name: test-network-org1
version: 1.0.0
client:
  organization: Org1
organizations:
  Org1:
    mspid: Org1MSP
    peers:
    - peer0.org1.example.com
    certificateAuthorities:
    - ca.org1.example.com
peers:
  peer0.org1.example.com:
    url: grpcs://localhost:7051
    tlsCACerts:
      pem: |
          -----BEGIN CERTIFICATE-----
          AAAA
          -----END CERTIFICATE-----
    grpcOptions:
      ssl-target-name-override: peer0.org1.example.com
      hostnameOverride: peer0.org1.example.com
orderers:
  orderer.example.com:
    url: grpcs://orderer.example.com:7050
    tlsCACerts:
      path: crypto/orderer.pem
    grpcOptions:
      ssl-target-name-override: orderer.example.com
certificateAuthorities:
  ca.org1.example.com:
    url: https://localhost:7054
`;
const JSON_PROFILE = { organizations: { Org1: { mspid: 'Org1MSP', peers: ['p'] } }, peers: { p: { url: 'grpcs://localhost:7051', tlsCACerts: { pem: ['A', 'B'] } } } };

describe('parseConnectionProfile', () => {
  it('reads YAML', () => {
    expect(parseConnectionProfile(YAML, 'c.yaml')).toEqual({
      organisations: [{ mspId: 'Org1MSP', peers: [{ address: 'localhost:7051', tlsRoots: { pem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }, hostnameOverride: 'peer0.org1.example.com' }] }],
      orderers: [{ address: 'orderer.example.com:7050', tlsRoots: { path: 'crypto/orderer.pem' }, hostnameOverride: undefined }],
    });
  });

  it('reads JSON', () => {
    expect(parseConnectionProfile(JSON.stringify(JSON_PROFILE), 'c.json')).toEqual({
      organisations: [{ mspId: 'Org1MSP', peers: [{ address: 'localhost:7051', tlsRoots: { pem: 'A\nB' }, hostnameOverride: undefined }] }],
      orderers: [],
    });
  });

  it.each<[string, unknown, string]>([
    ['no organisations', {}, 'c.json: organizations'],
    ['a peer that is not described', { ...JSON_PROFILE, peers: {} }, 'organizations.Org1.peers names p'],
    ['a connection without TLS', { ...JSON_PROFILE, peers: { p: { url: 'grpc://localhost:7051' } } }, 'peers.p.url: grpc://localhost:7051 is without TLS'],
    ['an address that is none', { ...JSON_PROFILE, peers: { p: { url: 'localhost' } } }, 'peers.p.url'],
    ['no TLS roots', { ...JSON_PROFILE, peers: { p: { url: 'grpcs://localhost:7051' } } }, 'peers.p.tlsCACerts: pem or path is missing'],
  ])('refuses %s, naming the setting', (_what, value, message) => {
    expect(() => parseConnectionProfile(JSON.stringify(value), 'c.json')).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining(message) as string }));
  });

  it('throws nothing but a refusal', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(refusalCode(() => parseConnectionProfile(text, 'x'))).toBe('INVALID_CONFIGURATION');
      }),
    );
  });

  it('makes nothing of YAML’s tags', () => {
    expect(refusalCode(() => parseConnectionProfile('organizations: !!js/function "function () {}"', 'x'))).toBe('INVALID_CONFIGURATION');
  });
});
