import fc from 'fast-check';
import { CODES, isSelvedgeError, type RefusalCode } from '@selvedge/errors';
import { describe, expect, it } from 'vitest';
import { keyBrokerAddresses, parseConnectionProfile } from './connection-profile.js';
import { isPerhapsBehind, isWorthAnotherNode, isWorthRebuild, isWorthRepeat } from './retry.js';
import { createNodeRotation } from './rotation.js';

const nodes = ['a', 'b', 'c'].map((nodeId) => ({ nodeId }));
const ids = (order: { nodeId: string }[]) => order.map(({ nodeId }) => nodeId).join('');

describe('createNodeRotation', () => {
  it('goes round', () => {
    const rotation = createNodeRotation({ nowMs: () => 0, penaltyMs: 100 });
    expect([1, 2, 3, 4].map(() => ids(rotation.order(nodes)))).toEqual(['abc', 'bca', 'cab', 'abc']);
    expect(rotation.order([])).toEqual([]);
    expect([0, 1.5e-6, 2.5e-6, 0.999999].map((firstTurn) => ids(createNodeRotation({ nowMs: () => 0, penaltyMs: 100, firstTurn }).order(nodes)))).toEqual(['abc', 'bca', 'cab', 'abc']);
  });

  it('asks those last that failed a moment ago, until their time is over or they succeed', () => {
    let now = 0;
    const rotation = createNodeRotation({ nowMs: () => now, penaltyMs: 100 });
    rotation.failed('a');
    rotation.failed('b');
    rotation.succeeded('b');
    expect(ids(rotation.order(nodes))).toBe('bca');
    now = 100;
    expect(ids(rotation.order(nodes))).toBe('bca');
    expect(ids(rotation.order(nodes))).toBe('cab');
  });
});

describe('retry rules', () => {
  it('never repeats a refusal that would be the same elsewhere', () => {
    for (const code of ['CHAINCODE_ERROR', 'REQUEST_REPLAYED', 'DATASET_ACCESS_DENIED', 'SIGNATURE_INVALID', 'TEE_SIGNATURE_INVALID'] as const) {
      expect([isWorthAnotherNode(code), isWorthRebuild(code), isWorthRepeat(code), isPerhapsBehind(code)]).toEqual([false, false, false, false]);
    }
  });

  it('asks a peer again that is limited, locked or not ready', () => {
    for (const code of ['RATE_LIMITED', 'BROKER_LOCKED', 'NOT_READY', 'OVERLOADED'] as const) expect(isWorthRepeat(code)).toBe(true);
  });

  it('sends a request elsewhere when its node is gone, full, stopping or not assigned', () => {
    for (const code of ['UNAVAILABLE', 'TIMEOUT', 'OVERLOADED', 'DRAINING', 'NOT_READY', 'CONTRACT_NOT_ASSIGNED'] as const) expect(isWorthAnotherNode(code)).toBe(true);
  });

  it('builds a request again for every refusal of an epoch, and no code is both for another node and for a new request', () => {
    for (const code of Object.keys(CODES) as RefusalCode[]) {
      if (/^(ENVELOPE|KEY)_EPOCH_/.test(code)) expect(isWorthRebuild(code)).toBe(true);
      expect(isWorthAnotherNode(code) && isWorthRebuild(code)).toBe(false);
    }
  });
});

describe('parseConnectionProfile', () => {
  const genuine = {
    network: 'n', channel: 'c', signedProfile: 'profile.bin', tls: 'off', keyBroker: 'h:1', sequencer: 'h:2',
    endorsers: [{ mspId: 'NorthMSP', address: 'h:3' }], businessNodes: [{ mspId: 'AuroraMSP', address: 'h:4' }], computeNodes: [{ nodeId: 'compute-1', address: 'h:5' }],
  };

  it('reads what network.json holds', () => {
    expect(parseConnectionProfile(genuine)).toEqual({ ...genuine, ledger: 'embedded' });
  });

  it('knows every replica of the key broker, and refuses a list of anything else', () => {
    const read = (keyBrokerReplicas: unknown) => parseConnectionProfile({ ...genuine, keyBrokerReplicas });
    expect(keyBrokerAddresses(read(['h:6', 'h:7']))).toEqual(['h:1', 'h:6', 'h:7']);
    expect(keyBrokerAddresses(parseConnectionProfile(genuine))).toEqual(['h:1']);
    for (const other of ['h:6', [''], [1], [{}], {}, null]) expect(() => read(other)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('keyBrokerReplicas') as string }));
  });

  it.each(Object.keys(genuine))('names %s when it is missing', (key) => {
    const rest = Object.fromEntries(Object.entries(genuine).filter(([name]) => name !== key));
    expect(() => parseConnectionProfile(rest)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining(key) as string }));
  });

  it('refuses any other value with a refusal', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          parseConnectionProfile(value);
        } catch (error) {
          expect(isSelvedgeError(error, 'INVALID_CONFIGURATION')).toBe(true);
        }
      }),
    );
  });
});
