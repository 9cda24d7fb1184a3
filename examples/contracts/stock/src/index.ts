import { StockContract } from './stock-contract';

export { StockContract };
export const contracts = [StockContract];
