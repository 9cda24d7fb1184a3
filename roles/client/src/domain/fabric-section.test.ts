import fc from 'fast-check';
import { isSelvedgeError } from '@selvedge/errors';
import { describe, expect, it } from 'vitest';
import { parseConnectionProfile } from './connection-profile.js';
import { gatewayPeersFor, parseFabricSection } from './fabric-section.js';

const peers = [
  { mspId: 'AuroraMSP', endpoint: 'peer.aurora.example:7051', tlsRootCertificate: 'aurora.pem', hostnameOverride: 'peer0' },
  { mspId: 'NorthMSP', endpoint: '127.0.0.1:7052', tlsRootCertificate: 'north.pem' },
  { mspId: 'AuroraMSP', endpoint: '[::1]:7053', tlsRootCertificate: 'aurora.pem' },
];
const genuine = { peers, gatewayPeers: ['127.0.0.1:7052'], policyChaincode: 'policy', tls: { certificate: 'c.pem', privateKey: 'k.pem' } };
const refuses = (value: unknown, text: string): void => {
  expect(() => parseFabricSection(value)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining(text) as string }));
};

describe('parseFabricSection', () => {
  it('reads every setting, and needs no more than peers', () => {
    expect(parseFabricSection(genuine)).toEqual(genuine);
    expect(parseFabricSection({ peers })).toEqual({ peers });
  });

  it.each([
    ['an object', undefined],
    ['an object', []],
    ['peers must be a list', {}],
    ['one peer at least', { peers: [] }],
    ['"hostNameOverride"', { peers: [{ ...peers[0], hostNameOverride: 'x' }] }],
    ['fabric has no setting "gatewayPeer"', { peers, gatewayPeer: 'x' }],
    ['is not host:port', { peers: [{ ...peers[0], endpoint: 'grpcs://peer:7051' }] }],
    ['is not host:port', { peers: [{ ...peers[0], endpoint: 'peer:0' }] }],
    ['is not host:port', { peers: [{ ...peers[0], endpoint: 'peer:65536' }] }],
    ['tlsRootCertificate', { peers: [{ mspId: 'A', endpoint: 'h:1' }] }],
    ['names an endpoint twice', { peers: [peers[0], peers[0]] }],
    ['gatewayPeers must be a list', { peers, gatewayPeers: [] }],
    ['which fabric.peers does not', { peers, gatewayPeers: ['other:1'] }],
    ['privateKey', { peers, tls: { certificate: 'c.pem' } }],
    ['fabric.tls has no setting', { peers, tls: { certificate: 'c.pem', privateKey: 'k.pem', ca: 'x' } }],
    ['policyChaincode', { peers, policyChaincode: 7 }],
  ])('says %s', (text, value) => {
    refuses(value, text);
  });

  it('refuses any other value with a refusal', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          parseFabricSection({ peers: value });
        } catch (error) {
          expect(isSelvedgeError(error, 'INVALID_CONFIGURATION')).toBe(true);
        }
      }),
    );
  });
});

describe('gatewayPeersFor', () => {
  it('gives the peers of the client’s own organisation first, or those that are named', () => {
    const endpoints = (mspId: string, gatewayPeers?: readonly string[]): string[] => gatewayPeersFor({ peers, gatewayPeers }, mspId).map(({ endpoint }) => endpoint);
    expect(endpoints('AuroraMSP')).toEqual(['peer.aurora.example:7051', '[::1]:7053', '127.0.0.1:7052']);
    expect(endpoints('OtherMSP')).toEqual(peers.map(({ endpoint }) => endpoint));
    expect(endpoints('AuroraMSP', ['127.0.0.1:7052', '[::1]:7053'])).toEqual(['127.0.0.1:7052', '[::1]:7053']);
  });
});

describe('the ledger of a connection profile', () => {
  const common = { network: 'n', channel: 'c', signedProfile: 'p', tls: 'off', keyBroker: 'h:1', endorsers: [], businessNodes: [], computeNodes: [] };
  const read = (more: Record<string, unknown>): unknown => parseConnectionProfile({ ...common, ...more });

  it('is embedded unless it says fabric, and has its own settings only', () => {
    expect(read({ sequencer: 'h:2' })).toMatchObject({ ledger: 'embedded', sequencer: 'h:2' });
    expect(read({ ledger: 'fabric', fabric: { peers } })).toEqual({ ...common, ledger: 'fabric', fabric: { peers } });
  });

  it.each([
    ['sequencer', {}],
    ['fabric', { ledger: 'fabric' }],
    ["ledger must be 'embedded' or 'fabric'", { ledger: 'besu' }],
    ['fabric has no meaning with ledger embedded', { sequencer: 'h:2', fabric: { peers } }],
    ['sequencer has no meaning with ledger fabric', { ledger: 'fabric', fabric: { peers }, sequencer: 'h:2' }],
  ])('names %s', (text, more) => {
    expect(() => read(more)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining(text) as string }));
  });
});
