import { EMPTY_CHAIN } from '@selvedge/attestation';
import { describe, expect, it } from 'vitest';
import { CHANNEL_EPOCH, facts } from '@selvedge/policy';
import { BrokerStatementSchema, parseMessage } from '@selvedge/protocol';
import { CONTRACT, createLedger, createState, recordChannelEpoch, recordEpoch, SUITES, type TestLedger } from '../testdata/setting.js';
import { createBrokerStatement } from './broker-statement.js';
import { createKeyRing } from './key-derivation.js';

const state = createState();
const statementOf = (ledger: TestLedger | undefined) =>
  parseMessage(BrokerStatementSchema, createBrokerStatement({ state, ring: createKeyRing(state), suites: Object.values(SUITES), ledger, audit: EMPTY_CHAIN }), 65_536);
const epochsOf = (ledger: TestLedger | undefined) => statementOf(ledger).envelopeKeys.filter(({ suite }) => suite === SUITES.P256).map(({ epoch }) => epoch);

describe('the broker’s statement', () => {
  it('names the first epoch before there is a ledger, one key per allowed suite', () => {
    expect(statementOf(undefined).envelopeKeys.map(({ suite, epoch }) => [suite, epoch])).toEqual([[SUITES.P256, 1n], [SUITES.X25519, 1n]]);
    expect(statementOf(undefined).contracts).toEqual([]);
  });

  it('names the usable epochs of the channel and the newest of each contract', () => {
    const ledger = createLedger(state);
    recordChannelEpoch(ledger, state, 2n);
    recordChannelEpoch(ledger, state, 3n);
    recordEpoch(ledger, state, CONTRACT, 2n);
    expect(epochsOf(ledger)).toEqual([2n, 3n]);
    expect(statementOf(ledger).contracts.map(({ contract, epoch }) => [contract, epoch])).toEqual([[CONTRACT, 2n]]);
  });

  it('does not name a revoked epoch', () => {
    const ledger = createLedger(state);
    recordChannelEpoch(ledger, state, 2n);
    ledger.facts.set(facts.revokedEpoch(CHANNEL_EPOCH, 1n), Buffer.of(1));
    expect(epochsOf(ledger)).toEqual([2n]);
  });

  it('names the next epoch when the ledger records another broker: the one that would replace it', () => {
    expect(epochsOf(createLedger(createState()))).toEqual([2n]);
  });

  it('offers the keys of the epoch that a rotation would open, apart from those in use', () => {
    const ledger = createLedger(state);
    const next = () => statementOf(ledger).nextEnvelopeKeys.map(({ suite, epoch, publicKey }) => [suite, epoch, Buffer.from(publicKey).toString('hex')]);
    const keyOf = (suite: string, epoch: bigint) => [suite, epoch, Buffer.from(createKeyRing(state).envelopeKey(suite, epoch).publicKey).toString('hex')];
    expect(next()).toEqual([keyOf(SUITES.P256, 2n), keyOf(SUITES.X25519, 2n)]);
    recordChannelEpoch(ledger, state, 2n);
    expect(next()).toEqual([keyOf(SUITES.P256, 3n), keyOf(SUITES.X25519, 3n)]);
    expect(epochsOf(ledger)).toEqual([1n, 2n]);
  });

  it('holds no secret', () => {
    const text = Buffer.from(createBrokerStatement({ state, ring: createKeyRing(state), suites: Object.values(SUITES), ledger: createLedger(state), audit: EMPTY_CHAIN })).toString('hex');
    expect(text).not.toContain(Buffer.from(state.rootSecret).toString('hex'));
    expect(text).not.toContain(Buffer.from(createKeyRing(state).envelopeKey(SUITES.P256, 1n).privateKey).toString('hex'));
  });
});
