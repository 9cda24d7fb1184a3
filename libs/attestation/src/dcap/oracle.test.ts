import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { isSelvedgeError } from '@selvedge/errors';
import { FAULTS, TD } from '../testdata/dcap-faults.js';
import { AT, authorities, createCollateral, createPck, createQuote, platformLevel, sgxReport, tcbInfo, tdReport, TRUST, type CollateralInput, type QuoteInput } from '../testdata/dcap-evidence.js';
import { parseDcapCollateral } from './collateral.js';
import { verifyDcapQuote } from './verify-quote.js';

// Another verifier as oracle: the Rust library dcap-qvl, by the Python that has it (pip install dcap-qvl).
const python = process.env.SELVEDGE_DCAP_ORACLE;
if (python === undefined) process.stdout.write('skipped: DCAP verdicts are not compared, as SELVEDGE_DCAP_ORACLE names no Python with dcap-qvl\n');

const SCRIPT = `
import json, sys, dcap_qvl
root = bytes.fromhex(sys.argv[1])
out = []
for case in json.load(sys.stdin):
    try:
        report = dcap_qvl.verify_with_root_ca(bytes.fromhex(case["quote"]), dcap_qvl.QuoteCollateralV3.from_json(json.dumps(case["collateral"])), root, case["at"])
        out.append({"status": report.status, "advisories": sorted(report.advisory_ids)})
    except Exception as error:
        out.append({"refused": str(error)})
print(json.dumps(out))
`;

/** Verdicts that are ours alone, and why. */
const STRICTER: ReadonlyMap<string, string> = new Map([
  ['a revocation list of the future', 'the oracle does not read when a list was made'],
  ['TCB info of another PCE', 'the oracle does not compare PCE ids'],
  ['a chain of another root', 'the oracle leaves the root out that came, and takes its own'],
  ['collateral whose chain ends at another root', 'the oracle leaves the root out that came, and takes its own'],
]);

interface Case {
  readonly name: string;
  readonly quote: Uint8Array;
  readonly collateral: Record<string, string>;
  readonly at: Date;
}
const caseOf = (name: string, quote: QuoteInput, collateral: CollateralInput, at = AT): Case => ({ name, quote: createQuote(quote), collateral: createCollateral(collateral), at });

const needs = (status: string): CollateralInput => ({ tcb: tcbInfo({ tcbLevels: [platformLevel(status, 5)] }) });
const cases: readonly Case[] = [
  caseOf('SGX', {}, {}),
  caseOf('TDX 1.0 in version 4', { body: tdReport() }, TD),
  caseOf('TDX 1.0 in version 5', { version: 5, body: tdReport() }, TD),
  caseOf('TDX 1.5', { version: 5, body: tdReport({ mrServiceTd: '00'.repeat(48) }) }, TD),
  caseOf('an old platform', { pck: createPck({ components: [4, ...Array.from({ length: 15 }, () => 9)] }) }, {}),
  caseOf('an old quoting enclave', { qe: { isvSvn: 7 } }, {}),
  caseOf('an old TDX platform', { body: tdReport({ teeTcbSvn: '05010300000000000000000000000000' }), pck: createPck({ components: Array.from({ length: 16 }, () => 4), pceSvn: 7 }) }, TD),
  ...['SWHardeningNeeded', 'ConfigurationNeeded', 'ConfigurationAndSWHardeningNeeded'].map((status) => caseOf(status, {}, needs(status))),
  caseOf('a debuggable enclave', { body: sgxReport({ attributes: '1300000000000000e700000000000000' }) }, {}),
  ...FAULTS.map(([name, quote, collateral, , at]) => caseOf(name, quote, collateral, at)),
];

function verdictOf({ quote, collateral, at }: Case): object {
  try {
    const { body, tcb } = verifyDcapQuote(quote, parseDcapCollateral(Buffer.from(JSON.stringify(collateral))), TRUST, at);
    // Appraisal refuses it, where the oracle's verification does.
    if (body.kind === 'sgx' && ((body.attributes[0] as number) & 0x02) !== 0) return { refused: true };
    return { status: tcb.status, advisories: [...tcb.advisoryIds].sort() };
  } catch (error) {
    if (!isSelvedgeError(error)) throw error;
    return { refused: true };
  }
}

describe.skipIf(python === undefined)('another verifier of DCAP quotes', () => {
  it('gives the same verdict on every case', () => {
    const input = JSON.stringify(cases.map(({ quote, collateral, at }) => ({ quote: Buffer.from(quote).toString('hex'), at: at.getTime() / 1000, collateral: { pck_crl_issuer_chain: '', ...collateral } })));
    const root = Buffer.from(authorities.root.certificate.raw).toString('hex');
    const answers = JSON.parse(execFileSync(python as string, ['-c', SCRIPT, root], { input, maxBuffer: 16 * 1024 * 1024 }).toString()) as Record<string, unknown>[];
    const theirs = answers.map((answer, i) => [cases[i]?.name, 'refused' in answer ? { refused: true } : answer] as const);
    const ours = cases.map((entry) => [entry.name, verdictOf(entry)] as const);
    expect(ours.filter(([name]) => !STRICTER.has(name))).toEqual(theirs.filter(([name]) => !STRICTER.has(name ?? '')));
    for (const [name, verdict] of ours) if (STRICTER.has(name)) expect(verdict).toEqual({ refused: true });
  });
});
