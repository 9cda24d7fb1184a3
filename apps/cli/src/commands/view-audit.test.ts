import { expect, it } from 'vitest';
import { fromHex } from '@selvedge/crypto';
import { UsageError } from '../usage-error.js';
import { parseHead, verifyLog } from './view-audit.js';

const HASH = 'ab'.repeat(32);

it('a head is the number and the hash of an entry, and nothing else', () => {
  expect(parseHead(`12:${HASH}`)).toEqual({ count: 12, hash: fromHex(HASH) });
  for (const text of ['', '12', `0:${HASH}`, `012:${HASH}`, `-1:${HASH}`, `12:${HASH}00`, `12:${HASH.toUpperCase()}`, `99999999999:${HASH}`, `12 :${HASH}`]) expect(() => parseHead(text), text).toThrow(UsageError);
});

it('a log without an entry, or of hostile bytes, does not verify', () => {
  const authority = { rootCertificate: new Uint8Array(0), network: 'n', channel: 'c' };
  for (const log of ['', 'cut off', '\n', '{}\n', '[1]\n', '{"number":0,"body":"null","hash":"00","signature":"00"}\n', '\u0000\n', '{'.repeat(10_000) + '\n']) {
    expect(() => verifyLog(Buffer.from(log), authority, { count: 0, hash: new Uint8Array(0) }), log.slice(0, 20)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^AUDIT_LOG_(BROKEN|EDITED)$/) as string }));
  }
});
