export { createProgram, EXIT_OK, EXIT_REFUSED, EXIT_USAGE, run } from './run.js';
export { systemTerminal, type Terminal } from './terminal.js';
export { parseChaincodeCall, parseTransient, type ChaincodeCall } from './chaincode-call.js';
