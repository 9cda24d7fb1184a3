import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { openFabricGateway } from '@selvedge/client';
import { findFreePorts, type DevNetwork } from '@selvedge/dev-network';
import { createChaincodePackage, deployChaincode } from '@selvedge/fabric-network';
import type { CountedProcess } from './accounting.js';
import { createPlainCalls, type PlainCalls } from './plain-calls.js';

const NAME = 'bench-plain';
const HOST = '127.0.0.1';
/** The organisations that hold the values in clear and endorse. */
const HOLDERS = ['AuroraMSP', 'BorealisMSP'] as const;
const TIMEOUT_MS = 120_000;
const READY_TRIES = 400;
const READY_PAUSE_MS = 25;

/** The workload as a Fabric user has it today: the same chaincode package over a private data collection, or over public state. */
export interface PlainSubject {
  readonly calls: PlainCalls;
  /** Its chaincode's processes. */
  readonly processes: readonly CountedProcess[];
  stop(): Promise<void>;
}

/** Deploys the chaincode on the peers of two business organisations of a running Fabric network. @param contract its folder */
export async function startPlainSubject({ network, contract }: { readonly network: DevNetwork; readonly contract: string }): Promise<PlainSubject> {
  const { fabric } = network;
  if (fabric === undefined) throw new Error('plain Fabric chaincode needs a Fabric network');
  const plan = fabric.plan();
  const ports = await findFreePorts(HOLDERS.length);
  const servers = HOLDERS.map((mspId, i) => ({ mspId, address: `${HOST}:${String(ports[i])}`, chaincodePackage: createChaincodePackage(`${NAME}-${String(i)}`, { address: `${HOST}:${String(ports[i])}` }) }));
  const children = servers.map(({ mspId, address, chaincodePackage }) => serve(contract, address, chaincodePackage.packageId, mspId));
  const stop = async (): Promise<void> => {
    gateway.close();
    await Promise.all(children.map(end));
  };
  const connectionProfile = network.connectionProfile();
  const [client] = HOLDERS;
  const gateway = await openFabricGateway({ connectionProfile, signer: await network.identity(client) });
  try {
    await Promise.all(servers.map(({ address }) => untilListening(address)));
    const peers = HOLDERS.map((mspId) => `'${mspId}.peer'`).join(', ');
    const members = HOLDERS.map((mspId) => `'${mspId}.member'`).join(', ');
    const collections = [{ name: 'values', policy: `OR(${members})`, requiredPeerCount: 0, maxPeerCount: 1, blockToLive: 0, memberOnlyRead: true, memberOnlyWrite: true }];
    await deployChaincode({
      program: fabric.program,
      orderer: fabric.orderer,
      definition: { channel: plan.channel, name: NAME, version: '1', policy: { signaturePolicy: `AND(${peers})` }, collections: JSON.stringify(collections) },
      organisations: plan.peers.map(({ mspId }) => {
        const admin = fabric.admin(mspId);
        const own = servers.find((server) => server.mspId === mspId)?.chaincodePackage;
        return { admin, ...(own === undefined ? {} : { chaincodePackage: own }) };
      }),
    });
    await fabric.untilRunning(NAME, HOLDERS, TIMEOUT_MS);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    calls: createPlainCalls(gateway, NAME, HOLDERS),
    processes: children.map(({ pid }, i) => ({ name: `${NAME}-${String(i + 1)}`, part: 'plain-chaincode', pid: pid ?? -1 })),
    stop,
  };
}

/** The chaincode as a service, started as Fabric's documentation has it. */
function serve(contract: string, address: string, packageId: string, mspId: string): ChildProcess {
  const cli = createRequire(`${contract}/package.json`).resolve('fabric-shim/cli');
  const env = { ...process.env, CORE_PEER_LOCALMSPID: mspId, CORE_CHAINCODE_LOGGING_LEVEL: 'error', CORE_CHAINCODE_LOGGING_SHIM: 'error' };
  return spawn(process.execPath, [cli, 'server', `--chaincode-address=${address}`, `--chaincode-id=${packageId}`], { cwd: contract, env, stdio: 'ignore' });
}

async function untilListening(address: string): Promise<void> {
  for (let tries = 0; tries < READY_TRIES; tries += 1) {
    if (await isListening(address)) return;
    await sleep(READY_PAUSE_MS);
  }
  throw new Error(`the chaincode does not listen at ${address}`);
}

function isListening(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = createConnection({ host, port: Number(port) });
    const done = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', done(true));
    socket.once('error', done(false));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
