'use strict';
// Registers under a name of its own choosing.
const at = process.argv.findIndex((argument) => argument.startsWith('--chaincode-id-name='));
process.argv[at] = '--chaincode-id-name=someone-else:00';
require('fabric-shim/cli.js');
