import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { sha256, toHex } from '@selvedge/crypto';
import { refusalCode } from '@selvedge/fixtures';
import { encodeSignaturePolicy, type KeyPolicyTerms } from '@selvedge/policy';
import { AttachmentsSchema, ContractSectionSchema, CoreSchema } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { planWrites, type PlannedWrite } from './write-plan.js';

const bytes = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const packet = Buffer.from('packet');
const legacyKeyHash = sha256(Buffer.from('stone-1'));
const legacyKeys = new Map([[toHex(legacyKeyHash), 'stone-1']]);

function plan(init: MessageInitShape<typeof ContractSectionSchema>, organisationMap: KeyPolicyTerms['organisationMap'] = []): PlannedWrite[] {
  const section = create(ContractSectionSchema, init);
  const core = create(CoreSchema, { txId: bytes(9), sections: [section] });
  return planWrites({ core, cores: [core], coreBytes: [], itemMask: new Uint8Array(0), attachments: create(AttachmentsSchema, { packets: [packet] }) }, section.contract, { policy: { organisationMap }, legacyKeys });
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

  it('removes what a key had in the collection that its dataset takes over, from histories too where that is asked', () => {
    const place = { ownerSet: 'aurora', dataset: 'oldStones', legacyKeyHash };
    const legacy = { collection: 'oldStones', key: 'stone-1' };
    expect(plan({ writes: [{ ...place, ledgerKey: bytes(1), effect: { case: 'packetHash', value: sha256(packet) } }] })).toContainEqual({ kind: 'delete', ...legacy });
    expect(plan({ writes: [{ ...place, ledgerKey: bytes(1), effect: { case: 'delete', value: true } }] })).toContainEqual({ kind: 'delete', ...legacy });
    expect(plan({ writes: [{ ...place, ledgerKey: bytes(1), effect: { case: 'purge', value: true } }] })).toContainEqual({ kind: 'purge', ...legacy });
    expect(refusalCode(() => plan({ writes: [{ ...place, legacyKeyHash: bytes(1), ledgerKey: bytes(1), effect: { case: 'delete', value: true } }] }))).toBe('LEGACY_ENTRY_MISMATCH');
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

  it('sets what peers hold a key to, keeps the policy beside it, and touches each owner set that is written, where keys may have policies', () => {
    const map = [{ $typeName: 'selvedge.v1.OrganisationMapping' as const, chaincodeMspId: 'Org1MSP', endorserMspId: 'NorthMSP' }];
    const [policy, mapped] = ['Org1MSP', 'NorthMSP'].map((mspId) => encodeSignaturePolicy({ rule: { kind: 'out-of', n: 1, rules: [{ kind: 'principal', mspId, role: 'member' }] }, mspIds: [mspId] })) as [Uint8Array, Uint8Array];
    const [collection, touch] = ['selvedge_aurora', { kind: 'put', collection: 'selvedge_aurora', key: 't', value: bytes(9) }];
    const entry = (n: number) => ({ ownerSet: 'aurora', ledgerKey: bytes(n) });
    const planned = plan({
      writes: [
        { ...entry(1), effect: { case: 'packetHash', value: sha256(packet) }, keyPolicy: policy },
        { ...entry(2), effect: { case: 'keep', value: true }, keyPolicy: new Uint8Array(0) },
        { ...entry(3), effect: { case: 'delete', value: true } },
      ],
    }, map);
    const name = (letter: string, n: number): string => `${letter}${`0${String(n)}`.repeat(32)}`;
    expect(planned.slice(0, -1)).toEqual([
      { kind: 'put', collection, key: name('d', 1), value: packet },
      { kind: 'delete', collection, key: name('d', 3) },
      { kind: 'policy', collection, key: name('d', 1), value: mapped },
      { kind: 'put', collection, key: name('p', 1), value: policy },
      { kind: 'policy', collection, key: name('d', 2), value: new Uint8Array(0) },
      { kind: 'delete', collection, key: name('p', 2) },
      { kind: 'delete', collection, key: name('p', 3) },
      touch,
    ]);
    expect(refusalCode(() => plan({ writes: [{ ...entry(1), effect: { case: 'keep', value: true }, keyPolicy: mapped }] }, map))).toBe('KEY_POLICY_UNMAPPED');
  });

  it('refuses a write without its packet', () => {
    const write = { ownerSet: 'aurora', ledgerKey: bytes(1) };
    expect(refusalCode(() => plan({ writes: [{ ...write, effect: { case: 'packetHash', value: bytes(5) } }] }))).toBe('PACKET_MISMATCH');
    expect(refusalCode(() => plan({ writes: [{ ...write, ownerSet: 'a b', effect: { case: 'delete', value: true } }] }))).toBe('INVALID_CONFIGURATION');
  });
});
