import { createPublicKey, type KeyObject } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { verifyTeeCertificate } from '@selvedge/attestation';
import { suiteByName, type KemKeyPair, type Suite } from '@selvedge/crypto';
import type { Signer } from '@selvedge/identity';
import type { LedgerView } from '@selvedge/ledger-view';
import { withRevocationLists, type FactReader, type Profile, type KeyHolder } from '@selvedge/policy';
import { NodeEvidenceSchema, policyRoot, type ContractPolicy } from '@selvedge/protocol';
import { createHeldKeys, type HeldKeys } from '../domain/held-keys.js';

/** The parts of a test network that a node in a TEE needs (the shape of the fixtures' consortium). */
export interface NetworkParts {
  readonly network: string;
  readonly channel: string;
  readonly contract: string;
  readonly now: Date;
  readonly profile: Profile;
  readonly broker: { readonly certificate: Uint8Array };
  readonly envelopeKeys: Readonly<Record<string, KemKeyPair>>;
  readonly contractKeys: Readonly<Record<'dataKey' | 'nameKey' | 'randomKey' | 'gateKey' | 'eventKey', Uint8Array>>;
  readonly contractPolicy: ContractPolicy;
  organisation(mspId: string): { readonly peer: { readonly signer: Signer } };
  readonly state: FactReader & { readonly height: bigint; factEntries(): { key: string; value: Uint8Array }[] };
}

/** A certified signing key (the shape of the fixtures' compute node). */
export interface CertifiedNode {
  readonly nodeId: string;
  readonly suite: Suite;
  readonly certificate: Uint8Array;
  readonly privateKey: KeyObject;
  /** As key access rules see it. */
  readonly self: KeyHolder;
}

/** The view of the network's own state. */
export function viewOf(net: NetworkParts, change: Partial<LedgerView> = {}): LedgerView {
  const facts = net.state.factEntries();
  return {
    height: net.state.height,
    policyRoot: policyRoot(facts),
    profile: withRevocationLists(net.profile, net.state),
    supporters: ['EastMSP', 'NorthMSP', 'SouthMSP'],
    ageMs: () => 0,
    keys: (prefix) => facts.map(({ key }) => key).filter((key) => key.startsWith(prefix)),
    fact: (key) => net.state.fact(key),
    ...change,
  };
}

/** Another contract of the network (the shape of the fixtures' contract). */
export interface OtherContract {
  readonly policy: ContractPolicy;
  readonly keys: NetworkParts['contractKeys'];
}

/** Keys as the broker would have released them. */
export function heldKeysOf(net: NetworkParts, node: CertifiedNode, epochs: readonly bigint[] = [1n], others: readonly OtherContract[] = [], laterNames: readonly { readonly epoch: bigint; readonly nameKey: Uint8Array }[] = []): HeldKeys {
  const publicKey = createPublicKey(node.privateKey);
  return createHeldKeys([
    {
      suite: node.suite,
      signingKeys: { publicKey, privateKey: node.privateKey, publicKeyDer: publicKey.export({ format: 'der', type: 'spki' }) },
      evidence: create(NodeEvidenceSchema),
      release: {
        certificate: verifyTeeCertificate(node.certificate, net.broker.certificate),
        envelopeKeys: Object.entries(net.envelopeKeys).map(([suite, pair]) => ({ $typeName: 'selvedge.v1.EnvelopeKey', suite: suiteByName(suite).name, epoch: 1n, ...pair })),
        contracts: [{ policy: net.contractPolicy, keys: net.contractKeys }, ...others].map(({ policy, keys: { nameKey, ...keys } }) => ({
          $typeName: 'selvedge.v1.ContractKeys',
          contract: policy.name,
          suite: policy.suite,
          nameKey,
          laterNameKeys: laterNames.map((later) => ({ $typeName: 'selvedge.v1.EpochNameKey' as const, ...later })),
          epochs: epochs.map((epoch) => ({ $typeName: 'selvedge.v1.EpochKeys', epoch, ...keys })),
        })),
      },
    },
  ]);
}
