import { randomBytes } from 'node:crypto';
import { sha256, SUITE_NAMES, suiteByName, type KemKeyPair } from '@selvedge/crypto';
import { isSelvedgeError } from '@selvedge/errors';
import { encodeMessage, PacketSchema, parseMessage, type Packet, type ServedPlaintext } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { openOwnerCopy } from './owner-copy.js';
import { openPacket, resealPacket, sealPacket } from './packet.js';

const dataKey = new Uint8Array(32).fill(3);
const header = { keyEpoch: 1n, channel: 'main', contract: 'c', dataset: 'd', datasetTag: new Uint8Array(32), ledgerKey: new Uint8Array(32).fill(1), txId: new Uint8Array(32).fill(2), readSetDigest: new Uint8Array(32) };
const expected = { channel: 'main', contract: 'c', dataset: 'd' };
const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return isSelvedgeError(error) ? error.code : String(error);
  }
  return 'none';
};

describe.each(SUITE_NAMES)('copies for owners under %s', (suite) => {
  const pairs: Record<string, KemKeyPair> = { AuroraMSP: suiteByName(suite).generateKemKeyPair(), BorealisMSP: suiteByName(suite).generateKemKeyPair() };
  const recipients = Object.entries(pairs).map(([mspId, { publicKey }]) => ({ mspId, publicKey }));
  const seal = (value = 'carat 2', of = recipients) => sealPacket({ suite, dataKey, header, key: 'ruby', value: Buffer.from(value), recipients: of });
  const open = (bytes: Uint8Array, mspId = 'AuroraMSP', pair = pairs[mspId] as KemKeyPair) => openOwnerCopy(bytes, { mspId, keyPairs: () => [pair] });
  const changed = (change: (packet: Packet) => void): Uint8Array => {
    const packet = parseMessage(PacketSchema, seal().bytes, 1e6);
    change(packet);
    return encodeMessage(PacketSchema, packet);
  };

  it('are the same at every replica, whatever the order of owners, and open for each owner', () => {
    const packet = seal();
    expect(seal('carat 2', [...recipients].reverse()).bytes).toEqual(packet.bytes);
    for (const mspId of Object.keys(pairs)) expect(open(packet.bytes, mspId)).toMatchObject({ key: 'ruby', value: Buffer.from('carat 2'), header: { contract: 'c' } });
    const { ownerCopies } = parseMessage(PacketSchema, packet.bytes, 1e6);
    expect(ownerCopies.map(({ mspId }) => mspId)).toEqual(['AuroraMSP', 'BorealisMSP']);
    // Nobody's ephemeral key serves twice.
    const encs = [...ownerCopies, ...parseMessage(PacketSchema, seal('carat 3').bytes, 1e6).ownerCopies].map(({ enc }) => Buffer.from(enc).toString('hex'));
    expect(new Set(encs).size).toBe(4);
    expect(Buffer.from(packet.bytes).includes('carat 2')).toBe(false);
  });

  it('leave what the packet itself opens to as it is', () => {
    expect(openPacket(seal().bytes, { dataKey: () => dataKey, expected })).toMatchObject({ key: 'ruby', value: Buffer.from('carat 2') });
  });

  it('are refused by name where there is none, it is another’s, or it does not open', () => {
    expect(code(() => open(seal('x', []).bytes))).toBe('PLAINTEXT_COPY_INVALID');
    expect(code(() => open(seal().bytes, 'CelestaMSP', pairs.AuroraMSP))).toBe('PLAINTEXT_COPY_INVALID');
    expect(code(() => open(seal().bytes, 'AuroraMSP', pairs.BorealisMSP))).toBe('PLAINTEXT_COPY_INVALID');
    expect(code(() => open(changed(({ ownerCopies }) => (ownerCopies[0]!.ciphertext = randomBytes(60)))))).toBe('PLAINTEXT_COPY_INVALID');
    expect(code(() => open(changed((packet) => (packet.nonce = randomBytes(12)))))).toBe('PLAINTEXT_COPY_INVALID');
    const other = parseMessage(PacketSchema, seal('carat 9').bytes, 1e6);
    expect(code(() => open(changed((packet) => (packet.ownerCopies = other.ownerCopies))))).toBe('PLAINTEXT_COPY_INVALID');
    // A copy of another owner under this one's name.
    expect(code(() => open(changed(({ ownerCopies }) => Object.assign(ownerCopies[0]!, { ...ownerCopies[1], mspId: 'AuroraMSP' })), 'AuroraMSP', pairs.BorealisMSP))).toBe('PLAINTEXT_COPY_INVALID');
    expect(code(() => open(randomBytes(50)))).toMatch(/MALFORMED_MESSAGE|MESSAGE_TOO_LARGE/);
  });

  it('are never sealed to what is no key', () => {
    expect(code(() => seal('x', [{ mspId: 'AuroraMSP', publicKey: new Uint8Array(65) }]))).toBe('PUBLIC_KEY_INVALID');
  });

  describe('a packet made anew from plaintext', () => {
    const served = (): ServedPlaintext => {
      const packet = parseMessage(PacketSchema, seal().bytes, 1e6);
      return { $typeName: 'selvedge.v1.ServedPlaintext', key: 'ruby', value: Buffer.from('carat 2'), header: packet.header, ownerCopies: packet.ownerCopies, packetHash: sha256(seal().bytes) };
    };
    const reseal = (plaintext: ServedPlaintext, place = expected, key: Uint8Array | undefined = dataKey) => resealPacket(plaintext, { dataKey: () => key, expected: place });

    it('is the one that was committed, and another when anything differs', () => {
      expect(reseal(served()).bytes).toEqual(seal().bytes);
      for (const change of [{ value: Buffer.from('carat 3') }, { key: 'rubin' }, { ownerCopies: [] }]) expect(reseal({ ...served(), ...change }).hash).not.toEqual(served().packetHash);
    });

    it('is refused for another place, for a header of no packet, and without the key', () => {
      expect(code(() => reseal(served(), { ...expected, dataset: 'e' }))).toBe('STATE_FORGED');
      expect(code(() => reseal(served(), expected, new Uint8Array(32)))).toBe('STATE_FORGED');
      expect(code(() => resealPacket(served(), { dataKey: () => undefined, expected }))).toBe('KEY_EPOCH_UNKNOWN');
      expect(code(() => reseal({ ...served(), header: randomBytes(40) }))).toMatch(/MALFORMED_MESSAGE/);
      expect(code(() => reseal({ ...served(), header: new Uint8Array(2_000) }))).toBe('MESSAGE_TOO_LARGE');
    });
  });
});
