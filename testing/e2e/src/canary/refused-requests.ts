import { clone, create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { loadTls, type Contract } from '@selvedge/client';
import type { SuiteName } from '@selvedge/crypto';
import { refusalFromWire } from '@selvedge/errors';
import { createDevCa, createSigner, type Signer } from '@selvedge/identity';
import {
  Business,
  BusinessLedger,
  Compute,
  Endorser,
  KeyBroker,
  LIMITS,
  parseMessage,
  RequestHeaderSchema,
  ResponseSchema,
  SealedRequestSchema,
  TargetDataSchema,
  type RequestHeader,
  type SealedRequest,
  type SealedResponse,
} from '@selvedge/protocol';
import { connectRpc, type RpcConnection } from '@selvedge/rpc';
import { createSenderContext, openResponse, requestDigest, sealRequest } from '@selvedge/sealed-objects';
import type { KeyMaterial } from './key-material.js';
import type { ObservedNetwork } from './observed-network.js';
import type { Marker } from './search.js';
import type { Secrets } from './secrets.js';
import { contractOf, createRecorder, type Outcomes } from './workload.js';

/** Requests that peers refuse, each made of a genuine one that holds secrets. The marker is a key of such a request. */
export async function runRefusedRequests(observed: ObservedNetwork, secrets: Secrets, keys: KeyMaterial): Promise<{ outcomes: Outcomes; marker: Marker }> {
  const { network } = observed;
  const profile = network.connectionProfile();
  const { step, outcomes } = createRecorder();
  const aurora = await network.connect('AuroraMSP');
  const contract = contractOf(observed, aurora);
  const connections = new Map<string, RpcConnection>();
  const dial = (address: string | undefined): RpcConnection => {
    if (address === undefined) throw new Error('no such node');
    const connection = connections.get(address) ?? connectRpc(address, { tls: loadTls(profile) });
    connections.set(address, connection);
    return connection;
  };
  const businessNode = (mspId: string): RpcConnection => dial(profile.businessNodes.find((node) => node.mspId === mspId)?.address);
  const compute = dial(profile.computeNodes[0]?.address).client(Compute);
  const genuine = fromBinary(SealedRequestSchema, await proposalOf(contract, secrets).getBytes());
  const withHeader = (change: Partial<RequestHeader>): SealedRequest => {
    const header = { ...fromBinary(RequestHeaderSchema, genuine.header), ...change };
    return create(SealedRequestSchema, { ...genuine, header: toBinary(RequestHeaderSchema, header) });
  };
  const own = sealGarbage(genuine, keys, secrets);
  try {
    await step('wrong version', () => compute.execute(withHeader({ version: 9 })));
    await step('wrong network', () => compute.execute(withHeader({ network: 'elsewhere' })));
    await step('wrong channel', () => compute.execute(withHeader({ channel: 'elsewhere' })));
    await step('wrong suite', () => compute.execute(withHeader({ suite: 'none' })));
    await step('wrong envelope epoch', () => compute.execute(withHeader({ envelopeEpoch: 99n })));
    await step('other header', () => compute.execute(withHeader({ txId: new Uint8Array(32) })));
    await step('changed ciphertext', () => compute.execute(create(SealedRequestSchema, { ...genuine, ciphertext: flipped(genuine.ciphertext) })));
    await step('truncated ciphertext', () => compute.execute(create(SealedRequestSchema, { ...genuine, ciphertext: genuine.ciphertext.subarray(0, 20) })));
    await step('malformed body', async () => {
      throw own.refusalIn(await compute.execute(own.sealed));
    });
    // What is refused or fails after authentication is answered under the response key: to a stranger it looks like a success.
    await step('unknown collection, as it travels', async () => compute.execute(await sealedOf(contract, 'Get', [secrets.collectionName, secrets.key])));
    await step('failure, as it travels', async () => compute.execute(await sealedOf(contract, 'Put', [secrets.errorText])));
    await step('signature of another', async () => {
      const [named, signing] = [await network.identity('AuroraMSP'), await network.identity('BorealisMSP')];
      await callAs(observed, { ...named, sign: (message) => signing.sign(message) }, secrets);
    });
    await step('identity of another authority', async () => {
      await callAs(observed, await outsider('AuroraMSP'), secrets);
    });
    const executed = await proposalOf(contract, secrets).execute();
    const forged = clone(TargetDataSchema, executed.targetData);
    for (const signature of forged.attachments?.teeSignatures ?? []) signature.signature = flipped(signature.signature);
    await step('forged TEE signature', () => dial(profile.endorsers[0]?.address).client(Endorser).endorse({ targetData: forged }));
    await step('malformed target data', () => dial(profile.endorsers[0]?.address).client(Endorser).endorse({ targetData: { cores: [Uint8Array.of(1, 2, 3)] } }));
    const endorsed = await executed.endorse();
    await step('stage at another owner', () => businessNode('BorealisMSP').client(BusinessLedger).stage({ transaction: endorsed.message, packets: endorsed.packetsOf('AuroraMSP') }));
    await step('stage without packets', () => businessNode('AuroraMSP').client(BusinessLedger).stage({ transaction: endorsed.message, packets: [] }));
    await step('unsigned state query', () => businessNode('AuroraMSP').client(Business).queryState({ query: Uint8Array.of(1, 2, 3) }));
    await step('key request to no challenge', () => dial(profile.keyBroker).client(KeyBroker).releaseKeys({}));
  } finally {
    aurora.close();
    for (const connection of connections.values()) connection.close();
  }
  return { outcomes, marker: { name: 'transactionKey', content: own.transactionKey } };
}

/** How the refused requests must end. */
export const EXPECTED_REFUSALS: Readonly<Record<string, string>> = {
  'wrong version': 'UNSUPPORTED_VERSION',
  'wrong network': 'WRONG_NETWORK',
  'wrong channel': 'WRONG_CHANNEL',
  'wrong suite': 'UNKNOWN_SUITE',
  'wrong envelope epoch': 'ENVELOPE_EPOCH_UNKNOWN',
  'other header': 'DECRYPT_FAILED',
  'changed ciphertext': 'DECRYPT_FAILED',
  'truncated ciphertext': 'DECRYPT_FAILED',
  'malformed body': 'MALFORMED_MESSAGE',
  'unknown collection, as it travels': 'ok',
  'failure, as it travels': 'ok',
  'signature of another': 'SIGNATURE_INVALID',
  'identity of another authority': 'IDENTITY_UNTRUSTED',
  'forged TEE signature': 'TEE_SIGNATURE_INVALID',
  'malformed target data': 'MALFORMED_MESSAGE',
  'stage at another owner': 'NOT_DECLARED_HERE',
  'stage without packets': 'PACKET_MISMATCH',
  'unsigned state query': 'TEE_CERTIFICATE_INVALID',
  'key request to no challenge': 'CHALLENGE_UNKNOWN',
};

function proposalOf(contract: Contract, { key, value, transientName, transientValue }: Secrets): ReturnType<Contract['newProposal']> {
  return contract.newProposal('Put', { arguments: ['secrets', `${key}-refused`, value], transientData: { [transientName]: transientValue } });
}

/** A genuine sealed submit. */
export async function sealedOf(contract: Contract, name: string, args: readonly string[]): Promise<SealedRequest> {
  return fromBinary(SealedRequestSchema, await contract.newProposal(name, { arguments: args }).getBytes());
}

/** A request under a transaction key that the test knows, whose content is no request. */
function sealGarbage(genuine: SealedRequest, keys: KeyMaterial, { argument }: Secrets): { sealed: SealedRequest; transactionKey: Uint8Array; refusalIn(answer: SealedResponse): Error } {
  const { network, channel, suite, envelopeEpoch, txId } = fromBinary(RequestHeaderSchema, genuine.header);
  const signedRequest = Buffer.from(argument);
  const { sealed, transactionKey, headerBytes } = sealRequest({ context: createSenderContext({ suite, envelopeKey: { epoch: envelopeEpoch, publicKey: keys.envelopeKey(suite as SuiteName).publicKey }, network, channel }), txId, signedRequest });
  const digest = requestDigest(suite, transactionKey, signedRequest);
  return {
    sealed,
    transactionKey,
    refusalIn({ nodeId, salt, ciphertext }) {
      const opened = openResponse({ suite, transactionKey, headerBytes, nodeId, requestDigest: digest, coreDigest: new Uint8Array(0), salt, ciphertext });
      const { refusal } = parseMessage(ResponseSchema, opened, LIMITS.maxMessageBytes);
      return refusal === undefined ? new Error('not refused') : refusalFromWire(refusal);
    },
  };
}

async function callAs(observed: ObservedNetwork, identity: Signer, { key }: Secrets): Promise<void> {
  const gateway = await observed.network.connect('AuroraMSP', { identity });
  try {
    await contractOf(observed, gateway).evaluateTransaction('Get', 'secrets', key);
  } finally {
    gateway.close();
  }
}

async function outsider(mspId: string): Promise<Signer> {
  const ca = await createDevCa(mspId);
  return createSigner({ mspId, ...(await ca.issue({ commonName: 'Mallory', role: 'client' })) });
}

function flipped(bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  return changed;
}
