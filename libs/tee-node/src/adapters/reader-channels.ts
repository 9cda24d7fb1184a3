import { createReaderEvidence, type Attester } from '@selvedge/attestation';
import { equalBytes, suiteByName } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { requireLength, signing, StorageMode, type ContractPolicy } from '@selvedge/protocol';
import { openReaderChannel, type ReaderChannel } from '@selvedge/sealed-objects';
import { verifyFollowerSignature } from '../domain/follower-signature.js';
import type { BusinessPort, ReadScope } from '../ports.js';

/** A channel that a business node has opened to this node. */
export interface OpenedChannel {
  /** 16 bytes: names it in queries. */
  readonly id: Uint8Array;
  readonly channel: Pick<ReaderChannel, 'open'>;
}

/** Channels to the business nodes that keep datasets in plaintext: one for each node and certificate. */
export interface ReaderChannels {
  /** Proves this node to the business node where there is none yet. Throws what the node refuses, and SIGNATURE_INVALID or IDENTITY_* where it is not the organisation's. */
  channel(node: BusinessPort, scope: Pick<ReadScope, 'signer' | 'profile'>, timeoutMs: number): Promise<OpenedChannel>;
  /** The node does not know this channel any more; one that was opened since stays. */
  forget(node: BusinessPort, scope: Pick<ReadScope, 'signer'>, refused: OpenedChannel): void;
}

interface KeptChannel {
  readonly certificate: Uint8Array;
  readonly opened: Promise<OpenedChannel>;
  /** Once it is. */
  known?: OpenedChannel;
}

const CHANNEL_ID_BYTES = 16;

/** Opens channels with this TEE's own evidence. */
export function createReaderChannels({ attester, network, channel }: { readonly attester: Attester; readonly network: string; readonly channel: string }): ReaderChannels {
  // By node and suite: a renewed certificate takes the place of the one before it.
  const kept = new Map<string, KeptChannel>();
  const idOf = ({ address }: BusinessPort, { signer }: Pick<ReadScope, 'signer'>): string => `${address} ${signer.suite}`;

  const open = async (node: BusinessPort, { signer, profile }: Pick<ReadScope, 'signer' | 'profile'>, timeoutMs: number): Promise<OpenedChannel> => {
    const { nonce } = await node.challengeReader(timeoutMs);
    const ephemeral = suiteByName(signer.suite).generateKemKeyPair();
    const evidence = await createReaderEvidence(attester, {
      nonce,
      ephemeralKey: ephemeral.publicKey,
      signingKey: signer.publicKeyDer,
      certificate: signer.certificate,
      profileDigest: profile.digest,
      recipient: node.mspId,
    });
    const { channelId, enc, signature } = await node.admitReader(evidence, timeoutMs);
    requireLength('channel_id', channelId, CHANNEL_ID_BYTES);
    verifyFollowerSignature(signature, signing.readerAdmission(nonce, ephemeral.publicKey, channelId, enc), { mspId: node.mspId, profile });
    return { id: channelId, channel: openReaderChannel({ suite: signer.suite, network, channel, mspId: node.mspId, nonce }, ephemeral, enc) };
  };

  return {
    async channel(node, scope, timeoutMs) {
      const id = idOf(node, scope);
      const known = kept.get(id);
      if (known !== undefined && equalBytes(known.certificate, scope.signer.certificate)) return known.opened;
      const opened = open(node, scope, timeoutMs);
      const entry: KeptChannel = { certificate: scope.signer.certificate, opened };
      kept.set(id, entry);
      try {
        return (entry.known = await opened);
      } catch (error) {
        if (kept.get(id) === entry) kept.delete(id);
        throw error instanceof SelvedgeError ? error : new SelvedgeError('READER_UNATTESTED', 'this node could not prove itself to the business node', { cause: error });
      }
    },
    forget(node, scope, refused) {
      const id = idOf(node, scope);
      if (kept.get(id)?.known === refused) kept.delete(id);
    },
  };
}

/** Datasets of a contract that their owners keep in plaintext. */
export function plaintextDatasets({ datasets }: ContractPolicy): ReadonlySet<string> {
  return new Set(datasets.filter(({ mode }) => mode === StorageMode.PLAINTEXT).map(({ name }) => name));
}
