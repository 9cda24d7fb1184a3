/** By service: the source file of its configuration's parser, and the parser's name there. */
export const SERVICE_CONFIGS: Readonly<Partial<Record<string, readonly [file: string, name: string]>>> = {
  business: ['services/business/src/config.ts', 'businessConfig'],
  compute: ['services/compute/src/config.ts', 'computeConfig'],
  'endorsement-chaincode': ['services/endorsement-chaincode/src/config.ts', 'endorsementChaincodeConfig'],
  endorser: ['services/endorser/src/config.ts', 'endorserConfig'],
  'key-broker': ['services/key-broker/src/config.ts', 'keyBrokerConfig'],
  'policy-chaincode': ['services/policy-chaincode/src/config.ts', 'policyChaincodeConfig'],
  sequencer: ['services/sequencer/src/config.ts', 'sequencerConfig'],
  submitter: ['services/submitter/src/config.ts', 'submitterConfig'],
  viewer: ['services/viewer/src/config.ts', 'viewerConfig'],
};
