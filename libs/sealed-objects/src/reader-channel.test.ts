import { SUITE_NAMES, suiteByName } from '@selvedge/crypto';
import { isSelvedgeError } from '@selvedge/errors';
import { describe, expect, it } from 'vitest';
import { createReaderChannel, openReaderChannel, type ReaderChannelScope } from './reader-channel.js';

const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return isSelvedgeError(error) ? error.code : String(error);
  }
  return 'none';
};
const [query, answer] = [Buffer.from('query'), Buffer.from('answer')];

describe.each(SUITE_NAMES)('the channel to an attested reader under %s', (suite) => {
  const scope: ReaderChannelScope = { suite, network: 'n', channel: 'main', mspId: 'AuroraMSP', nonce: new Uint8Array(32).fill(1) };
  const ephemeral = suiteByName(suite).generateKemKeyPair();
  const node = createReaderChannel(scope, ephemeral.publicKey);

  it('carries answers, each under a key of its own', () => {
    const reader = openReaderChannel(scope, ephemeral, node.enc);
    const [first, second] = [node.seal(query, answer), node.seal(query, answer)];
    expect(Buffer.from(reader.open(query, first))).toEqual(answer);
    // Without the tag, which covers the salt in any case: one key would give one stream.
    const [one, other] = [first, second].map(({ ciphertext }) => Buffer.from(ciphertext.subarray(0, answer.length)).toString('hex'));
    expect(one).not.toBe(other);
    expect(code(() => reader.open(Buffer.from('other query'), first))).toBe('DECRYPT_FAILED');
    expect(code(() => reader.open(query, { ...first, salt: second.salt }))).toBe('DECRYPT_FAILED');
  });

  it.each<[string, Partial<ReaderChannelScope>]>([
    ['network', { network: 'm' }],
    ['channel', { channel: 'other' }],
    ['business node', { mspId: 'BorealisMSP' }],
    ['challenge', { nonce: new Uint8Array(32) }],
  ])('is tied to the %s', (_what, change) => {
    const reader = openReaderChannel({ ...scope, ...change }, ephemeral, node.enc);
    expect(code(() => reader.open(query, node.seal(query, answer)))).toBe('DECRYPT_FAILED');
  });

  it('opens for nobody else', () => {
    const reader = openReaderChannel(scope, suiteByName(suite).generateKemKeyPair(), node.enc);
    expect(code(() => reader.open(query, node.seal(query, answer)))).toBe('DECRYPT_FAILED');
  });
});
