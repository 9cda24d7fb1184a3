// First: it must run before fabric-shim is loaded.
import './quiet-shim.js';
import { createChaincode, PolicyContract, reportCrashes, startChaincodeServer } from '@selvedge/endorser/fabric';
import { ALL_FACTS_FUNCTION, APPLY_FUNCTION, FACTS_FUNCTION } from '@selvedge/fabric';
import { readTls, runService } from '@selvedge/service-kit';
import { readTrustAnchor } from '@selvedge/service-kit/network';
import { policyChaincodeConfig } from './config.js';

await runService({
  role: 'policy-chaincode',
  config: policyChaincodeConfig,
  start: ({ config, logger, monitor }) => {
    reportCrashes(logger);
    const contract = new PolicyContract({ profile: readTrustAnchor(config) });
    const functions = { [APPLY_FUNCTION]: 1, [FACTS_FUNCTION]: 1, [ALL_FACTS_FUNCTION]: 0 };
    const chaincode = createChaincode({ contract, functions, role: 'policy-chaincode', log: logger, onCall: monitor.onCall });
    return startChaincodeServer({ chaincode, packageId: config.packageId, address: config.listen, tls: readTls(config.tls) });
  },
});
