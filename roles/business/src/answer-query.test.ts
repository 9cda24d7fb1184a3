import { X509Certificate } from 'node:crypto';
import { createDevelopmentPlatform, createReaderEvidence, createSimulatedAttester, simulatedPlatformId, type Attester } from '@selvedge/attestation';
import { equalBytes, sha256, suiteByName, toHex } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import type { StateReader } from '@selvedge/embedded-ledger';
import { createTestConsortium, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { facts } from '@selvedge/policy';
import { create } from '@bufbuild/protobuf';
import { parseMessage, PointReadSchema, SetReadSchema, signing, StateAnswerSchema, StorageMode, type SignedStateQuery, type StateAnswer, type StateQuery } from '@selvedge/protocol';
import { openReaderChannel, resealPacket, sealPacket, type ReaderChannel } from '@selvedge/sealed-objects';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createQueryAnswerer } from './answer-query.js';
import type { PlaintextEntry } from './plaintext/plaintext-store.js';
import { isPlaintextDataset } from './plaintext/snapshot.js';
import { createPlaintextReaders, type PlaintextReaders } from './plaintext/readers.js';

const MEASUREMENT = new Uint8Array(48).fill(5);
const suite = suiteByName('P256-AES256GCM-SHA256');
let consortium: TestConsortium;
let compute: TestComputeNode;
let attester: Attester;
let platformId: Uint8Array;
let readers: PlaintextReaders;
let packets: Map<string, Uint8Array>;
let stored: Map<string, PlaintextEntry>;
let unopened: string[];
let reached: bigint[];
let whileReached: () => void;
let legacy: Map<string, Uint8Array>;
let onProgress: () => void;
beforeAll(async () => {
  consortium = await createTestConsortium({ profile: { appraisalPolicies: [{ role: 'compute', teeType: 'simulated', measurements: [MEASUREMENT] }] } });
  const platform = createDevelopmentPlatform({ root: consortium.developmentRoot, name: 'platform', now: consortium.now });
  platformId = simulatedPlatformId(new X509Certificate(platform.platformCertificatePem).publicKey.export({ format: 'der', type: 'spki' }));
  attester = createSimulatedAttester({ ...platform, measurement: MEASUREMENT });
  compute = await consortium.issueComputeNode({ binding: { nodeId: 'compute-1', platformId, measurement: MEASUREMENT } });
});
beforeEach(() => {
  consortium.restore();
  consortium.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses', mode: StorageMode.PLAINTEXT }, { name: 'packed', ownerSet: 'houses' }, { name: 'old', ownerSet: 'houses', takesOver: true }] });
  legacyHashes.clear();
  readers = createPlaintextReaders({ signer: consortium.organisation('AuroraMSP').peer.signer });
  packets = new Map();
  stored = new Map();
  unopened = [];
  reached = [];
  whileReached = () => undefined;
  legacy = new Map();
  onProgress = () => undefined;
});

const labelOf = (dataset: string, ledgerKey: Uint8Array): string => `${dataset}/${toHex(ledgerKey)}`;
function put(key: string, value: string, dataset = ''): Uint8Array {
  const { names, dataKey } = consortium.contractKeys;
  const ledgerKey = names.ledgerKey(dataset, key);
  const header = { keyEpoch: 1n, channel: consortium.channel, contract: consortium.contract, dataset, datasetTag: names.datasetTag(dataset, ''), ledgerKey, txId: new Uint8Array(32), readSetDigest: new Uint8Array(32) };
  const { bytes, hash } = sealPacket({ suite: suite.name, dataKey, header, key, value: Buffer.from(value) });
  packets.set(labelOf(dataset, ledgerKey), bytes);
  stored.set(labelOf(dataset, ledgerKey), { key, value: Buffer.from(value), packetHeader: new Uint8Array(0), packetHash: hash, txId: '', blockNumber: 0n });
  consortium.state.setVersion(consortium.contract, 'houses', dataset, ledgerKey, hash);
  return ledgerKey;
}
/** What the ledger has of the old collection, by key hash. */
const legacyHashes = new Map<string, Uint8Array>();
const stateOf = (): TestConsortium['state'] & Pick<StateReader, 'legacyHash'> => Object.assign(Object.create(consortium.state) as TestConsortium['state'], { legacyHash: (contract: string, collection: string, keyHash: Uint8Array) => (contract === consortium.contract && collection === 'old' ? legacyHashes.get(toHex(keyHash)) : undefined) });
const answer = async (signed: SignedStateQuery): Promise<StateAnswer> => {
  const found = createQueryAnswerer({
    legacy: {
      value: ({ collection, keyHash }) => (collection === 'old' ? legacy.get(toHex(keyHash)) : undefined),
      progress: () => {
        onProgress();
        return new Promise((resolve) => setTimeout(resolve, 5));
      },
    },
    ledger: { state: stateOf(), profile: () => consortium.profile },
    packets: {
      packet: ({ dataset }, ledgerKey) => packets.get(labelOf(dataset, ledgerKey)),
      ledgerKeys: ({ dataset }) => [...packets.keys()].filter((id) => id.startsWith(`${dataset}/`)).map((id) => Buffer.from(id.split('/')[1]!, 'hex')).sort((a, b) => Buffer.compare(a, b)),
    },
    history: { isKept: true, version: () => undefined },
    mspId: 'AuroraMSP',
    now: () => consortium.now,
    readers,
    plaintext: {
      isPlaintext: (place) => isPlaintextDataset(consortium.state, place),
      feed: {
        wake: () => undefined,
        reach: (block) => {
          reached.push(block);
          whileReached();
          return Promise.resolve();
        },
      },
      verifyCopy: (packet) => {
        if (unopened.includes(toHex(sha256(packet)))) throw new SelvedgeError('PLAINTEXT_COPY_INVALID', 'a copy does not open');
      },
      store: { get: (_contract, dataset, ledgerKey) => Promise.resolve(stored.get(labelOf(dataset, ledgerKey))) },
    },
  })(signed);
  return typeof found === 'function' ? found() : found;
};

const signed = (query: Partial<StateQuery>, by = compute): SignedStateQuery =>
  ({ $typeName: 'selvedge.v1.SignedStateQuery', ...by.signStateQuery({ contract: consortium.contract, recipient: 'AuroraMSP', ...query }) });
const pointAt = (ledgerKey: Uint8Array, dataset = '') => ({ points: [create(PointReadSchema, { ownerSet: 'houses', dataset, ledgerKey })] });
const whole = (dataset = '') => ({ sets: [create(SetReadSchema, { ownerSet: 'houses', dataset })] });

interface Admitted {
  readonly id: Uint8Array;
  readonly channel: Pick<ReaderChannel, 'open'>;
}
async function admit(by = compute): Promise<Admitted> {
  const nonce = readers.challenge();
  const ephemeral = suite.generateKemKeyPair();
  const publicKey = suite.importPublicKey(new X509Certificate(by.certificate).publicKey.export({ format: 'der', type: 'spki' })).export({ format: 'der', type: 'spki' });
  const evidence = await createReaderEvidence(attester, { nonce, ephemeralKey: ephemeral.publicKey, signingKey: publicKey, certificate: by.certificate, profileDigest: consortium.profile.digest, recipient: 'AuroraMSP' });
  const { channelId, enc, signature } = readers.admit(evidence, { facts: consortium.state, profile: consortium.profile, at: consortium.now });
  const signedBy = consortium.profile.msps.verifySignature(signature!, signing.readerAdmission(nonce, ephemeral.publicKey, channelId, enc), { role: 'peer' });
  expect(signedBy.mspId).toBe('AuroraMSP');
  const { network, channel } = consortium;
  return { id: channelId, channel: openReaderChannel({ suite: suite.name, network, channel, mspId: 'AuroraMSP', nonce }, ephemeral, enc) };
}
async function read(query: Partial<StateQuery>, { id, channel }: Admitted, by = compute): Promise<StateAnswer> {
  const asked = signed({ ...query, readerChannel: id }, by);
  const sent = await answer(asked);
  expect(Object.keys(sent).filter((name) => !['$typeName', 'nonce', 'sealed'].includes(name) && (sent[name as keyof StateAnswer] as unknown[] | bigint).toString() !== '' && sent[name as keyof StateAnswer] !== 0n)).toEqual([]);
  return parseMessage(StateAnswerSchema, channel.open(asked.query, sent.sealed!), 1e7);
}
const code = async (promise: Promise<unknown>): Promise<string> => {
  const error: unknown = await promise.catch((caught: unknown) => caught);
  return isSelvedgeError(error) ? error.code : String(error);
};

describe('a business node that keeps a dataset in plaintext', () => {
  it('gives nothing of it outside of a channel, and packets of the others as ever', async () => {
    const ledgerKey = put('ruby', 'canary');
    const packed = put('coal', 'dust', 'packed');
    expect(await code(answer(signed(pointAt(ledgerKey))))).toBe('READER_UNATTESTED');
    expect(await code(answer(signed(whole())))).toBe('READER_UNATTESTED');
    expect(await code(answer(signed({ ...pointAt(packed, 'packed'), ...whole() })))).toBe('READER_UNATTESTED');
    expect((await answer(signed(pointAt(packed, 'packed')))).points[0]!.packet).toEqual(packets.get(labelOf('packed', packed)));
    expect(await code(answer(signed({ ...pointAt(ledgerKey), readerChannel: new Uint8Array(16) })))).toBe('READER_UNATTESTED');
    expect(await code(answer(signed({ ...pointAt(ledgerKey), readerChannel: new Uint8Array(5) })))).toBe('MALFORMED_MESSAGE');
  });

  it('gives an attested compute node points and sets, from which the packets can be made anew', async () => {
    const keys = [put('ruby', 'canary 1'), put('opal', 'canary 2')];
    const packed = put('coal', 'dust', 'packed');
    const reader = await admit();
    const { points, sets, height } = await read({ points: [...pointAt(keys[0]!).points, ...pointAt(packed, 'packed').points, ...pointAt(sha256(Buffer.from('none'))).points], ...whole() }, reader);
    expect(height).toBe(consortium.state.height);
    expect(points.map(({ present, packet, plaintext }) => [present, packet.length > 0, plaintext?.key])).toEqual([[true, false, 'ruby'], [true, true, undefined], [false, false, undefined]]);
    expect(sets[0]!.packets).toEqual([]);
    expect(sets[0]!.plaintexts.map(({ key }) => key).sort()).toEqual(['opal', 'ruby']);
    const { channel, contract } = consortium;
    for (const plaintext of [points[0]!.plaintext!, ...sets[0]!.plaintexts]) {
      const { hash } = resealPacket(plaintext, { dataKey: () => consortium.contractKeys.dataKey, expected: { channel, contract, dataset: '' } });
      expect(equalBytes(hash, plaintext.packetHash)).toBe(true);
    }
    expect(reached).toEqual([consortium.state.height - 1n]);
  });

  it('gives packets of it where those are asked for, as of any dataset, whatever its store has', async () => {
    const ledgerKey = put('ruby', 'canary');
    stored.clear();
    const asked = { sets: whole().sets.map((set) => ({ ...set, asPackets: true })) };
    for (const { sets } of [await answer(signed(asked)), await read(asked, await admit())]) {
      expect(sets[0]!.packets.map(toHex)).toEqual([toHex(packets.get(labelOf('', ledgerKey))!)]);
      expect(sets[0]!.plaintexts).toEqual([]);
    }
    expect(await code(answer(signed({ sets: [...asked.sets, ...whole().sets] })))).toBe('READER_UNATTESTED');
  });

  it('begins anew when the ledger moves on meanwhile, and says so when the store lacks what the ledger lists', async () => {
    const ledgerKey = put('ruby', 'old');
    const reader = await admit();
    whileReached = () => {
      if (reached.length > 1) return;
      put('ruby', 'new');
      consortium.state.height += 1n;
    };
    expect(Buffer.from((await read(pointAt(ledgerKey), reader)).points[0]!.plaintext!.value).toString()).toBe('new');
    const label = labelOf('', ledgerKey);
    stored.set(label, { ...stored.get(label)!, packetHash: sha256(Buffer.from('another version')) });
    expect(await code(read(pointAt(ledgerKey), reader))).toBe('STATE_MISSING_PACKET');
    stored.clear();
    expect(await code(read(pointAt(ledgerKey), reader))).toBe('STATE_MISSING_PACKET');
    unopened.push(toHex(sha256(packets.get(labelOf('', ledgerKey))!)));
    expect(await code(read(pointAt(ledgerKey), reader))).toBe('PLAINTEXT_COPY_INVALID');
  });

  it('takes each challenge once, and for a while only', async () => {
    const nonce = readers.challenge();
    const evidence = await createReaderEvidence(attester, { nonce, ephemeralKey: suite.generateKemKeyPair().publicKey, signingKey: new X509Certificate(compute.certificate).publicKey.export({ format: 'der', type: 'spki' }), certificate: compute.certificate, profileDigest: consortium.profile.digest, recipient: 'AuroraMSP' });
    const context = { facts: consortium.state, profile: consortium.profile, at: consortium.now };
    const attempt = (of = evidence) => code(Promise.resolve().then(() => readers.admit(of, context)));
    expect(await attempt({ ...evidence, nonce: new Uint8Array(32) })).toBe('CHALLENGE_UNKNOWN');
    expect(await attempt({ ...evidence, recipient: 'BorealisMSP' })).toBe('WRONG_RECIPIENT');
    // Whatever came of it.
    expect(await attempt()).toBe('CHALLENGE_UNKNOWN');
    readers = createPlaintextReaders({ signer: consortium.organisation('AuroraMSP').peer.signer, challengeMs: -1 });
    expect(await code(admit())).toBe('CHALLENGE_UNKNOWN');
    readers = createPlaintextReaders({ signer: consortium.organisation('AuroraMSP').peer.signer, maxKept: 1 });
    // However many are asked for, none is crowded out, and none of another process counts.
    const first = readers.challenge();
    const others = Array.from({ length: 100 }, () => readers.challenge());
    expect(new Set(others.map(toHex)).size).toBe(100);
    expect(await attempt({ ...evidence, nonce: createPlaintextReaders({ signer: consortium.organisation('AuroraMSP').peer.signer }).challenge() })).toBe('CHALLENGE_UNKNOWN');
    expect(await attempt({ ...evidence, nonce: first })).not.toMatch(/CHALLENGE_UNKNOWN|OVERLOADED/);
    expect(await attempt({ ...evidence, nonce: first })).toBe('CHALLENGE_UNKNOWN');
    expect(await attempt({ ...evidence, nonce: others[0]! })).toBe('OVERLOADED');
    for (const at of [0, 8, 31]) expect(await attempt({ ...evidence, nonce: others[1]!.map((byte, i) => (i === at ? byte ^ 1 : byte)) })).toBe('CHALLENGE_UNKNOWN');
  });

  it('keeps a channel to its own certificate, the profile that stands, and a limited time', async () => {
    const ledgerKey = put('ruby', 'canary');
    const reader = await admit();
    const other = await consortium.issueComputeNode({ binding: { nodeId: 'compute-2', platformId, measurement: MEASUREMENT } });
    expect(await code(read(pointAt(ledgerKey), reader, other))).toBe('READER_UNATTESTED');
    const query = signed({ readerChannel: reader.id });
    const context = { facts: consortium.state, profile: consortium.profile, at: consortium.now };
    expect(await code(Promise.resolve().then(() => readers.channel(reader.id, query, { ...context, profile: { ...consortium.profile, digest: new Uint8Array(32) } })))).toBe('READER_UNATTESTED');
    expect((await read(pointAt(ledgerKey), reader)).points[0]!.plaintext!.key).toBe('ruby');
    readers = createPlaintextReaders({ signer: consortium.organisation('AuroraMSP').peer.signer, channelMs: -1 });
    expect(await code(read(pointAt(ledgerKey), await admit()))).toBe('READER_UNATTESTED');
  });

  it('gives a revoked compute node nothing, not even what it asked for before', async () => {
    const ledgerKey = put('ruby', 'canary');
    const reader = await admit();
    whileReached = () => {
      consortium.state.setFact(facts.revokedNode('compute-1'), Buffer.from('stolen'));
    };
    expect(await code(read(pointAt(ledgerKey), reader))).toBe('TEE_REVOKED');
    expect(await code(read(pointAt(ledgerKey), reader))).toBe('TEE_REVOKED');
    expect(await code(admit())).toBe('TEE_REVOKED');
  });

  it('gives nothing to a channel that was given up meanwhile', async () => {
    const ledgerKey = put('ruby', 'canary');
    const reader = await admit();
    const seal = vi.spyOn(readers, 'channel');
    await read(pointAt(ledgerKey), reader);
    expect(seal).toHaveBeenCalledTimes(2);
  });
});

describe('a business node whose collection is taken over', () => {
  const keyHash = sha256(Buffer.from('ruby'));
  const value = Buffer.from('canary');
  const oldPoint = (dataset = 'old', legacyKeyHash = keyHash) => ({ points: [create(PointReadSchema, { ownerSet: 'houses', dataset, ledgerKey: consortium.contractKeys.names.ledgerKey(dataset, 'ruby'), legacyKeyHash })] });
  beforeEach(() => {
    legacy.set(toHex(keyHash), value);
    legacyHashes.set(toHex(keyHash), sha256(value));
  });

  it('gives a legacy value through a channel alone, where there is no packet, and what the ledger has', async () => {
    expect(await code(answer(signed(oldPoint())))).toBe('READER_UNATTESTED');
    const admitted = await admit();
    expect((await read(oldPoint(), admitted)).points[0]).toMatchObject({ present: false, legacyValue: value });
    legacyHashes.clear();
    expect((await read(oldPoint(), admitted)).points[0]!.legacyValue).toHaveLength(0);
    legacyHashes.set(toHex(keyHash), sha256(value));
    put('ruby', 'moved', 'old');
    expect((await read(oldPoint(), admitted)).points[0]).toMatchObject({ present: true, legacyValue: new Uint8Array(0) });
    expect((await read(pointAt(consortium.contractKeys.names.ledgerKey('old', 'coal'), 'old'), admitted)).points[0]!.legacyValue).toHaveLength(0);
  });

  it('waits for a value that is on its way, and says so when it does not come', async () => {
    const admitted = await admit();
    legacy.set(toHex(keyHash), Buffer.from('older'));
    expect(await code(read(oldPoint(), admitted))).toBe('STATE_MISSING_PACKET');
    onProgress = () => { legacy.set(toHex(keyHash), value); };
    expect((await read(oldPoint(), admitted)).points[0]!.legacyValue).toEqual(value);
  });

  it('refuses questions for datasets that take nothing over, and hashes of another length', async () => {
    const admitted = await admit();
    expect(await code(read(oldPoint('packed'), admitted))).toBe('OWNER_SET_MISMATCH');
    expect(await code(read(oldPoint('old', new Uint8Array(31)), admitted))).toBe('MALFORMED_MESSAGE');
  });
});
