import type { RefusalCode } from '@selvedge/errors';
import type { Logger } from 'pino';
import { failureText } from '../failure-text.js';

/** A refusal of a TEE node, as it may be told of. */
export interface Refusal {
  readonly code: RefusalCode;
  /** Sealed to its requester: the code is the requester's alone. */
  readonly isSealed: boolean;
  /** Hexadecimal; of what is no transaction, none. */
  readonly txId?: string | undefined;
  readonly cause: unknown;
}

/** Logs refusals, with their transaction ids where they have one. The host reads the log, so that outside development a sealed code is left out. */
export function createRefusalLog(logger: Pick<Logger, 'debug' | 'error'>, isDevelopment: boolean): (refusal: Refusal) => void {
  return ({ code, isSealed, txId, cause }) => {
    if (code === 'INTERNAL') logger.error({ isSealed, txId, ...failureText(cause) }, 'a request failed');
    else logger.debug({ code: isSealed && !isDevelopment ? undefined : code, isSealed, txId }, 'refused a request');
  };
}
