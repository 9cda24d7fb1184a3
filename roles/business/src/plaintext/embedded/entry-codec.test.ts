import fc from 'fast-check';
import { expect, it } from 'vitest';
import { refusalCode } from '@selvedge/fixtures';
import { decodeEntry, encodeEntry } from './entry-codec.js';

const change = { contract: 'gems', dataset: '', ledgerKey: new Uint8Array(32), key: '\0石\0', value: Buffer.from('v'), packetHeader: Buffer.of(1, 2), packetHash: Buffer.alloc(32, 3), txId: 'ab'.repeat(32) };
const record = encodeEntry(change, change.value, 258n);

it('gives an entry back', () => {
  const { key, value, packetHash, txId, blockNumber } = decodeEntry(record);
  expect([key, Buffer.from(value).toString(), Buffer.from(packetHash), txId, blockNumber]).toEqual(['\0石\0', 'v', change.packetHash, change.txId, 258n]);
});

it('refuses a record that was cut, lengthened or is none', () => {
  for (let length = 0; length < record.length; length += 1) expect(refusalCode(() => decodeEntry(record.subarray(0, length)))).toBe('LEDGER_CORRUPT');
  expect(refusalCode(() => decodeEntry(Buffer.concat([record, Buffer.alloc(4)])))).toBe('LEDGER_CORRUPT');
  // The block number says that it is longer than what is left, which is as long as a block number.
  const cut = Buffer.from(record);
  cut.writeUInt32BE(9, record.length - 12);
  expect(refusalCode(() => decodeEntry(cut))).toBe('LEDGER_CORRUPT');
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => refusalCode(() => decodeEntry(bytes)) === 'LEDGER_CORRUPT'));
});
