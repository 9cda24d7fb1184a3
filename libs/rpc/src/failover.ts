export interface FailoverOptions {
  /** Which refusal is passed on when every peer refuses: one of these where there is one. Default: the first. */
  readonly isTelling?: (error: unknown) => boolean;
}

/** Asks one peer after the other until one serves. Throws RangeError without a peer. */
export type Failover = <Peer, Answer>(peers: readonly Peer[], ask: (peer: Peer) => Promise<Answer>) => Promise<Answer>;

/**
 * For peers that stand in for each other: begins with the one that served last, and goes on to the next one whatever the
 * refusal is, since a peer that lies and one that is behind refuse in many ways. It tries each once; repeating is the caller's.
 */
export function createFailover({ isTelling = () => false }: FailoverOptions = {}): Failover {
  let served = 0;
  return async (peers, ask) => {
    const refusals: unknown[] = [];
    for (let i = 0; i < peers.length; i += 1) {
      const at = (served + i) % peers.length;
      try {
        const answer = await ask(peers[at] as (typeof peers)[number]);
        served = at;
        return answer;
      } catch (error) {
        refusals.push(error);
      }
    }
    if (refusals.length === 0) throw new RangeError('no peer to ask');
    throw refusals.find(isTelling) ?? refusals[0];
  };
}
