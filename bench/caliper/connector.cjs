'use strict';
// Caliper requires its connector; the benchmark is made of ES modules.
const path = require('node:path');
const { CaliperUtils, ConfigUtil, ConnectorBase, TxStatus } = require('@hyperledger/caliper-core');

module.exports.ConnectorFactory = async (workerIndex) => {
  const { createConnector } = await import('../dist/caliper/connector.js');
  const { openNetwork } = await import('../dist/caliper/open-network.js');
  const { parseConnectorSettings } = await import('../dist/caliper/settings.js');
  const file = CaliperUtils.resolvePath(ConfigUtil.get(ConfigUtil.keys.NetworkConfig));
  const settings = parseConnectorSettings(CaliperUtils.parseYaml(file).selvedge, path.dirname(file));
  return createConnector({ ConnectorBase, TxStatus }, { workerIndex, settings, open: openNetwork });
};
