import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { sha256 } from '@selvedge/crypto';
import { refusalCode } from '@selvedge/fixtures';
import { AttachmentsSchema, ContractSectionSchema, CoreSchema } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { planWrites, type PlannedWrite } from './write-plan.js';

const bytes = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const packet = Buffer.from('packet');

function plan(init: MessageInitShape<typeof ContractSectionSchema>): PlannedWrite[] {
  const section = create(ContractSectionSchema, init);
  const core = create(CoreSchema, { txId: bytes(9), sections: [section] });
  return planWrites({ core, coreBytes: [], itemMask: new Uint8Array(0), attachments: create(AttachmentsSchema, { packets: [packet] }) }, section);
}

describe('a write plan', () => {
  it('has puts, deletes and purges in the core’s order, then guards, then the marker', () => {
    const planned = plan({
      writes: [
        { ownerSet: 'aurora', ledgerKey: bytes(1), effect: { case: 'packetHash', value: sha256(packet) } },
        { ownerSet: 'aurora', ledgerKey: bytes(2), effect: { case: 'delete', value: true } },
        { ownerSet: 'houses', ledgerKey: bytes(1), effect: { case: 'purge', value: true } },
      ],
      guardsWritten: [{ ownerSet: 'aurora', guardKey: bytes(1) }],
    });
    expect(planned).toEqual([
      { kind: 'put', collection: 'selvedge_aurora', key: `d${'01'.repeat(32)}`, value: packet },
      { kind: 'delete', collection: 'selvedge_aurora', key: `d${'02'.repeat(32)}` },
      { kind: 'purge', collection: 'selvedge_houses', key: `d${'01'.repeat(32)}` },
      { kind: 'put', collection: 'selvedge_aurora', key: `g${'01'.repeat(32)}`, value: bytes(9) },
      { kind: 'put', collection: 'selvedge-marker', key: '09'.repeat(32), value: Uint8Array.of(1) },
    ]);
  });

  it('always has the marker', () => {
    expect(plan({})).toHaveLength(1);
  });

  it('refuses two writes to one entry, though their datasets differ', () => {
    const write = { ownerSet: 'aurora', ledgerKey: bytes(1), effect: { case: 'delete', value: true } } as const;
    expect(refusalCode(() => plan({ writes: [{ ...write, dataset: 'a' }, { ...write, dataset: 'b' }] }))).toBe('TARGET_DATA_INCONSISTENT');
    const guard = { ownerSet: 'aurora', guardKey: bytes(1) };
    expect(refusalCode(() => plan({ guardsWritten: [{ ...guard, dataset: 'a' }, { ...guard, dataset: 'b' }] }))).toBe('TARGET_DATA_INCONSISTENT');
  });

  it('refuses a write without its packet, and effects that it cannot carry out', () => {
    const write = { ownerSet: 'aurora', ledgerKey: bytes(1) };
    expect(refusalCode(() => plan({ writes: [{ ...write, effect: { case: 'packetHash', value: bytes(5) } }] }))).toBe('PACKET_MISMATCH');
    expect(refusalCode(() => plan({ writes: [{ ...write, effect: { case: 'keyPolicy', value: bytes(5) } }] }))).toBe('CHAINCODE_UNSUPPORTED');
    expect(refusalCode(() => plan({ writes: [{ ...write, ownerSet: 'a b', effect: { case: 'delete', value: true } }] }))).toBe('INVALID_CONFIGURATION');
  });
});
