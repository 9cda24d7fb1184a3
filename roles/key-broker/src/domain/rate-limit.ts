import { SelvedgeError } from '@selvedge/errors';

/** A token bucket: so many calls at once, and so many more as time passes. */
export interface Rate {
  /** Calls that may come together. */
  readonly burst: number;
  /** Calls that may follow, per second. */
  readonly perSecond: number;
}

export interface RateLimitOptions {
  readonly rate: Rate;
  /** What is limited, for the refusal: "calls from one address". */
  readonly what: string;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** Default 4,096: beyond it, the caller that was quiet for longest is forgotten. */
  readonly maxCallers?: number;
}

/** Counts calls by caller, in bounded memory. */
export interface RateLimit {
  /** Throws RATE_LIMITED, which says how long to wait; a refused call does not count. */
  take(caller: string): void;
}

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

export function createRateLimit({ rate, what, clock, maxCallers = 4_096 }: RateLimitOptions): RateLimit {
  const buckets = new Map<string, Bucket>();
  return {
    take(caller) {
      const now = clock();
      const bucket = buckets.get(caller);
      const tokens = bucket === undefined ? rate.burst : Math.min(rate.burst, bucket.tokens + ((now - bucket.at) / 1000) * rate.perSecond);
      const isTaken = tokens >= 1;
      // Set anew, so that the map's order is that of the last call.
      buckets.delete(caller);
      buckets.set(caller, { tokens: isTaken ? tokens - 1 : tokens, at: now });
      const quietest = buckets.keys().next();
      if (buckets.size > maxCallers && quietest.done !== true) buckets.delete(quietest.value);
      if (!isTaken) throw refusal(what, rate, (1 - tokens) / rate.perSecond);
    },
  };
}

function refusal(what: string, { burst, perSecond }: Rate, seconds: number): SelvedgeError {
  return new SelvedgeError('RATE_LIMITED', `${what}: more than ${String(perSecond)} a second, beyond ${String(burst)} at once; wait ${String(Math.ceil(seconds * 10) / 10)} s`);
}

/** What one broker process serves. */
export interface BrokerRates {
  /** Calls from one address; one of them alone does not use up what all have together. */
  readonly callsPerAddress: Rate;
  readonly calls: Rate;
  /** Requests for keys by attested nodes of one organisation, each of which the audit log records. */
  readonly releasesPerOrganisation: Rate;
}

/** Far above what honest networks need: a hundred nodes of one organisation that restart at once ask for a few hundred releases. */
export const DEFAULT_RATES: BrokerRates = {
  callsPerAddress: { burst: 4_000, perSecond: 200 },
  calls: { burst: 10_000, perSecond: 1_000 },
  releasesPerOrganisation: { burst: 2_000, perSecond: 10 },
};

export interface CallLimitOptions {
  readonly rates: Pick<BrokerRates, 'calls' | 'callsPerAddress'>;
  readonly clock: () => number;
  /** Told at most once a minute how many calls were refused since. */
  readonly onRefused: (count: number) => void;
}

const REPORT_MS = 60_000;

/** Judges each call by where it comes from before anything else is done for it. The function throws RATE_LIMITED. */
export function createCallLimit({ rates, clock, onRefused }: CallLimitOptions): (peer: string) => void {
  const perAddress = createRateLimit({ rate: rates.callsPerAddress, what: 'calls from one address', clock });
  const all = createRateLimit({ rate: rates.calls, what: 'calls', clock });
  let refused = 0;
  let reportedAt = -Infinity;
  return (peer) => {
    try {
      perAddress.take(addressOf(peer));
      all.take('');
    } catch (error) {
      refused += 1;
      if (clock() - reportedAt >= REPORT_MS) {
        onRefused(refused);
        [refused, reportedAt] = [0, clock()];
      }
      throw error;
    }
  };
}

/** A gRPC peer, such as 127.0.0.1:50412 or [::1]:50412, without its port: every connection has another. */
function addressOf(peer: string): string {
  return peer.replace(/:\d+$/, '');
}
