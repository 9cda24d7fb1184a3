export { createChaincodeHost, type ChaincodeHostOptions, type ChaincodeHostStatus, type ProcessChaincodeHost } from './host.js';
export { CHAINCODE_LIMITS, type ChaincodeLimits } from './limits.js';
