import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT_OK, EXIT_REFUSED, EXIT_USAGE, run } from '../run.js';

// Genuine evidence lies beside the project and is not part of it.
const VECTORS = resolve(import.meta.dirname, '../../../../../shared/vectors');
const isThere = existsSync(join(VECTORS, 'dcap/tdx_quote.bin'));
if (!isThere) process.stdout.write('skipped: "selvedge attest" on genuine evidence, which is not at ../shared/vectors\n');
const vector = (file: string): string => join(VECTORS, file);

async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(args, { out: (text) => out.push(text), err: (text) => err.push(text) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

let folder: string;
let garbage: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-attest-'));
  garbage = join(folder, 'garbage');
  await writeFile(garbage, 'not evidence');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('selvedge attest', () => {
  it.each([[['verify', 'x']], [['verify', 'x', '--collateral', 'y', '--at', 'noon']], [['verify', 'x', '--collateral', 'y', '--report-data', 'ab']], [['explain']]])('exits with 2 for the wrong command line %j', async (args) => {
    expect((await cli('attest', ...args)).code).toBe(EXIT_USAGE);
  });

  it('refuses what is no evidence, by code', async () => {
    expect(await cli('attest', 'explain', garbage)).toMatchObject({ code: EXIT_REFUSED, err: expect.stringMatching(/^EVIDENCE_MALFORMED/) as string });
    expect(await cli('attest', 'verify', garbage, '--collateral', garbage)).toMatchObject({ code: EXIT_REFUSED, err: expect.stringMatching(/^COLLATERAL_MALFORMED/) as string });
    expect((await cli('attest', 'explain', join(folder, 'nothing'))).err).toMatch(/^INVALID_CONFIGURATION.*cannot read/);
  });
});

describe.skipIf(!isThere)('selvedge attest on genuine evidence', () => {
  const tdx = ['attest', 'verify', vector('dcap/tdx_quote.bin'), '--collateral', vector('dcap/tdx_quote_collateral.json')];

  it('prints claims for people and machines', async () => {
    const { code, out } = await cli(...tdx, '--at', '2025-07-01T00:00:00Z');
    expect(code).toBe(EXIT_OK);
    expect(out).toMatch(/TCB status +UpToDate/);
    expect(out).toContain('What it is bound to was not checked');
    const { out: json } = await cli('--json', ...tdx, '--at', '2025-07-01T00:00:00Z');
    expect(JSON.parse(json)).toMatchObject({ verified: true, isBound: false, teeType: 'tdx', debug: false, tcb: { status: 'UpToDate' } });
  });

  it('checks report data when they are given, and time always', async () => {
    const { reportData } = JSON.parse((await cli('--json', 'attest', 'explain', vector('dcap/tdx_quote.bin'))).out) as { reportData: string };
    expect((await cli(...tdx, '--at', '2025-07-01T00:00:00Z', '--report-data', reportData)).out).toContain('It is bound to the report data');
    expect((await cli(...tdx, '--at', '2025-07-01T00:00:00Z', '--report-data', '00'.repeat(64))).err).toMatch(/^EVIDENCE_UNBOUND/);
    expect((await cli(...tdx)).err).toMatch(/^COLLATERAL_CRL_EXPIRED/);
  });

  it('takes AMD’s certificates as DER and PEM, and its revocation list unless that is left out on purpose', async () => {
    const snp = ['attest', 'verify', vector('sev-snp/attestation.bin'), '--collateral', vector('sev-snp/vcek.der'), vector('sev-snp/milan_ask_ark.pem'), '--at', '2023-01-01T00:00:00Z'];
    expect((await cli(...snp)).err).toMatch(/^COLLATERAL_CRL_MISSING/);
    expect((await cli(...snp, '--no-revocation')).out).toMatch(/debuggable +YES/);
  });

  it('takes a folder of collateral, and says what it lacks', async () => {
    const json = JSON.parse(await readFile(vector('dcap/sgx_quote_collateral.json'), 'utf8')) as Record<string, string>;
    const collateral = join(folder, 'collateral');
    const write = async (name: string, content: string | Uint8Array): Promise<void> => {
      await mkdir(join(collateral, 'dcap/sgx'), { recursive: true });
      await writeFile(join(collateral, 'dcap', name), content);
    };
    await write('root-ca.crl', Buffer.from(json.root_ca_crl ?? '', 'hex'));
    for (const authority of ['processor', 'platform']) await write(`pck-${authority}.crl`, Buffer.from(json.pck_crl ?? '', 'hex'));
    await write('tcb-signing-chain.pem', json.tcb_info_issuer_chain ?? '');
    await write('sgx/qe-identity.json', `{"enclaveIdentity":${json.qe_identity ?? ''},"signature":"${json.qe_identity_signature ?? ''}"}`);
    const sgx = ['attest', 'verify', vector('dcap/sgx_quote.bin'), '--at', '2025-07-01T00:00:00Z', '--collateral', collateral];
    expect((await cli(...sgx)).err).toMatch(/^COLLATERAL_MISSING.*dcap\/sgx\/tcb-info-00a067110000\.json/);
    await write('sgx/tcb-info-00a067110000.json', `{"tcbInfo":${json.tcb_info ?? ''},"signature":"${json.tcb_info_signature ?? ''}"}`);
    expect(await cli(...sgx)).toMatchObject({ code: EXIT_OK, out: expect.stringContaining('ConfigurationAndSWHardeningNeeded') as string });
    expect((await cli(...sgx, vector('dcap/sgx_quote_collateral.json'))).code).toBe(EXIT_USAGE);
  });

  it('says that what it explains is not verified', async () => {
    expect((await cli('attest', 'explain', vector('dcap/sgx_quote.bin'))).out).toMatch(/^NOT VERIFIED[^]*mrEnclave +33d8736d/);
  });
});
