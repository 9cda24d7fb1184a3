import { KeyBroker as KeyBrokerService, KeyBrokerReplication, KeyBrokerUnlock } from '@selvedge/protocol';
import { implement } from '@selvedge/rpc';
import type { BrokerGate } from '../broker-gate.js';

/** The key broker on gRPC: each of its calls is refused with BROKER_LOCKED until its store is open. */
export function createKeyBrokerService(gate: BrokerGate): ReturnType<typeof implement> {
  return implement(KeyBrokerService, {
    challenge: async () => Promise.resolve().then(() => gate.broker().challenge()),
    releaseKeys: async (request) => gate.broker().releaseKeys(request),
    getEnvelopeEvidence: async (request) => gate.broker().envelopeEvidence(request),
    getKeyCommitments: async (request) => Promise.resolve().then(() => gate.broker().keyCommitments(request)),
    getNameKeyCommitment: async (request) => Promise.resolve().then(() => gate.broker().nameKeyCommitment(request)),
    getAuditHead: async () => Promise.resolve().then(() => gate.broker().auditHead()),
  });
}

/** What other replicas call: refused with BROKER_LOCKED by one that has no root itself. */
export function createReplicationService(gate: BrokerGate): ReturnType<typeof implement> {
  return implement(KeyBrokerReplication, { shareRoot: async (request) => gate.broker().shareRoot(request) });
}

/** What organisations call to unlock a broker. */
export function createUnlockService(gate: BrokerGate): ReturnType<typeof implement> {
  return implement(KeyBrokerUnlock, {
    getUnlockEvidence: (request) => gate.unlockEvidence(request),
    submitShare: (submission) => gate.submitShare(submission),
  });
}

type Service = ReturnType<typeof implement>;

/** Has each call of a service, all unary, judged by its peer first. @param limit throws RATE_LIMITED */
export function withCallLimit({ service, handlers }: Service, limit: (peer: string) => void): Service {
  const limited: Service['handlers'] = {};
  for (const [method, handler] of Object.entries(handlers)) {
    limited[method] = async (request, context) => {
      limit(context.peer);
      return await handler(request, context);
    };
  }
  return { service, handlers: limited };
}
