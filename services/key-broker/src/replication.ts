import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attester } from '@selvedge/attestation';
import type { RefusalCode } from '@selvedge/errors';
import { createRpcReplica, joinReplicas, type BrokerGate, type LedgerPort } from '@selvedge/key-broker';
import type { Profile } from '@selvedge/policy';
import { connectRpc, type TlsSetting } from '@selvedge/rpc';
import { failureText, type ServiceContext } from '@selvedge/service-kit';
import { readSigner } from '@selvedge/service-kit/network';
import type { KeyBrokerConfig } from './config.js';

/** Refusals while replicas and followers start, and before the ledger records the root; others are for the operator to see. */
const PASSING: ReadonlySet<RefusalCode> = new Set<RefusalCode>(['UNAVAILABLE', 'TIMEOUT', 'RATE_LIMITED', 'BROKER_LOCKED', 'BROKER_NOT_RECOGNISED', 'VIEW_QUORUM_UNREACHABLE', 'VIEW_BEHIND']);

export interface ReplicationInput extends Pick<ServiceContext<KeyBrokerConfig>, 'config' | 'logger'> {
  readonly tls: TlsSetting;
  readonly gate: BrokerGate;
  readonly attester: Attester;
  readonly profile: Profile;
  readonly ledger: LedgerPort;
  readonly now: () => Date;
}

/** While the broker lacks its root, asks the other replicas for it. Throws INVALID_CONFIGURATION, IDENTITY_*. */
export function startReplication({ config, logger, tls, gate, attester, profile, ledger, now }: ReplicationInput): { close(): void } {
  const { replication } = config;
  if (replication === undefined || !gate.isLocked()) return { close: () => undefined };
  const { replicas } = replication;
  const operator = readSigner(replication.operator);
  const closing = new AbortController();
  const connections = replicas.map((address) => connectRpc(address, { tls }));
  const close = (): void => {
    closing.abort();
    for (const connection of connections) connection.close();
  };
  joinReplicas({
    replicas: connections.map(createRpcReplica),
    attester,
    operator,
    profile,
    randomBytes,
    ledger,
    now,
    isWanted: () => gate.isLocked(),
    use: async (received) => {
      await gate.openWith(received);
      logger.info('opened with the root from another replica');
    },
    onFailure: (replica, code) => {
      logger[PASSING.has(code) ? 'debug' : 'warn']({ replica, code }, 'another replica did not hand the root over');
    },
    pause: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
    random: Math.random,
    signal: closing.signal,
  })
    .catch((error: unknown) => {
      logger.error(failureText(error), 'the store does not open with the root from another replica');
    })
    .finally(close);
  return { close };
}
