import { KeyBroker as KeyBrokerService } from '@selvedge/protocol';
import { implement } from '@selvedge/rpc';
import type { KeyBroker } from '../key-broker.js';

/** The key broker on gRPC. */
export function createKeyBrokerService(broker: KeyBroker): ReturnType<typeof implement> {
  return implement(KeyBrokerService, {
    challenge: async () => Promise.resolve(broker.challenge()),
    releaseKeys: (request) => broker.releaseKeys(request),
    getEnvelopeEvidence: (request) => broker.envelopeEvidence(request),
    getKeyCommitments: async (request) => Promise.resolve(broker.keyCommitments(request)),
  });
}
