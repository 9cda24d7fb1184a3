import { create, fromBinary } from '@bufbuild/protobuf';
import { toHex } from '@selvedge/crypto';
import { createFollowerHandlers } from '@selvedge/embedded-ledger';
import { SelvedgeError } from '@selvedge/errors';
import { createOwnerKeys, type Profile } from '@selvedge/policy';
import { Business as BusinessService, BusinessLedger as BusinessLedgerService, Follower as FollowerService, OwnerKeysSchema, ReaderChallengeSchema } from '@selvedge/protocol';
import { implement, startRpcServer, type RpcObserver } from '@selvedge/rpc';
import { createAdmission } from '../admission.js';
import { answerBatchCommitStatus } from '../batch-commit-status.js';
import { answerCommitStatus } from '../commit-status.js';
import { verifyNodeIdentity } from '../domain/verify-node-identity.js';
import { createQueryAnswerer } from '../answer-query.js';
import { openPlaintextStore, type PlaintextPlace } from '../plaintext/open-plaintext-store.js';
import { openOwnerKeyPairs } from '../plaintext/owner-key-pairs.js';
import { createPlaintextReaders, type ReaderContext } from '../plaintext/readers.js';
import { openEmbeddedLedger } from './open-embedded-ledger.js';
import { openFabricLedger, type FabricLedgerOptions } from './open-fabric-ledger.js';
import type { LedgerContext, OpenLedger } from './open-ledger.js';

/** Which ledger a node follows, and where it is reached. */
export type FollowedLedger = { readonly kind: 'embedded'; readonly sequencer: string } | ({ readonly kind: 'fabric' } & FabricLedgerOptions);

export interface BusinessNodeOptions extends Omit<LedgerContext, 'keeping'> {
  /** Where datasets in plaintext mode are kept, and the file of the seed of the keys that their copies are sealed to. */
  readonly plaintext: { readonly place: PlaintextPlace; readonly keyFile: string };
  /** host:port; port 0 lets the system choose. */
  readonly listen: string;
  readonly ledger: FollowedLedger;
  /** A later profile that lists this organisation, where the trust anchor does not; for the check of the own identity alone. */
  readonly identityProfile?: Profile | undefined;
  /** State queries, those of plaintext datasets, stage requests and questions about batches at once, each; default 512. */
  readonly maxInFlight?: number | undefined;
  /** Told of every call, for metrics. */
  readonly onCall?: RpcObserver | undefined;
}

/** A listening business node. */
export interface BusinessNode {
  /** With the real port. */
  readonly address: string;
  /** The ledger as it follows it. */
  readonly follower: Pick<OpenLedger['follower'], 'state' | 'failure'>;
  close(): Promise<void>;
}

const DEFAULT_MAX_IN_FLIGHT = 512;

/** OwnerKeys bytes of all suites that the profile allows. */
function ownerKeysOf({ message }: Profile, { signer, keeping: { keyPairs } }: Pick<LedgerContext, 'signer' | 'keeping'>): Uint8Array {
  const { network, channel, allowedSuites } = message;
  return createOwnerKeys(signer, { network, channel, keys: allowedSuites.map((suite) => ({ suite, publicKey: keyPairs.keyPair(suite).publicKey })) });
}

/** Opens the store, follows the ledger and serves Business, BusinessLedger and Follower. Throws what opening, binding or a wrong identity throws. */
export async function startBusinessNode(options: BusinessNodeOptions): Promise<BusinessNode> {
  verifyNodeIdentity(options.signer, options.identityProfile ?? options.profile, options.now());
  const { ledger, profile, signer, plaintext: { place, keyFile } } = options;
  const keeping = { keyPairs: openOwnerKeyPairs(keyFile), plaintext: await openPlaintextStore({ channel: profile.message.channel, node: signer.mspId, ledger: toHex(profile.digest), place }) };
  try {
    const context = { ...options, keeping };
    const node = await serveBusiness(ledger.kind === 'embedded' ? openEmbeddedLedger(ledger, context) : openFabricLedger(ledger, context), context);
    let closed: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      await node.close();
      await keeping.plaintext.close();
    };
    return { address: node.address, follower: node.follower, close: () => (closed ??= close()) };
  } catch (error) {
    await keeping.plaintext.close();
    throw error;
  }
}

/** Serves an opened ledger, which the node closes. */
export async function serveBusiness(ledger: OpenLedger, options: LedgerContext & Pick<BusinessNodeOptions, 'listen' | 'maxInFlight' | 'onCall'>): Promise<BusinessNode> {
  const { signer, checkpoint, log, now, maxInFlight = DEFAULT_MAX_IN_FLIGHT } = options;
  const { follower, packets, history } = ledger;
  const requireLedger = (): void => {
    if (follower.state.height === 0n) throw new SelvedgeError('NOT_READY', 'the business node has not received the ledger yet');
  };
  const queries = createAdmission(maxInFlight);
  const plaintextQueries = createAdmission(maxInFlight);
  const stagings = createAdmission(maxInFlight);
  const batches = createAdmission(maxInFlight);
  const { keeping } = options;
  const readers = createPlaintextReaders({ signer });
  const readerContext = (): ReaderContext => ({ facts: follower.state, profile: follower.profile(), at: now() });
  const answer = createQueryAnswerer({ ledger: follower, packets, history, mspId: signer.mspId, now, readers, plaintext: { ...ledger.plaintext, store: keeping.plaintext }, legacy: ledger.legacy });
  const business = implement(BusinessService, {
    queryState: async (signed) => {
      const found = await queries.run(() => {
        requireLedger();
        return answer(signed);
      });
      // A database that hangs keeps no reads of packets waiting.
      return typeof found === 'function' ? plaintextQueries.run(found) : found;
    },
    challengeReader: () => Promise.resolve(create(ReaderChallengeSchema, { nonce: readers.challenge() })),
    admitReader: (evidence) =>
      queries.run(() => {
        requireLedger();
        return readers.admit(evidence, readerContext());
      }),
    getOwnerKeys: () => Promise.resolve(fromBinary(OwnerKeysSchema, ownerKeysOf(follower.profile(), options))),
  });
  const businessLedger = implement(BusinessLedgerService, {
    stage: (request) =>
      stagings.run(() => {
        requireLedger();
        return ledger.stage(request);
      }),
    commitStatus: (request, { signal }) => answerCommitStatus(request, follower, signal, checkpoint),
    batchCommitStatus: (request, { signal }) => batches.run(() => answerBatchCommitStatus(request, { follower, carrierRefusal: ledger.carrierRefusal }, signal, checkpoint)),
  });
  try {
    const services = [business, businessLedger, implement(FollowerService, createFollowerHandlers({ follower, signer }))];
    const server = await startRpcServer({ role: 'business', address: options.listen, tls: options.tls, services, log, onCall: options.onCall });
    ledger.start();
    return {
      address: server.address,
      follower,
      close: async () => {
        await server.close();
        await ledger.close();
      },
    };
  } catch (error) {
    await ledger.close();
    throw error;
  }
}
