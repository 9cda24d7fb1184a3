// First: it must run before fabric-shim is loaded.
import './quiet-shim.js';
import { createChaincode, ENDORSEMENT_FUNCTIONS, EndorsementContract, reportCrashes, startChaincodeServer } from '@selvedge/endorser/fabric';
import { readTls, runService } from '@selvedge/service-kit';
import { endorsementChaincodeConfig } from './config.js';

await runService({
  role: 'endorsement-chaincode',
  config: endorsementChaincodeConfig,
  start: ({ config, logger, monitor }) => {
    reportCrashes(logger);
    const { network, channel, contract: name, policyChaincode, packageId } = config;
    const contract = new EndorsementContract({ network, channel, contract: name, policyChaincode, now: () => new Date() });
    const chaincode = createChaincode({ contract, functions: ENDORSEMENT_FUNCTIONS, role: 'endorsement-chaincode', log: logger, onCall: monitor.onCall });
    return startChaincodeServer({ chaincode, packageId, address: config.listen, tls: readTls(config.tls) });
  },
});
