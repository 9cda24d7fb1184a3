import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { SUITE_NAMES } from '@selvedge/crypto';
import { createEnvelopeKeys, createTestConsortium, encodeEnvelopeEpoch, type TestConsortium } from '@selvedge/fixtures';
import { CHANNEL_EPOCH, facts } from '@selvedge/policy';
import { BrokerStatementSchema, type BrokerStatement } from '@selvedge/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { acceptBrokerStatement, chooseKeyEpoch, isEnvelopeCurrent, type TrustedEnvelope } from './envelope.js';

type Init = Exclude<MessageInitShape<typeof BrokerStatementSchema>, BrokerStatement>;

let consortium: TestConsortium;
beforeEach(async () => {
  consortium = await createTestConsortium();
});

const keysOf = (epoch: bigint, keys = consortium.envelopeKeys) => SUITE_NAMES.map((suite) => ({ suite, epoch, publicKey: keys[suite].publicKey }));
const statement = (change: Init = {}): BrokerStatement =>
  create(BrokerStatementSchema, {
    network: consortium.network,
    channel: consortium.channel,
    rootCertificate: consortium.broker.certificate,
    envelopeKeys: keysOf(1n),
    contracts: [{ contract: consortium.contract, epoch: 1n }],
    ...change,
  });
const accept = (change: Init = {}, previous?: TrustedEnvelope): TrustedEnvelope => acceptBrokerStatement(statement(change), { ledger: consortium.state, previous });

describe('acceptBrokerStatement', () => {
  it('takes the newest recorded key of each suite and the contracts’ epochs', () => {
    consortium.setEpoch(CHANNEL_EPOCH, 2n);
    const envelope = accept({ envelopeKeys: [...keysOf(2n), ...keysOf(1n)] });
    expect(envelope.keys.get(SUITE_NAMES[0])?.epoch).toBe(2n);
    expect(envelope.contractEpochs.get(consortium.contract)).toBe(1n);
  });

  it('leaves out an epoch that the ledger does not know yet', () => {
    expect(accept({ envelopeKeys: [...keysOf(1n), ...keysOf(2n)] }).keys.get(SUITE_NAMES[0])?.epoch).toBe(1n);
  });

  it('refuses a broker that is not on the ledger', async () => {
    const other = await createTestConsortium();
    expect(() => accept({ rootCertificate: other.broker.certificate })).toThrow(expect.objectContaining({ code: 'BROKER_NOT_RECOGNISED' }));
    consortium.state.setFact(facts.brokerRoot, undefined);
    expect(() => accept()).toThrow(expect.objectContaining({ code: 'BROKER_NOT_RECOGNISED' }));
  });

  it('refuses an envelope key that differs from the one on the ledger', () => {
    expect(() => accept({ envelopeKeys: keysOf(1n, createEnvelopeKeys()) })).toThrow(expect.objectContaining({ code: 'BROKER_STATE_MISMATCH' }));
  });

  it('refuses when every epoch that is offered is revoked, retired or unknown', () => {
    consortium.state.setFact(facts.revokedEpoch(CHANNEL_EPOCH, 1n), Buffer.from('leaked'));
    expect(() => accept()).toThrow(expect.objectContaining({ code: 'ENVELOPE_EPOCH_REVOKED' }));
    consortium.state.setFact(facts.revokedEpoch(CHANNEL_EPOCH, 1n), undefined);
    consortium.setEpoch(CHANNEL_EPOCH, 2n);
    consortium.setEpoch(CHANNEL_EPOCH, 3n);
    expect(() => accept()).toThrow(expect.objectContaining({ code: 'ENVELOPE_EPOCH_REVOKED' }));
    expect(() => accept({ envelopeKeys: [] })).toThrow(expect.objectContaining({ code: 'ENVELOPE_EPOCH_REVOKED' }));
  });

  it('never goes back to an older envelope epoch', () => {
    consortium.setEpoch(CHANNEL_EPOCH, 2n);
    const previous = accept({ envelopeKeys: keysOf(2n) });
    expect(() => accept({ envelopeKeys: keysOf(1n) }, previous)).toThrow(expect.objectContaining({ code: 'BROKER_STATE_MISMATCH' }));
    expect(() => accept({ envelopeKeys: keysOf(2n).slice(0, 1) }, previous)).toThrow(expect.objectContaining({ code: 'BROKER_STATE_MISMATCH' }));
  });

  it('never goes back to an older key epoch of a contract', () => {
    const contracts = (epoch: bigint) => [{ contract: consortium.contract, epoch }];
    const previous = accept({ contracts: contracts(2n) });
    expect(() => accept({ contracts: contracts(1n) }, previous)).toThrow(expect.objectContaining({ code: 'BROKER_STATE_MISMATCH' }));
    expect(() => accept({ contracts: [] }, previous)).toThrow(expect.objectContaining({ code: 'BROKER_STATE_MISMATCH' }));
  });

  it('refuses a broker that has not seen the newest epochs on the ledger: a revoked party may hold the older keys', () => {
    consortium.setEpoch(CHANNEL_EPOCH, 2n);
    expect(() => accept({ envelopeKeys: keysOf(1n) })).toThrow(expect.objectContaining({ code: 'VIEW_BEHIND' }));
    expect(accept({ envelopeKeys: [...keysOf(1n), ...keysOf(2n)] }).keys.get(SUITE_NAMES[0])?.epoch).toBe(2n);
    consortium.setEpoch(consortium.contract, 2n);
    const behind = [{ contract: consortium.contract, epoch: 1n }];
    expect(() => accept({ envelopeKeys: keysOf(2n), contracts: behind })).toThrow(expect.objectContaining({ code: 'VIEW_BEHIND' }));
  });

  it('refuses a suite that it does not know', () => {
    const odd = { suite: 'NO-SUCH-SUITE', epoch: 1n, publicKey: new Uint8Array(32) };
    consortium.state.setFact(facts.epoch(CHANNEL_EPOCH, 1n), encodeEnvelopeEpoch(consortium.broker, consortium.envelopeKeys, 1n));
    expect(() => accept({ envelopeKeys: [...keysOf(1n), odd] })).toThrow(expect.objectContaining({ code: 'BROKER_STATE_MISMATCH' }));
  });
});

describe('chooseKeyEpoch', () => {
  it('takes the newest that the ledger admits, even when the broker is one ahead', () => {
    const envelope = accept({ contracts: [{ contract: consortium.contract, epoch: 2n }] });
    expect(chooseKeyEpoch(envelope, consortium.state, consortium.contract)).toBe(1n);
    consortium.setEpoch(consortium.contract, 2n);
    expect(chooseKeyEpoch(envelope, consortium.state, consortium.contract)).toBe(2n);
  });

  it('refuses a contract without usable keys', () => {
    expect(() => chooseKeyEpoch(accept(), consortium.state, 'other')).toThrow(expect.objectContaining({ code: 'KEY_EPOCH_UNKNOWN' }));
    consortium.state.setFact(facts.revokedEpoch(consortium.contract, 1n), Buffer.from('leaked'));
    expect(() => chooseKeyEpoch(accept(), consortium.state, consortium.contract)).toThrow(expect.objectContaining({ code: 'KEY_EPOCH_UNKNOWN' }));
  });
});

describe('isEnvelopeCurrent', () => {
  it('holds until the ledger opens a newer epoch of the envelope, or of a contract', () => {
    const envelope = accept({ contracts: [{ contract: consortium.contract, epoch: 1n }] });
    expect(isEnvelopeCurrent(envelope, consortium.state)).toBe(true);
    consortium.setEpoch(consortium.contract, 2n);
    expect(isEnvelopeCurrent(envelope, consortium.state)).toBe(false);
    consortium.state.setFact(facts.epoch(consortium.contract, 2n), undefined);
    consortium.setEpoch(CHANNEL_EPOCH, 2n);
    expect(isEnvelopeCurrent(envelope, consortium.state)).toBe(false);
  });
});
