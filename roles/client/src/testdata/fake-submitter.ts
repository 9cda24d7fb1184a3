import type { SubmitterMessage } from '@selvedge/protocol';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { SubmitterMessageSchema, SubmitterRequestSchema } from '@selvedge/protocol';
import { openSession } from '../open-session.js';
import type { SubmitterPort } from '../ports.js';
import { createSubmitter, type Submitter, type SubmitterPolicy } from '../submitter/submitter.js';
import type { FakeNetwork } from './fake-network.js';

/** A submitter that runs here, with what may be changed on its way to its clients. */
export interface FakeSubmitter {
  readonly port: SubmitterPort;
  readonly submitter: Submitter;
  /** Item counts of the batches that it has sent. */
  readonly batches: number[];
  /** Every message to it, whole. */
  readonly received: Uint8Array[];
  /** Holds what comes until so many are here, so that they travel together. */
  gather: (count: number) => void;
  /** undefined: the message is withheld. Throws: the stream breaks. */
  tamper: (message: SubmitterMessage, client: number) => SubmitterMessage | undefined;
}

export const LIMITS = { maxQueued: 100, maxQueuedBytes: 1e8, maxQueuedPerClient: 100 };

/** On the peers of a network in memory, as AuroraMSP's administrator: another identity than its clients'. */
export function createFakeSubmitter(network: FakeNetwork, policy: Partial<SubmitterPolicy> = {}): FakeSubmitter {
  const { consortium, ports } = network;
  const { session } = openSession({
    connectionProfile: { network: consortium.network, channel: consortium.channel, signedProfile: 'unused', tls: 'off', keyBroker: 'unused', sequencer: 'unused', endorsers: [], businessNodes: [], computeNodes: [] },
    signedProfile: consortium.signedProfile,
    identity: consortium.organisation('AuroraMSP').admin.signer,
    clock: () => consortium.now,
    random: () => 0,
    ports,
  });
  const batches: number[] = [];
  const received: Uint8Array[] = [];
  const submitter = createSubmitter(session, { limits: LIMITS, batching: () => ({ maxBatch: 8, maxBatchDelayMs: 20, maxInFlight: 1 }), onBatch: ({ items }) => batches.push(items), ...policy });
  let clients = 0;
  let awaited = 0;
  let waiting: (() => void)[] = [];
  const gathered = async (): Promise<void> => {
    if (awaited === 0) return;
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length < awaited) return;
      for (const go of waiting) go();
      [waiting, awaited] = [[], 0];
    });
  };
  const fake: FakeSubmitter = {
    submitter,
    batches,
    received,
    gather(count) {
      awaited = count;
    },
    tamper: (message) => message,
    port: {
      address: 'submitter',
      async *submit(contract, request, { signal = new AbortController().signal }) {
        const client = (clients += 1);
        received.push(request.header, request.ciphertext);
        await gathered();
        for await (const message of submitter.submit(create(SubmitterRequestSchema, { contract, request }), 'client', signal)) {
          // As on a wire: what one client gets is no other's object.
          const changed = fake.tamper(fromBinary(SubmitterMessageSchema, toBinary(SubmitterMessageSchema, message)), client);
          if (changed !== undefined) yield changed;
        }
      },
    },
  };
  return fake;
}
