import { describe, expect, it } from 'vitest';
import { suiteByName, toHex } from '@selvedge/crypto';
import { createKeyRing } from './key-derivation.js';

const P256 = 'P256-AES256GCM-SHA256';
const X25519 = 'X25519-ED25519-AES256GCM-SHA256';
const rootSecret = new Uint8Array(32).fill(1);
const ring = createKeyRing({ rootSecret, network: 'net', channel: 'chan' });
const rings = [
  ring,
  createKeyRing({ rootSecret: new Uint8Array(32).fill(2), network: 'net', channel: 'chan' }),
  createKeyRing({ rootSecret, network: 'net2', channel: 'chan' }),
  createKeyRing({ rootSecret, network: 'net', channel: 'chan2' }),
];

describe('the key ring', () => {
  it('gives the same keys after a restart', () => {
    const again = createKeyRing({ rootSecret, network: 'net', channel: 'chan' });
    expect(again.contractKeys('c', P256, 3n)).toEqual(ring.contractKeys('c', P256, 3n));
    expect(again.envelopeKey(X25519, 2n)).toEqual(ring.envelopeKey(X25519, 2n));
  });

  it('never gives two purposes, contracts, suites, epochs, channels, networks or roots the same key', () => {
    const keys = rings.flatMap((one) => [
      ...[P256, X25519].flatMap((suite) => [1n, 2n].map((epoch) => one.envelopeKey(suite, epoch).privateKey)),
      ...['a', 'b'].flatMap((contract) =>
        [P256, X25519].flatMap((suite) =>
          [1n, 2n].flatMap((epoch) => {
            const { dataKey, randomKey, gateKey, eventKey } = one.contractKeys(contract, suite, epoch);
            return [dataKey, randomKey, gateKey, eventKey];
          }),
        ),
      ),
      ...['a', 'b'].flatMap((contract) => [P256, X25519].flatMap((suite) => [1n, 2n].map((epoch) => one.nameKey(contract, suite, epoch)))),
    ]);
    expect(new Set(keys.map(toHex)).size).toBe(keys.length);
  });

  it('keeps the name key over epochs', () => {
    expect(ring.contractKeys('c', P256, 9n).nameKey).toEqual(ring.nameKey('c', P256, 1n));
  });

  it('gives envelope key pairs that belong together', () => {
    const suite = suiteByName(P256);
    const pair = ring.envelopeKey(P256, 1n);
    const empty = new Uint8Array(0);
    const { enc, ciphertext } = suite.hpkeSeal(pair.publicKey, empty, empty, Buffer.from('x'));
    expect(Buffer.from(suite.hpkeOpen(pair, enc, empty, empty, ciphertext)).toString()).toBe('x');
  });
});
