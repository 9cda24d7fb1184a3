export { createChaincode, type Chaincode, type ChaincodeOptions, type ChaincodeResponse } from './chaincode.js';
export { startChaincodeServer, type ChaincodeServer, type ChaincodeServerOptions } from './adapters/chaincode-server.js';
export { reportCrashes } from './adapters/crash-reports.js';
export { ENDORSEMENT_FUNCTIONS, EndorsementContract, type EndorsementContractOptions } from './endorsement-contract.js';
export { PolicyContract, type PolicyContractOptions } from './policy-contract.js';
export type { ChaincodeLog } from './ports.js';
