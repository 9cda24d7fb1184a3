import { describe, expect, it } from 'vitest';
import { refusalOfEndorser } from './peer-messages.js';

describe('refusalOfEndorser', () => {
  it.each([
    ['chaincode response 500, TEE_REVOKED: node compute-1 is revoked', 'TEE_REVOKED'],
    ['chaincode response 500, Error: STALE_READ: a read has changed', 'STALE_READ'],
    ['chaincode response 500, something else broke', 'FABRIC_REFUSED'],
    ['chaincode response 500, NO_SUCH_CODE: text', 'FABRIC_REFUSED'],
    ['ProposalResponsePayloads do not match', 'ENDORSEMENTS_DISAGREE'],
    ['rpc error: code = Unknown desc = duplicate transaction found [ab]. Creator [cd]', 'DUPLICATE_TXID'],
    ['error in simulation: failed to distribute private collection, txID ab, channel ch: required to disseminate to at least 1 peers, but know of only 0 eligible peers', 'PACKETS_NOT_DISTRIBUTED'],
    ['make sure the chaincode diamonds has been successfully defined on channel ch and try again: chaincode diamonds not found', 'CONTRACT_UNKNOWN'],
    ['error in simulation: failed to execute transaction ab: could not launch chaincode x:y: connection to x:y failed', 'UNAVAILABLE'],
    ['error in simulation: failed to execute transaction ab: [channel ch] failed to send: txid: ab(ch) exists', 'UNAVAILABLE'],
    ['error in simulation: failed to execute transaction ab: timeout expired while executing transaction', 'TIMEOUT'],
    ["channel 'ch' not found", 'WRONG_CHANNEL'],
    ['rpc error: code = Unavailable desc = connection error', 'UNAVAILABLE'],
    ['rpc error: code = Unknown desc = error validating proposal: access denied: channel [ch] creator org [AuroraMSP]', 'IDENTITY_UNTRUSTED'],
    ['nobody knows this text', 'FABRIC_REFUSED'],
  ])('%s: %s', (message, code) => {
    const { mspId, refusal } = refusalOfEndorser('NorthMSP', message);
    expect([mspId, refusal.code, refusal.role]).toEqual(['NorthMSP', code, 'endorser']);
  });

  it('takes a code from our chaincode only: a peer’s own text may contain anything', () => {
    expect(refusalOfEndorser('NorthMSP', 'error in simulation: STALE_READ: x').refusal.code).toBe('FABRIC_REFUSED');
  });

  it('cuts long texts, and certificates', () => {
    expect(refusalOfEndorser('NorthMSP', 'rpc error: code = Unknown desc = duplicate transaction found [ab]. Creator [0a07]').refusal.message).toBe('duplicate transaction found [ab]');
    expect(refusalOfEndorser('NorthMSP', 'x'.repeat(9_000)).refusal.message.length).toBeLessThan(500);
  });
});
