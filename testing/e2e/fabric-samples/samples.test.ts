import { rmSync } from 'node:fs';
import path from 'node:path';
import type { Gateway } from '@selvedge/client';
import { afterAll, beforeAll, describe } from 'vitest';
import { fabricMissing } from '../src/fabric.js';
import { startTestNetwork, type TestNetwork } from '../src/network.js';
import { driveEvents } from '../src/samples/events.js';
import { driveTypedLedgerQueries } from '../src/samples/ledger-queries-typescript.js';
import { driveBasic, driveHighThroughput, drivePrivateQueries, driveSealedAuction, driveSecuredAgreement } from '../src/samples/go.js';
import { driveLedgerQueries } from '../src/samples/ledger-queries.js';
import { drivePrivateData } from '../src/samples/private-data.js';
import type { Sample } from '../src/samples/sample.js';
import { hasFabricSamples, hasGo, stageSample } from '../src/samples/stage.js';
import { driveStateBasedEndorsement, SBE_MANIFEST } from '../src/samples/state-based-endorsement.js';
import { driveFungibleToken, driveMultiToken, driveNonFungibleToken, driveUnspentOutputs } from '../src/samples/tokens.js';

const LEDGERS = ['embedded', 'fabric'] as const;
const isMissing = !hasFabricSamples();
const isGoMissing = isMissing || !hasGo();

const driveEventsAlone = (isSkipped: boolean, sample: () => Sample): void => {
  driveEvents(isSkipped, sample, { keepsProperties: false });
};
const GO_SAMPLES: readonly { readonly directory: string; readonly drive: (isSkipped: boolean, sample: () => Sample) => void; readonly manifest?: object }[] = [
  { directory: 'asset-transfer-basic', drive: driveBasic },
  { directory: 'asset-transfer-ledger-queries', drive: driveTypedLedgerQueries },
  { directory: 'asset-transfer-private-data', drive: drivePrivateQueries },
  { directory: 'asset-transfer-secured-agreement', drive: driveSecuredAgreement, manifest: SBE_MANIFEST },
  { directory: 'auction-simple', drive: driveSealedAuction, manifest: SBE_MANIFEST },
  { directory: 'high-throughput', drive: driveHighThroughput },
  { directory: 'token-erc-1155', drive: driveMultiToken },
  { directory: 'token-erc-20', drive: driveFungibleToken },
  { directory: 'token-erc-721', drive: driveNonFungibleToken },
  { directory: 'asset-transfer-events', drive: driveEventsAlone, manifest: { eventReaders: ['Org2MSP'] } },
  { directory: 'token-utxo', drive: driveUnspentOutputs },
];

/**
 * Two organisations that own data and endorse, as in Fabric's test network, where the samples are at home, and one that
 * owns nothing: owners alone do not vouch for their own state.
 */
describe.each(LEDGERS)('fabric-samples, unmodified, on the %s ledger', (ledger) => {
  const isSkipped = isMissing || (ledger === 'fabric' && fabricMissing() !== undefined);
  const folders: string[] = [];
  const gateways: Gateway[] = [];
  let test: TestNetwork | undefined;

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startTestNetwork({ ledger, businessOrganisations: ['Org1MSP', 'Org2MSP'], endorserOrganisations: ['Org1MSP', 'Org2MSP', 'WitnessMSP'], endorsementPolicy: "OR('Org1MSP.peer', 'Org2MSP.peer')" });
    for (const mspId of ['Org1MSP', 'Org2MSP']) gateways.push(await test.network.connect(mspId));
  });
  afterAll(async () => {
    for (const gateway of gateways) gateway.close();
    await test?.end();
    for (const folder of folders) rmSync(path.dirname(folder), { recursive: true, force: true });
  });

  const sampleOf = (directory: string, selvedgeJson?: object, isSkippedHere = isSkipped): (() => Sample) => {
    let sample: Sample | undefined;
    beforeAll(async () => {
      if (isSkippedHere) return;
      const folder = stageSample(directory, selvedgeJson);
      folders.push(folder);
      const { name } = await test!.network.deploy(folder, { name: directory.replace('/chaincode', '').replaceAll('/', '-') });
      const [org1, org2] = gateways.map((gateway) => gateway.getNetwork('main').getContract(name));
      sample = { name, org1: org1!, org2: org2!, network2: gateways[1]!.getNetwork('main') };
    });
    return () => sample!;
  };

  describe('asset-transfer-ledger-queries in JavaScript', () => {
    driveLedgerQueries(isSkipped, sampleOf('asset-transfer-ledger-queries/chaincode-javascript'));
  });
  describe('asset-transfer-ledger-queries in TypeScript', () => {
    driveTypedLedgerQueries(isSkipped, sampleOf('asset-transfer-ledger-queries/chaincode-typescript'));
  });
  describe('asset-transfer-private-data in TypeScript', () => {
    drivePrivateData(isSkipped, sampleOf('asset-transfer-private-data/chaincode-typescript'));
  });
  describe('asset-transfer-sbe in TypeScript', () => {
    driveStateBasedEndorsement(isSkipped, sampleOf('asset-transfer-sbe/chaincode-typescript', SBE_MANIFEST));
  });
  describe('asset-transfer-events in JavaScript', () => {
    driveEvents(isSkipped, sampleOf('asset-transfer-events/chaincode-javascript', { eventReaders: ['Org2MSP'] }));
  });
  describe('token-erc-20 in JavaScript', () => {
    driveFungibleToken(isSkipped, sampleOf('token-erc-20/chaincode-javascript'));
  });
  describe('token-erc-721 in JavaScript', () => {
    driveNonFungibleToken(isSkipped, sampleOf('token-erc-721/chaincode-javascript'));
  });
  describe.each(GO_SAMPLES)('$directory in Go', ({ directory, drive, manifest }) => {
    const isSkippedToo = isSkipped || isGoMissing;
    drive(isSkippedToo, sampleOf(`${directory}/chaincode-go`, manifest, isSkippedToo));
  });
});
