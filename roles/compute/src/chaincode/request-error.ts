import { isSelvedgeError, withRole, type SelvedgeError } from '@selvedge/errors';
import { RichQueryError } from '@selvedge/rich-query';
import { SharedFate } from './shared-fate.js';

/** A request that Fabric's peer would answer with this text; the contract may handle it like any error. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

/** Parses a request's payload. Throws RequestError with Fabric's text. */
export function decodeRequest<T>(parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new RequestError('unmarshal failed');
  }
}

/** How a failed request goes on. */
export interface RequestFailure {
  /** What the chaincode is told. */
  readonly text: string;
  /** The refusal to report when the chaincode fails in consequence. */
  readonly refusal?: SelvedgeError | SharedFate;
  /**
   * Whether the whole invocation fails even if the chaincode carries on. Otherwise a business node that withholds state
   * could steer a contract that takes an error for an absent key, with nothing of it in the read set.
   */
  readonly isFatal: boolean;
}

/** Decides what an error of a request means for the chaincode and for the invocation. */
export function describeFailure(error: unknown): RequestFailure {
  if (error instanceof RequestError || error instanceof RichQueryError) return { text: error.message, isFatal: false };
  // A called contract's process ended, perhaps through another transaction: the whole of this one runs again.
  if (error instanceof SharedFate) return { text: error.message, refusal: error, isFatal: true };
  const refusal = withRole(error, 'compute');
  return { text: refusal.message, refusal, isFatal: !isFabricAnswer(refusal) };
}

/** Refusals that follow from the request alone, which Fabric's peer also gives to the chaincode as plain errors. */
const isFabricAnswer = (error: SelvedgeError): boolean => isSelvedgeError(error, 'DATASET_ACCESS_DENIED') || isSelvedgeError(error, 'DATASET_UNKNOWN');
