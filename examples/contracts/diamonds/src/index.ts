import { DiamondsContract } from './diamonds-contract';

export { DiamondsContract };

/** What fabric-chaincode-node loads. */
export const contracts = [DiamondsContract];
