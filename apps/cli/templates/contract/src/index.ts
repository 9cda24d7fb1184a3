import { AssetContract } from './asset-contract';

/** What fabric-chaincode-node loads. */
export const contracts = [AssetContract];
