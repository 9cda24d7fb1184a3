import { createPublicKey, randomBytes, X509Certificate } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { attestRootBirth, createDevelopmentPlatform, createSimulatedAttester } from '@selvedge/attestation';
import { SUITE_NAMES } from '@selvedge/crypto';
import { createTestConsortium, type TestComputeNode, type TestConsortium, type TestConsortiumOptions } from '@selvedge/fixtures';
import type { FollowerPort } from '@selvedge/ledger-view';
import {
  BrokerStatementSchema,
  encodeMessage,
  EnvelopeEvidenceSchema,
  LedgerViewAnswerSchema,
  LedgerViewStatementSchema,
  policyRoot,
  signing,
  statementDigest,
  ValidationCode,
  type BrokerStatement,
  type EnvelopeEvidence,
  type ComputeQuorumSchema,
} from '@selvedge/protocol';
import { connect, type ConnectOptions, type Gateway } from '../gateway.js';
import type { NetworkPorts } from '../ports.js';
import { createFakePorts, embeddedCoresOf, type FakeHooks, type FakeLedger } from './fake-ports.js';

/** A network in memory whose peers really seal, sign and chain; hooks make single peers misbehave. */
export interface FakeNetwork {
  readonly consortium: TestConsortium;
  readonly ports: NetworkPorts;
  readonly hooks: FakeHooks;
  readonly ledger: FakeLedger;
  readonly nodes: TestComputeNode[];
  /** Of the key broker. */
  readonly brokerMeasurement: Uint8Array;
  /** Hop and peer of every call, in order. */
  readonly calls: string[];
  /** Changes the broker's next statements, before they are bound into evidence. */
  changeStatement: (statement: BrokerStatement) => void;
  /** Evidence for a nonce, as the genuine broker gives it. */
  evidence(nonce: Uint8Array): Promise<EnvelopeEvidence>;
  /** A gateway of AuroraMSP's client. */
  connect(options?: Partial<ConnectOptions>): Gateway;
}

/** @param options.computeNodes how many; default 2. @param options.floor quorum of the profile for simulated compute nodes. Of several nodes, the first two have one operator. */
export async function createFakeNetwork(options: TestConsortiumOptions & { readonly computeNodes?: number; readonly floor?: MessageInitShape<typeof ComputeQuorumSchema> } = {}): Promise<FakeNetwork> {
  const measurement = new Uint8Array(randomBytes(48));
  const consortium = await createTestConsortium({
    ...options,
    profile: { appraisalPolicies: [...(options.floor === undefined ? [] : [{ role: 'compute', teeType: 'simulated', measurements: [measurement], quorum: options.floor }]), { role: 'key-broker', teeType: 'simulated', measurements: [measurement] }], ...options.profile },
  });
  const nodes = await Promise.all(
    Array.from({ length: options.computeNodes ?? 2 }, (_unused, i) => consortium.issueComputeNode({ binding: { nodeId: `compute-${String(i + 1)}`, operatorMspId: i < 2 ? 'NorthMSP' : 'SouthMSP' } })),
  );
  const platform = createDevelopmentPlatform({ root: consortium.developmentRoot, name: 'broker platform', now: consortium.now });
  const attester = createSimulatedAttester({ ...platform, measurement });
  const signingKey = createPublicKey(new X509Certificate(consortium.broker.certificate).publicKey.export({ format: 'pem', type: 'spki' })).export({ format: 'der', type: 'spki' });

  const evidence = async (nonce: Uint8Array): Promise<EnvelopeEvidence> => {
    const statement = create(BrokerStatementSchema, {
      network: consortium.network,
      channel: consortium.channel,
      rootCertificate: consortium.broker.certificate,
      envelopeKeys: SUITE_NAMES.map((suite) => ({ suite, epoch: 1n, publicKey: consortium.envelopeKeys[suite].publicKey })),
      contracts: [{ contract: consortium.contract, epoch: 1n }],
    });
    network.changeStatement(statement);
    const statementBytes = encodeMessage(BrokerStatementSchema, statement);
    const ephemeralKey = new Uint8Array(randomBytes(65));
    const binding = { role: 'key-broker' as const, nonce, ephemeralKey, signingKey, profileDigest: consortium.profile.digest, statementDigest: statementDigest(statementBytes) };
    return create(EnvelopeEvidenceSchema, {
      evidence: await attester.createEvidence(binding),
      statement: statementBytes,
      profileDigest: consortium.profile.digest,
      ephemeralKey,
      rootBirth: await attestRootBirth(attester, { rootCertificate: consortium.broker.certificate, profileDigest: consortium.profile.digest }),
    });
  };

  const hooks: FakeHooks = {};
  const calls: string[] = [];
  const ledger: FakeLedger = { ordered: [], coresOf: embeddedCoresOf, blocks: [], fabricEvents: [], code: ValidationCode.VALID, height: 6n };
  const ports = createFakePorts({ consortium, nodes, hooks, calls, ledger, evidence: (nonce) => evidence(nonce), followers: () => followersOf(consortium, ledger) });
  const gateways: ConnectOptions = {
    connectionProfile: { network: consortium.network, channel: consortium.channel, signedProfile: 'unused', tls: 'off', keyBroker: 'unused', sequencer: 'unused', endorsers: [], businessNodes: [], computeNodes: [] },
    signedProfile: consortium.signedProfile,
    identity: consortium.organisation('AuroraMSP').client.signer,
    clock: () => consortium.now,
    // Requests find the nodes in one order.
    random: () => 0,
    ports,
  };
  const network: FakeNetwork = {
    consortium,
    ports,
    hooks,
    ledger,
    nodes,
    brokerMeasurement: measurement,
    calls,
    changeStatement: () => undefined,
    evidence,
    connect: (given = {}) => connect({ ...gateways, ...given }),
  };
  return network;
}

/** Followers of every business and endorsing organisation; their statements are signed by their peers. */
function followersOf(consortium: TestConsortium, ledger: FakeLedger): FollowerPort[] {
  return [...consortium.organisations.values()]
    .filter(({ mspId }) => mspId !== 'OrdererMSP')
    .map(({ mspId, peer }) => ({
      mspId,
      address: `follower of ${mspId}`,
      getLedgerView: ({ nonce }) => {
        const facts = consortium.state.factEntries();
        const statement = encodeMessage(LedgerViewStatementSchema, {
          network: consortium.network,
          channel: consortium.channel,
          height: ledger.height,
          blockHash: new Uint8Array(32),
          policyRoot: policyRoot(facts),
          nonce,
        });
        const signature = { identity: peer.signer.serialized, signature: peer.signer.sign(signing.ledgerView(statement)) };
        return Promise.resolve(create(LedgerViewAnswerSchema, { statement, signature, hasFacts: true, facts }));
      },
    }));
}
