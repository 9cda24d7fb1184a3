import { SelvedgeError } from '@selvedge/errors';

/** What may wait or be under way at a submitter at once. */
export interface AdmissionLimits {
  readonly maxQueued: number;
  readonly maxQueuedBytes: number;
  /** Of one connection: one client does not fill the room. */
  readonly maxQueuedPerClient: number;
}

/** The room that requests take at a submitter. */
export interface Admission {
  /**
   * Takes a place until what this returns is called. Throws OVERLOADED.
   * @param client whose connection it came by
   */
  admit(client: string, bytes: number): () => void;
  readonly queued: number;
}

export function createAdmission({ maxQueued, maxQueuedBytes, maxQueuedPerClient }: AdmissionLimits): Admission {
  const byClient = new Map<string, number>();
  let [queued, queuedBytes] = [0, 0];
  const refuse = (what: string, limit: number): SelvedgeError => new SelvedgeError('OVERLOADED', `the submitter holds as much as it may: ${what}`, { role: 'submitter', details: { limit } });
  const count = (client: string, by: number): void => {
    const own = (byClient.get(client) ?? 0) + by;
    if (own === 0) byClient.delete(client);
    else byClient.set(client, own);
  };
  return {
    admit(client, bytes) {
      if (queued >= maxQueued) throw refuse(`${String(maxQueued)} requests`, maxQueued);
      if (queuedBytes + bytes > maxQueuedBytes) throw refuse(`${String(maxQueuedBytes)} bytes`, maxQueuedBytes);
      if ((byClient.get(client) ?? 0) >= maxQueuedPerClient) throw refuse(`${String(maxQueuedPerClient)} requests of one client`, maxQueuedPerClient);
      queued += 1;
      queuedBytes += bytes;
      count(client, 1);
      let isLeft = false;
      return () => {
        if (isLeft) return;
        isLeft = true;
        queued -= 1;
        queuedBytes -= bytes;
        count(client, -1);
      };
    },
    get queued() {
      return queued;
    },
  };
}

/** How many sealed requests, from the first on, travel in one message. @param bytes of each */
export function fitTogether(bytes: readonly number[], maxBytes: number): number {
  let sum = 0;
  const tooMany = bytes.findIndex((own) => (sum += own) > maxBytes);
  return tooMany === -1 ? bytes.length : tooMany;
}
