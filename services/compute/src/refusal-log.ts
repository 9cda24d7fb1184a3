import type { RefusalCode } from '@selvedge/errors';
import { failureText, type Logger } from '@selvedge/service-kit';

/** A refusal of a compute node, as it may be told of. */
export interface Refusal {
  readonly code: RefusalCode;
  /** Under the response key: the code is its requester's alone. */
  readonly isSealed: boolean;
  /** Hexadecimal. */
  readonly txId: string | undefined;
  readonly cause: unknown;
}

/** Logs refusals with their transaction ids. The host reads the log, so that outside development a sealed code is left out. */
export function createRefusalLog(logger: Pick<Logger, 'debug' | 'error'>, isDevelopment: boolean): (refusal: Refusal) => void {
  return ({ code, isSealed, txId, cause }) => {
    if (code === 'INTERNAL') logger.error({ isSealed, txId, ...failureText(cause) }, 'a request failed');
    else logger.debug({ code: isSealed && !isDevelopment ? undefined : code, isSealed, txId }, 'refused a request');
  };
}
