import { AuctionContract } from './auction-contract';

export { AuctionContract };
export const contracts = [AuctionContract];
