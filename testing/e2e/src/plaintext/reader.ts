import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createKeyRequest, createReaderEvidence, createSimulatedAttester, openKeyRelease, type Attester } from '@selvedge/attestation';
import { loadTls } from '@selvedge/client';
import { fromHex, suiteByName } from '@selvedge/crypto';
import { layoutOf, type DevNetwork } from '@selvedge/dev-network';
import { verifySignedProfile, type FactReader } from '@selvedge/policy';
import { Business, encodeMessage, KeyBroker, parseMessage, signing, StateAnswerSchema, StateQuerySchema, type StateAnswer } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';
import { openReaderChannel } from '@selvedge/sealed-objects';

/** A compute node that the key broker has certified, as far as reading goes. */
export interface TestReader {
  /** Asks for all entries of the world state in the clear. */
  readInTheClear(): Promise<StateAnswer>;
  /** Proves itself to the business node. @param measurement of the evidence; default: the approved one */
  prove(change?: { readonly measurement?: Uint8Array; readonly nonce?: Uint8Array; readonly recipient?: string }): Promise<void>;
  /** The nonce of the last attempt. */
  readonly lastNonce: Uint8Array;
  /** Asks for all entries of the world state through the channel that it was given last, and opens the answer. */
  read(): Promise<StateAnswer>;
  close(): void;
}

const TIMEOUT_MS = 10_000;

/** Has a node of that id certified, with the evidence that its operator's machine makes for it. */
export async function createTestReader({ network, ledger, nodeId, contract, ownerSet }: { readonly network: DevNetwork; readonly ledger: FactReader; readonly nodeId: string; readonly contract: string; readonly ownerSet: string }): Promise<TestReader> {
  const layout = layoutOf(network.directory);
  const profile = verifySignedProfile(network.signedProfile);
  const { channel, network: name } = profile.message;
  const connectionProfile = network.connectionProfile();
  const tls = loadTls(connectionProfile);
  const platform = layout.platformDirectory('key-broker');
  const { measurements } = JSON.parse(readFileSync(layout.settingsFile, 'utf8')) as { measurements: { compute: string } };
  const attesterOf = (measurement: Uint8Array): Attester =>
    createSimulatedAttester({ platformKeyPem: readFileSync(path.join(platform, 'key.pem'), 'utf8'), platformCertificatePem: readFileSync(path.join(platform, 'cert.pem'), 'utf8'), measurement });
  const [suiteName = ''] = profile.message.allowedSuites;
  const suite = suiteByName(suiteName);
  const signingKeys = suite.generateSigningKeyPair();
  const brokerConnection = connectRpc(connectionProfile.keyBroker, { tls });
  const broker = brokerConnection.client(KeyBroker);
  const challenge = await broker.challenge({}, { timeoutMs: TIMEOUT_MS });
  const pending = await createKeyRequest({ attester: attesterOf(fromHex(measurements.compute)), suite: suiteName, nodeId, operator: await network.identity('NorthMSP', 'peer0'), challenge, profile, signingKeys });
  const { certificate } = openKeyRelease({ release: await broker.releaseKeys(pending.request, { timeoutMs: TIMEOUT_MS }), pending, profile, ledger, at: new Date() });
  brokerConnection.close();

  const connection = connectRpc(network.node('business-aurora').address, { tls });
  const business = connection.client(Business);
  let opened: { readonly id: Uint8Array; readonly channel: ReturnType<typeof openReaderChannel> } | undefined;
  let lastNonce = new Uint8Array(0);
  const queryOf = (readerChannel: Uint8Array): Uint8Array =>
    encodeMessage(StateQuerySchema, { network: name, channel, contract, recipient: 'AuroraMSP', nonce: randomBytes(16), readerChannel, sets: [{ ownerSet, dataset: '' }] });
  const ask = (query: Uint8Array): Promise<StateAnswer> =>
    business.queryState({ query, certificate: certificate.der, signature: suite.sign(signingKeys.privateKey, signing.stateQuery(query)) }, { timeoutMs: TIMEOUT_MS });
  return {
    readInTheClear: () => ask(queryOf(new Uint8Array(0))),
    get lastNonce() {
      return lastNonce;
    },
    async prove({ measurement = fromHex(measurements.compute), nonce, recipient = 'AuroraMSP' } = {}) {
      const ephemeral = suite.generateKemKeyPair();
      const given = nonce ?? (await business.challengeReader({}, { timeoutMs: TIMEOUT_MS })).nonce;
      lastNonce = Uint8Array.from(given);
      const evidence = await createReaderEvidence(attesterOf(measurement), { nonce: given, ephemeralKey: ephemeral.publicKey, signingKey: signingKeys.publicKeyDer, certificate: certificate.der, profileDigest: profile.digest, recipient });
      const { channelId, enc } = await business.admitReader(evidence, { timeoutMs: TIMEOUT_MS });
      opened = { id: channelId, channel: openReaderChannel({ suite: suiteName, network: name, channel, mspId: 'AuroraMSP', nonce: given }, ephemeral, enc) };
    },
    async read() {
      if (opened === undefined) throw new Error('the reader was not admitted');
      const query = queryOf(opened.id);
      const { sealed } = await ask(query);
      if (sealed === undefined) throw new Error('the answer came in the clear');
      return parseMessage(StateAnswerSchema, opened.channel.open(query, sealed), 16 * 1024 * 1024);
    },
    close() {
      connection.close();
    },
  };
}
