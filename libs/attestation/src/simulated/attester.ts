import { createPrivateKey, X509Certificate } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { signP256 } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { EvidenceSchema } from '@selvedge/protocol';
import { MEASUREMENT_BYTES } from '../measurement.js';
import { computeReportData } from '../report-data.js';
import type { Attester } from '../types.js';
import { encodeQuoteBody, quoteSigningInput } from './quote.js';
import { SIMULATED_TEE_TYPE } from './tee-type.js';

/** A development platform's key with its certificate, and the measurement of the process that attests. */
export interface SimulatedAttesterInput {
  readonly platformKeyPem: string;
  readonly platformCertificatePem: string;
  /** 48 bytes, from measureFile. */
  readonly measurement: Uint8Array;
  /** True when the process can be inspected; such evidence is refused. */
  readonly debug?: boolean;
}

/** The attester of the simulated TEE, for development. Throws INVALID_CONFIGURATION when key or certificate do not parse. */
export function createSimulatedAttester(input: SimulatedAttesterInput): Attester {
  const { platformKey, certificate } = loadPlatform(input);
  if (input.measurement.length !== MEASUREMENT_BYTES) throw new SelvedgeError('INVALID_CONFIGURATION', `measurement: ${String(MEASUREMENT_BYTES)} bytes expected`);
  return {
    teeType: SIMULATED_TEE_TYPE,
    createEvidence(binding) {
      const body = encodeQuoteBody({ debug: input.debug ?? false, measurement: input.measurement, reportData: computeReportData(binding) });
      const quote = Buffer.concat([body, signP256(platformKey, quoteSigningInput(body))]);
      return Promise.resolve(create(EvidenceSchema, { teeType: SIMULATED_TEE_TYPE, quote, collateral: [certificate] }));
    },
  };
}

function loadPlatform(input: SimulatedAttesterInput) {
  try {
    return { platformKey: createPrivateKey(input.platformKeyPem), certificate: new X509Certificate(input.platformCertificatePem).raw };
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', 'the platform key or certificate does not parse', { cause });
  }
}
