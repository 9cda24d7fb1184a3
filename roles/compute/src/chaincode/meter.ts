import { SelvedgeError } from '@selvedge/errors';
import type { ChaincodeLimits } from './limits.js';

/** Counts what one transaction uses, in all contracts that it runs, and refuses above the limits. */
export interface Meter {
  /** One state call or range entry. Throws SelvedgeError CHAINCODE_LIMIT. */
  read(lengthBytes: number): void;
  /** One put, delete or purge. Throws SelvedgeError CHAINCODE_LIMIT. */
  write(lengthBytes: number): void;
}

const limit = (what: string, maximum: number): SelvedgeError =>
  new SelvedgeError('CHAINCODE_LIMIT', `the transaction passed ${what} (${String(maximum)})`, { role: 'compute', details: { limit: what, maximum } });

/** Builds the meter of one transaction. */
export function createMeter(limits: ChaincodeLimits): Meter {
  let reads = 0;
  let readBytes = 0;
  let writes = 0;
  let writeBytes = 0;
  return {
    read: (lengthBytes) => {
      reads += 1;
      readBytes += lengthBytes;
      if (reads > limits.maxReads) throw limit('maxReads', limits.maxReads);
      if (readBytes > limits.maxReadBytes) throw limit('maxReadBytes', limits.maxReadBytes);
    },
    write: (lengthBytes) => {
      writes += 1;
      writeBytes += lengthBytes;
      if (writes > limits.maxWrites) throw limit('maxWrites', limits.maxWrites);
      if (writeBytes > limits.maxWriteBytes) throw limit('maxWriteBytes', limits.maxWriteBytes);
    },
  };
}

/** Throws SelvedgeError CHAINCODE_LIMIT when a result, error text or event is too long. */
export function requireResultSize(lengthBytes: number, limits: ChaincodeLimits): void {
  if (lengthBytes > limits.maxResultBytes) throw limit('maxResultBytes', limits.maxResultBytes);
}

/** Throws SelvedgeError CHAINCODE_LIMIT when another query would be one too many. */
export function requireQueryRoom(open: number, limits: ChaincodeLimits): void {
  if (open >= limits.maxOpenQueries) throw limit('maxOpenQueries', limits.maxOpenQueries);
}

/** Throws SelvedgeError CHAINCODE_LIMIT when a call is one too many, or too deep. */
export function requireCallRoom(depth: number, calls: number, limits: ChaincodeLimits): void {
  if (depth >= limits.maxCallDepth) throw limit('maxCallDepth', limits.maxCallDepth);
  if (calls > limits.maxCalls) throw limit('maxCalls', limits.maxCalls);
}
