import { describe, expect, it } from 'vitest';
import { durationMs, readPeerSettings, type PeerSettings } from './peer-settings.js';

const CORE = `
peer:
  gossip:
    reconnectInterval: 25s
    pvtData:
      pullRetryThreshold: 60s
      transientstoreMaxBlockRetention: 1000
      reconciliationEnabled: true
      skipPullingInvalidTransactionsDuringCommit: false
ledger:
  pvtdataStore:
    deprioritizedDataReconcilerInterval: 30m
`;
const VARIABLES = `
# for docker
FABRIC_LOGGING_SPEC=info
CORE_PEER_GOSSIP_PVTDATA_PULLRETRYTHRESHOLD=1s
export CORE_PEER_GOSSIP_PVTDATA_SKIPPULLINGINVALIDTRANSACTIONSDURINGCOMMIT="true"
CORE_PEER_GOSSIP_PVTDATA_TRANSIENTSTOREMAXBLOCKRETENTION='50'
CORE_PEER_GOSSIP_PVTDATA_RECONCILIATIONENABLED=perhaps
`;
const read = (config?: string, environment?: string): PeerSettings =>
  readPeerSettings({ config: config === undefined ? undefined : { text: config, source: 'core.yaml' }, environment: environment === undefined ? undefined : { text: environment, source: 'peer.env' } });

describe('readPeerSettings', () => {
  it('reads what matters out of core.yaml', () => {
    expect(read(CORE)).toEqual({ pullRetryThresholdMs: 60_000, transientBlockRetention: 1000, reconciles: true, deprioritizedReconcilerIntervalMs: 1_800_000, skipPullingInvalidTransactions: false, reconnectIntervalMs: 25_000 });
    expect(read(CORE.replace('pvtData', 'PvtData').replace('60s', '1s')).pullRetryThresholdMs).toBe(1_000);
  });

  it('takes what a peer takes where its core.yaml says nothing', () => {
    expect(read('')).toEqual({ pullRetryThresholdMs: 0, transientBlockRetention: 1000, reconciles: false, deprioritizedReconcilerIntervalMs: 3_600_000, skipPullingInvalidTransactions: false, reconnectIntervalMs: 25_000 });
    expect(read('peer: {gossip: {pvtData: }}')).toEqual(read(''));
  });

  it('leaves out what is not known', () => {
    expect(read('peer: {gossip: {pvtData: {pullRetryThreshold: soon}}}').pullRetryThresholdMs).toBeUndefined();
    expect(read(undefined, '')).toEqual({});
  });

  it('lets the environment win over core.yaml', () => {
    expect(read(CORE, VARIABLES)).toEqual({ pullRetryThresholdMs: 1_000, skipPullingInvalidTransactions: true, deprioritizedReconcilerIntervalMs: 1_800_000, transientBlockRetention: 50, reconnectIntervalMs: 25_000 });
    expect(read(undefined, VARIABLES)).toEqual({ pullRetryThresholdMs: 1_000, skipPullingInvalidTransactions: true, transientBlockRetention: 50 });
  });

  it.each([['1s', 1_000], ['1m30s', 90_000], ['500ms', 500], ['0.5h', 1_800_000], ['1', undefined], [1, undefined], ['s', undefined]])('reads the duration %s', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it('refuses what is not YAML', () => {
    expect(() => read('a: [')).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
  });
});
