import { describe, expect, it } from 'vitest';
import { encodeMessage, SignedKeyCommitmentsSchema, SignedNameKeyCommitmentSchema } from '@selvedge/protocol';
import { createBrokerRoot } from './certificate/issue.js';
import { commitToKeys, commitToNameKey, signKeyCommitments, signNameKeyCommitment, verifyCommittedKeys, verifyCommittedNameKey, verifyKeyCommitments, verifyNameKeyCommitment, type CommittedKeys } from './key-commitments.js';
import { AT } from './testdata/setting.js';

const root = createBrokerRoot({ network: 'net', channel: 'chan', now: AT });
const other = createBrokerRoot({ network: 'net', channel: 'chan', now: AT });
const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const keys: CommittedKeys = { dataKey: key(1), nameKey: key(2), randomKey: key(3), gateKey: key(4), eventKey: key(5) };
const fact = encodeMessage(SignedKeyCommitmentsSchema, signKeyCommitments(commitToKeys('c', 2n, keys), root.privateKey));
const refusal = (code: string) => expect.objectContaining({ code }) as Error;

describe('key commitments', () => {
  it('hold for their keys', () => {
    verifyCommittedKeys({ fact, rootCertificate: root.certificate, contract: 'c', epoch: 2n, keys });
    expect(verifyKeyCommitments(fact, root.certificate, { contract: 'c', epoch: 2n }).dataKey).toHaveLength(32);
  });

  it.each(['dataKey', 'nameKey', 'randomKey', 'gateKey', 'eventKey'] as const)('refuse another %s', (name) => {
    const run = () => {
      verifyCommittedKeys({ fact, rootCertificate: root.certificate, contract: 'c', epoch: 2n, keys: { ...keys, [name]: key(9) } });
    };
    expect(run).toThrow(refusal('BROKER_STATE_MISMATCH'));
  });

  it('do not hold for a key in another place', () => {
    const run = () => {
      verifyCommittedKeys({ fact, rootCertificate: root.certificate, contract: 'c', epoch: 2n, keys: { ...keys, dataKey: keys.gateKey, gateKey: keys.dataKey } });
    };
    expect(run).toThrow(refusal('BROKER_STATE_MISMATCH'));
  });

  it('refuse another contract and another epoch', () => {
    expect(() => verifyKeyCommitments(fact, root.certificate, { contract: 'd', epoch: 2n })).toThrow(refusal('BROKER_STATE_MISMATCH'));
    expect(() => verifyKeyCommitments(fact, root.certificate, { contract: 'c', epoch: 1n })).toThrow(refusal('BROKER_STATE_MISMATCH'));
  });

  it('refuse another broker’s signature', () => {
    expect(() => verifyKeyCommitments(fact, other.certificate, { contract: 'c', epoch: 2n })).toThrow(refusal('SIGNATURE_INVALID'));
  });
});

describe('the commitment to a later name key', () => {
  const signed = encodeMessage(SignedNameKeyCommitmentSchema, signNameKeyCommitment(commitToNameKey('c', 3n, key(7)), root.privateKey));
  const verify = (change: { readonly contract?: string; readonly epoch?: bigint; readonly nameKey?: Uint8Array } = {}) => {
    verifyCommittedNameKey({ names: { commitments: [key(0), signed] }, rootCertificate: root.certificate, contract: 'c', epoch: 3n, nameKey: key(7), ...change });
  };

  it('holds for its key, contract and epoch alone', () => {
    verify();
    expect(() => { verify({ nameKey: key(8) }); }).toThrow(refusal('BROKER_STATE_MISMATCH'));
    expect(() => { verify({ contract: 'd' }); }).toThrow(refusal('BROKER_STATE_MISMATCH'));
    for (const epoch of [0n, 1n, 4n]) expect(() => { verify({ epoch }); }).toThrow(refusal('BROKER_STATE_MISMATCH'));
    expect(() => verifyNameKeyCommitment(signed, root.certificate, { contract: 'c', epoch: 2n })).toThrow(refusal('BROKER_STATE_MISMATCH'));
  });

  it('is refused with another broker’s signature, or where it does not parse', () => {
    expect(() => verifyNameKeyCommitment(signed, other.certificate, { contract: 'c', epoch: 3n })).toThrow(refusal('SIGNATURE_INVALID'));
    expect(() => verifyNameKeyCommitment(Buffer.of(0xff), root.certificate, { contract: 'c', epoch: 3n })).toThrow(refusal('MALFORMED_MESSAGE'));
    expect(() => verifyNameKeyCommitment(Buffer.alloc(2_000), root.certificate, { contract: 'c', epoch: 3n })).toThrow(refusal('MESSAGE_TOO_LARGE'));
  });
});
