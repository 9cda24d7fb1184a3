import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '@selvedge/crypto';
import type { CollateralSource } from '../collateral/folder.js';
import { createDcapVerifier } from '../dcap/verifier.js';
import { createSevSnpVerifier } from '../sev-snp/verifier.js';
import { bumpGeneration, createGramineTree, createTsmTree, type AttestationTree } from '../testdata/attestation-files.js';
import { AT, createCollateral, createQuote, sgxReport, tdQeIdentity, tdReport, tdxTcbInfo, TRUST } from '../testdata/dcap-evidence.js';
import { certificateTable, createEndorsementKey, createReport, createSnpAuthority, createSnpRevocationList, pinOf, type EndorsementKeyPair, type SnpAuthority } from '../testdata/snp-evidence.js';
import { createBinding } from '../testdata/setting.js';
import type { Attester } from '../types.js';
import { createTsmAttester, type TsmAttesterInput } from './configfs-tsm.js';
import { machineFiles } from './files.js';
import { createGramineAttester } from './gramine.js';

const now = (): Date => AT;
const json = (collateral: object): CollateralSource => ({ collateralOf: () => [Buffer.from(JSON.stringify(collateral))] });
const trees: AttestationTree[] = [];
const kept = (tree: AttestationTree): AttestationTree => {
  trees.push(tree);
  return tree;
};
afterEach(() => {
  for (const tree of trees.splice(0)) tree.remove();
});

async function failure(attester: Attester): Promise<string> {
  return attester.createEvidence(createBinding()).then(() => 'attested', (error: unknown) => (error as { code: string }).code);
}

describe('the attester of Gramine', () => {
  const quoteOf = (reportData: Uint8Array): Uint8Array => createQuote({ body: sgxReport({ reportData }) });
  const gramine = (tree: AttestationTree) => createGramineAttester({ collateral: json(createCollateral()), now, folder: tree.folder, files: tree.files });

  it('gives evidence that verifies and is bound to the exchange', async () => {
    const evidence = await gramine(kept(createGramineTree(quoteOf))).createEvidence(createBinding());
    expect(createDcapVerifier('sgx', TRUST).verifyEvidence(evidence, createBinding(), { at: AT })).toMatchObject({ teeType: 'sgx' });
  });

  it('tells requests apart that come at the same time', async () => {
    const attester = gramine(kept(createGramineTree(quoteOf)));
    const bindings = Array.from({ length: 8 }, (_, i) => createBinding({ nonce: new Uint8Array(32).fill(i) }));
    const all = await Promise.all(bindings.map((binding) => attester.createEvidence(binding)));
    all.forEach((evidence, i) => {
      expect(() => createDcapVerifier('sgx', TRUST).verifyEvidence(evidence, bindings[i]!, { at: AT })).not.toThrow();
    });
  });

  it('measures itself by MRENCLAVE', async () => {
    expect(toHex(await gramine(kept(createGramineTree(quoteOf))).measure())).toBe('e1'.repeat(32));
  });

  it('says what is wrong: no attestation, no device, a quote of another request, of another TEE, none at all', async () => {
    expect(await failure(gramine(kept(createGramineTree(quoteOf, 'none'))))).toBe('ATTESTATION_UNAVAILABLE');
    expect(await failure(createGramineAttester({ collateral: json({}), now, folder: '/nonexistent' }))).toBe('ATTESTATION_UNAVAILABLE');
    expect(await failure(gramine(kept(createGramineTree(() => quoteOf(new Uint8Array(64))))))).toBe('ATTESTATION_CONFLICT');
    expect(await failure(gramine(kept(createGramineTree((reportData) => createQuote({ body: tdReport({ reportData }) })))))).toBe('ATTESTATION_UNAVAILABLE');
    expect(await failure(gramine(kept(createGramineTree(() => new Uint8Array(0)))))).toBe('EVIDENCE_MALFORMED');
    expect(await failure(gramine(kept(createGramineTree(() => new Uint8Array(32 * 1024 + 1)))))).toBe('ATTESTATION_UNAVAILABLE');
  });

  it('goes on after a failure', async () => {
    const tree = kept(createGramineTree(quoteOf));
    const attester = gramine(tree);
    writeFileSync(path.join(tree.folder, 'attestation_type'), 'none');
    expect(await failure(attester)).toBe('ATTESTATION_UNAVAILABLE');
    writeFileSync(path.join(tree.folder, 'attestation_type'), 'dcap\n');
    expect(await failure(attester)).toBe('attested');
  });
});

describe('the attester of configfs-tsm, for TDX', () => {
  const reportOf = (reportData: Uint8Array) => ({ outblob: createQuote({ body: tdReport({ reportData }) }) });
  let count = 0;
  const tdx = (tree: AttestationTree, over: Partial<TsmAttesterInput> = {}) =>
    createTsmAttester({ teeType: 'tdx', collateral: json(createCollateral({ tcb: tdxTcbInfo(), qe: tdQeIdentity() })), now, newName: () => `report-${String((count += 1))}`, folder: tree.folder, files: tree.files, ...over });

  it('gives evidence that verifies and is bound to the exchange, and leaves nothing behind', async () => {
    const tree = kept(createTsmTree('tdx_guest', reportOf));
    const evidence = await tdx(tree).createEvidence(createBinding());
    expect(createDcapVerifier('tdx', TRUST).verifyEvidence(evidence, createBinding(), { at: AT })).toMatchObject({ teeType: 'tdx' });
    expect(tree.log).toEqual(['mkdir', 'inblob', 'rmdir']);
    expect(readdirSync(tree.folder)).toEqual([]);
  });

  it('tries again when somebody else wrote meanwhile, and gives up at last', async () => {
    const tree = kept(createTsmTree('tdx_guest', reportOf));
    let intruders = 2;
    tree.beforeRead = (name, entry) => {
      if (name === 'outblob' && intruders > 0) {
        intruders -= 1;
        bumpGeneration(entry);
      }
    };
    expect(await failure(tdx(tree))).toBe('attested');
    expect(tree.log.filter((name) => name === 'inblob')).toHaveLength(3);
    intruders = 3;
    expect(await failure(tdx(tree))).toBe('ATTESTATION_CONFLICT');
    expect(readdirSync(tree.folder)).toEqual([]);
  });

  it('refuses a report of what somebody else wrote, although the counter is right', async () => {
    expect(await failure(tdx(kept(createTsmTree('tdx_guest', () => reportOf(new Uint8Array(64))))))).toBe('ATTESTATION_CONFLICT');
  });

  it('says what is wrong: another provider, no configfs, a counter that is none, too long a report', async () => {
    expect(await failure(tdx(kept(createTsmTree('sev_guest', reportOf))))).toBe('ATTESTATION_UNAVAILABLE');
    expect(await failure(tdx({ ...kept(createTsmTree('tdx_guest', reportOf)), folder: '/nonexistent' }))).toBe('ATTESTATION_UNAVAILABLE');
    const tree = kept(createTsmTree('tdx_guest', reportOf));
    tree.beforeRead = (name, entry) => {
      if (name === 'generation') writeFileSync(path.join(entry, name), 'many');
    };
    expect(await failure(tdx(tree))).toBe('ATTESTATION_UNAVAILABLE');
    expect(await failure(tdx(kept(createTsmTree('tdx_guest', () => ({ outblob: new Uint8Array(32 * 1024 + 1) })))))).toBe('ATTESTATION_UNAVAILABLE');
  });
});

describe('the attester of configfs-tsm, for SEV-SNP', () => {
  let root: SnpAuthority;
  let ask: SnpAuthority;
  let vcek: EndorsementKeyPair;
  let list: Uint8Array;
  beforeAll(async () => {
    root = await createSnpAuthority('ARK-Genoa');
    ask = await createSnpAuthority('SEV-Genoa', root, '0a');
    vcek = await createEndorsementKey(ask);
    list = await createSnpRevocationList(root, []);
  });

  it('asks from the level that is wanted, and hands on what the host gave', async () => {
    const levels: number[] = [];
    const tree = kept(createTsmTree('sev_guest', (reportData, level) => {
      levels.push(level);
      return { outblob: createReport(vcek.privateKey, { reportData }), auxblob: certificateTable([['vcek', vcek.der]]) };
    }));
    let given: Uint8Array | undefined;
    const collateral: CollateralSource = {
      collateralOf(_type, _quote, { hostCertificates }) {
        given = hostCertificates;
        return [vcek.der, ask.der, root.der, list];
      },
    };
    const attester = createTsmAttester({ teeType: 'sev-snp', collateral, now, newName: () => 'r', privilegeLevel: 2, folder: tree.folder, files: tree.files });
    const evidence = await attester.createEvidence(createBinding());
    expect(createSevSnpVerifier({ arkSha256: { Genoa: pinOf(root) } }).verifyEvidence(evidence, createBinding(), { at: AT })).toMatchObject({ teeType: 'sev-snp' });
    expect([levels, tree.log]).toEqual([[2], ['mkdir', 'privlevel', 'inblob', 'rmdir']]);
    expect(given).toEqual(certificateTable([['vcek', vcek.der]]));
    expect(toHex(await attester.measure())).toBe('3e'.repeat(48));
  });
});

describe('files of this machine', () => {
  it('are never made by a write, and are read to their limit', async () => {
    const tree = kept(createGramineTree(() => new Uint8Array(0)));
    const file = path.join(tree.folder, 'nothing');
    await expect(machineFiles.write(file, new Uint8Array(1))).rejects.toMatchObject({ code: 'ATTESTATION_UNAVAILABLE' });
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, 'four');
    expect(await machineFiles.read(file, 4)).toHaveLength(4);
    await expect(machineFiles.read(file, 3)).rejects.toMatchObject({ code: 'ATTESTATION_UNAVAILABLE' });
    rmSync(file);
  });
});

const VECTORS = path.resolve(import.meta.dirname, '../../../../../shared/vectors');
const isThere = existsSync(path.join(VECTORS, 'dcap/tdx_quote.bin'));
if (!isThere) process.stdout.write('skipped: attesters with genuine quotes, which are not at ../shared/vectors\n');

describe.skipIf(!isThere)('attesters with genuine quotes', () => {
  const read = (file: string): Uint8Array => new Uint8Array(readFileSync(path.join(VECTORS, file)));

  it('measure what made the quote, and refuse it for an exchange that it is not bound to', async () => {
    const sgx = kept(createGramineTree(() => read('dcap/sgx_quote.bin')));
    const enclave = createGramineAttester({ collateral: json({}), now, folder: sgx.folder, files: sgx.files });
    expect(toHex(await enclave.measure())).toBe('33d8736db756ed4997e04ba358d27833188f1932ff7b1d156904d3f560452fbb');
    expect(await failure(enclave)).toBe('ATTESTATION_CONFLICT');
    for (const [teeType, provider, file] of [['tdx', 'tdx_guest', 'dcap/tdx_quote.bin'], ['sev-snp', 'sev_guest', 'sev-snp/attestation.bin']] as const) {
      const tree = kept(createTsmTree(provider, () => ({ outblob: read(file) })));
      const guest = createTsmAttester({ teeType, collateral: json({}), now, newName: () => 'r', folder: tree.folder, files: tree.files });
      expect(await guest.measure()).toHaveLength(48);
      expect(await failure(guest)).toBe('ATTESTATION_CONFLICT');
    }
  });
});
