import { randomBytes } from 'node:crypto';
import type { Attester } from '@selvedge/attestation';
import type { LedgerPort } from '../ports.js';
import { type ObtainRootInput, type ReplicaPort } from '../replication/obtain.js';
import { AT, BROKER_MEASUREMENT, createAttester, operator, profile, type TestBroker, type TestLedger } from './setting.js';

/** For tests of replication: a broker in memory as another replica reaches it, and one that lacks the root. */

export function replicaOf({ broker }: TestBroker, over: Partial<ReplicaPort> = {}): ReplicaPort {
  return {
    address: 'replica',
    challenge: () => Promise.resolve().then(() => broker.challenge()),
    shareRoot: (request) => broker.shareRoot(request),
    ...over,
  };
}

export const brokerAttester: Attester = createAttester(BROKER_MEASUREMENT);

export function ledgerPort(ledger: TestLedger): LedgerPort {
  return { current: () => ledger, refresh: () => Promise.resolve(ledger) };
}

/** What a replica without the root asks with. @param ledger its own view */
export function askingWith(ledger: TestLedger, over: Partial<ObtainRootInput> = {}): ObtainRootInput {
  return { attester: brokerAttester, operator, profile, randomBytes, ledger: ledgerPort(ledger), now: () => AT, ...over };
}
