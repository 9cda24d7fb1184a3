import { describe, expect, it } from 'vitest';
import { checkChannelSettings, type ChannelSettings } from './check-channel-settings.js';

const MIB = 1024 * 1024;
const sound: ChannelSettings = {
  maxMessageCount: 500,
  absoluteMaxBytes: 10 * MIB,
  largestPrivateBytes: 64 * 1024,
  pullRetryThresholdMs: 1_000,
  skipPullingInvalidTransactions: true,
  reconciles: true,
  deprioritizedReconcilerIntervalMs: 60_000,
  transientBlockRetention: 1_000,
  reconnectIntervalMs: 1_000,
};

describe('the check of a channel’s settings', () => {
  it('passes sound ones, and says nothing of what it cannot see', () => {
    expect(checkChannelSettings(sound)).toEqual([]);
    expect(checkChannelSettings({})).toEqual([]);
  });

  it.each<[ChannelSettings, string, RegExp]>([
    [{ largestPrivateBytes: MIB }, 'BLOCK_ABOVE_GRPC_LIMIT', /MaxMessageCount to at most 100\b/],
    [{ absoluteMaxBytes: 64 * MIB }, 'BLOCK_ABOVE_GRPC_LIMIT', /AbsoluteMaxBytes/],
    [{ absoluteMaxBytes: MIB }, 'TRANSACTION_ABOVE_BLOCK_LIMIT', /AbsoluteMaxBytes/],
    [{ pullRetryThresholdMs: 60_000 }, 'COMMIT_MAY_STALL', /CORE_PEER_GOSSIP_PVTDATA_PULLRETRYTHRESHOLD=1s/],
    [{ skipPullingInvalidTransactions: false }, 'COMMIT_MAY_STALL', /SKIPPULLINGINVALIDTRANSACTIONSDURINGCOMMIT=true/],
    [{ reconciles: false }, 'PACKETS_MAY_BE_LOST', /RECONCILIATIONENABLED=true/],
    [{ deprioritizedReconcilerIntervalMs: 3_600_000 }, 'PACKETS_MAY_BE_LATE', /DEPRIORITIZEDDATARECONCILERINTERVAL=1m/],
    [{ transientBlockRetention: 10 }, 'PACKETS_MAY_BE_LOST', /transientstoreMaxBlockRetention/],
    [{ reconnectIntervalMs: 25_000 }, 'DISCOVERY_IS_SLOW', /RECONNECTINTERVAL=1s/],
  ])('%j: %s', (change, code, text) => {
    const warnings = checkChannelSettings({ ...sound, ...change });
    expect(warnings.map((warning) => warning.code)).toEqual([code]);
    expect(warnings[0]!.message).toMatch(text);
  });
});
