import { create } from '@bufbuild/protobuf';
import { SelvedgeError } from '@selvedge/errors';
import { EvidenceSchema } from '@selvedge/protocol';
import type { CollateralSource } from '../collateral/folder.js';
import { dcapMeasurement } from '../dcap/verifier.js';
import { parseDcapQuote } from '../dcap/quote.js';
import { computeReportData } from '../report-data.js';
import { parseSnpReport } from '../sev-snp/report.js';
import { SEV_SNP_TEE_TYPE } from '../sev-snp/verifier.js';
import type { Attester } from '../types.js';

/** A quote or report of this TEE, and what the host gave with it. */
export interface Quoted {
  readonly quote: Uint8Array;
  readonly hostCertificates?: Uint8Array | undefined;
}

/** An attester of hardware: it also knows what it measures as. */
export interface HardwareAttester extends Attester {
  /** By a quote that is bound to nothing and never leaves the process. */
  measure(): Promise<Uint8Array>;
}

/**
 * An attester over something that gives quotes, which it checks to be of this exchange before it sends them.
 * @param quoteOf takes 64 bytes of report data
 */
export function createHardwareAttester(input: { readonly teeType: string; readonly quoteOf: (reportData: Uint8Array) => Promise<Quoted>; readonly collateral: CollateralSource; readonly now: () => Date }): HardwareAttester {
  const { teeType, quoteOf, collateral, now } = input;
  return {
    teeType,
    async createEvidence(binding) {
      const reportData = computeReportData(binding);
      const { quote, hostCertificates } = await quoteOf(reportData);
      const said = contentOf(teeType, quote);
      // A quote of another request would be refused by whoever verifies it, and say less about why.
      if (Buffer.compare(said.reportData, reportData) !== 0) throw new SelvedgeError('ATTESTATION_CONFLICT', 'the quote that came is bound to other report data');
      return create(EvidenceSchema, { teeType, quote, collateral: collateral.collateralOf(teeType, quote, { at: now(), hostCertificates }) });
    },
    async measure() {
      return contentOf(teeType, (await quoteOf(new Uint8Array(64))).quote).measurement;
    },
  };
}

function contentOf(teeType: string, quote: Uint8Array): { readonly reportData: Uint8Array; readonly measurement: Uint8Array } {
  if (teeType === SEV_SNP_TEE_TYPE) return parseSnpReport(quote);
  const { body } = parseDcapQuote(quote);
  if (body.kind !== teeType) throw new SelvedgeError('ATTESTATION_UNAVAILABLE', `a quote of ${body.kind} came, ${teeType} is configured`);
  return { reportData: body.reportData, measurement: dcapMeasurement(body) };
}
