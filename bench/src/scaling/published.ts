/** A throughput that others measured and published. */
export interface Published {
  readonly perSecond: number;
  readonly what: string;
  readonly source: string;
}

/**
 * The most that docs/scaling.md found published for one channel of an unmodified Fabric 2.5, in transactions of one written key of 1,000 bytes.
 * Predictions above it are marked: nobody is known to have seen a peer commit so much.
 */
export const PUBLISHED_FABRIC: Published = {
  perSecond: 2_939,
  what: 'blind writes of 1,000 bytes, Fabric 2.5, one channel, two peers of 40 cores, one endorsement, Go chaincode, no private data',
  source: 'https://www.hyperledger.org/blog/2023/02/16/benchmarking-hyperledger-fabric-2-5-performance',
};
