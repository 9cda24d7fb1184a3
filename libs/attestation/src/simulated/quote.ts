import { SelvedgeError } from '@selvedge/errors';
import { signingInput } from '@selvedge/crypto';
import { MEASUREMENT_BYTES } from '../measurement.js';

/**
 * Quote of the simulated TEE. All fields have fixed places, so one quote has one encoding:
 * magic (8) | debug (1: 0 or 1) | measurement (48) | report data (64) | signature (ECDSA P-256, DER, low-S).
 */

const MAGIC = Buffer.from('SLVSIM01', 'latin1');
const REPORT_DATA_BYTES = 64;
const DEBUG_AT = MAGIC.length;
const MEASUREMENT_AT = DEBUG_AT + 1;
const REPORT_DATA_AT = MEASUREMENT_AT + MEASUREMENT_BYTES;
const BODY_BYTES = REPORT_DATA_AT + REPORT_DATA_BYTES;
/** DER of two 33-byte integers. */
const MAX_SIGNATURE_BYTES = 72;
const MIN_SIGNATURE_BYTES = 8;

export interface SimulatedQuoteBody {
  readonly debug: boolean;
  readonly measurement: Uint8Array;
  readonly reportData: Uint8Array;
}

export interface SimulatedQuote extends SimulatedQuoteBody {
  /** The encoded body, as it is signed. */
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

/** Encodes the signed part. */
export function encodeQuoteBody(quote: SimulatedQuoteBody): Uint8Array {
  return Buffer.concat([MAGIC, Buffer.of(quote.debug ? 1 : 0), quote.measurement, quote.reportData]);
}

/** The bytes that the platform key signs. */
export function quoteSigningInput(body: Uint8Array): Uint8Array {
  return signingInput('simulated quote', body);
}

/** Parses untrusted bytes. Throws EVIDENCE_MALFORMED. */
export function parseSimulatedQuote(bytes: Uint8Array): SimulatedQuote {
  const signatureBytes = bytes.length - BODY_BYTES;
  if (signatureBytes < MIN_SIGNATURE_BYTES || signatureBytes > MAX_SIGNATURE_BYTES) throw malformed(`${String(bytes.length)} bytes`);
  if (Buffer.compare(bytes.subarray(0, MAGIC.length), MAGIC) !== 0) throw malformed('not a simulated quote of this version');
  const debug = bytes[DEBUG_AT] as number;
  if (debug > 1) throw malformed('debug flag');
  return {
    debug: debug === 1,
    measurement: bytes.slice(MEASUREMENT_AT, REPORT_DATA_AT),
    reportData: bytes.slice(REPORT_DATA_AT, BODY_BYTES),
    body: bytes.slice(0, BODY_BYTES),
    signature: bytes.slice(BODY_BYTES),
  };
}

function malformed(what: string): SelvedgeError {
  return new SelvedgeError('EVIDENCE_MALFORMED', `simulated quote: ${what}`);
}
