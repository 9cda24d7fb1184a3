import { describe, expect, it } from 'vitest';
import { explainFailure } from './failures.js';

describe('explainFailure', () => {
  it('keeps Fabric’s message and leaves colours and usage out', () => {
    const output = '\u001b[31m2026-01-01 ERRO [comm]\u001b[0m dial failed\nError: failed to retrieve endorser client: dial tcp 127.0.0.1:1: connect: connection refused\nUsage:\n  peer lifecycle chaincode install [flags]\n\nFlags:\n  --cafile string';
    const text = explainFailure('peer lifecycle chaincode as NorthMSP', output);
    expect(text).toBe('peer lifecycle chaincode as NorthMSP: 2026-01-01 ERRO [comm] dial failed; Error: failed to retrieve endorser client: dial tcp 127.0.0.1:1: connect: connection refused — check that the peer or orderer runs at that address');
  });

  it.each([
    ['access denied: channel [] creator org unknown, creator is malformed', 'does not know this organisation'],
    ['Failed to authorize invocation due to failed ACL check: The identity is not an admin under this MSP', 'administrator’s MSP folder'],
    ['tls: failed to verify certificate: x509: certificate signed by unknown authority: context deadline exceeded', 'TLS root certificate'],
    ['attempted to redefine the current committed sequence (1) for namespace a with different parameters', 'run the command again'],
    ['chaincode install failed: could not build chaincode: docker build failed', 'external builder'],
  ])('says what to do about: %s', (message, advice) => {
    expect(explainFailure('peer', message)).toContain(advice);
  });

  it('says when there is no message', () => {
    expect(explainFailure('peer', '')).toBe('peer: failed without a message');
  });
});
