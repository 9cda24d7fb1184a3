import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadTls, type Contract, type Gateway } from '@selvedge/client';
import { toHex } from '@selvedge/crypto';
import { createDevNetwork, type DevNetwork, type DevNetworkOptions } from '@selvedge/dev-network';
import { Compute } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';

/** The tour's contract, as a package on disk. */
export const DIAMONDS = fileURLToPath(new URL('../../../examples/contracts/diamonds', import.meta.url));

/** A network of real processes in a temporary folder, and how to end it. */
export interface TestNetwork {
  readonly network: DevNetwork;
  readonly directory: string;
  /** Stops every process and removes the folder. */
  end(): Promise<void>;
}

export async function startTestNetwork(options: Partial<DevNetworkOptions> = {}): Promise<TestNetwork> {
  const directory = options.directory ?? mkdtempSync(path.join(tmpdir(), 'selvedge-e2e-'));
  try {
    const network = await createDevNetwork({ ...options, directory });
    return {
      network,
      directory,
      async end() {
        await network.stop();
        rmSync(directory, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

/** A network on which one contract is deployed, and a client of the first business organisation. */
export interface TestContractNetwork extends TestNetwork {
  readonly gateway: Gateway;
  readonly contract: Contract;
}

/** As startTestNetwork, with a chaincode directory deployed; its end closes the gateway too. Nothing is left running where that fails. */
export async function startWithContract(directory: string, options: Partial<DevNetworkOptions> = {}): Promise<TestContractNetwork> {
  const test = await startTestNetwork(options);
  const { network } = test;
  try {
    const { name } = await network.deploy(directory);
    const gateway = await network.connect(options.businessOrganisations?.[0] ?? 'AuroraMSP');
    return {
      ...test,
      gateway,
      contract: gateway.getNetwork(network.connectionProfile().channel).getContract(name),
      async end() {
        gateway.close();
        await test.end();
      },
    };
  } catch (error) {
    await test.end();
    throw error;
  }
}

/** Compute nodes that have a package in their store, or whose store nobody can tell. @param codeHash hex */
export async function nodesHolding(network: DevNetwork, codeHash: string): Promise<string[]> {
  const profile = network.connectionProfile();
  const answers = profile.computeNodes.map(async ({ nodeId, address }) => {
    const connection = connectRpc(address, { tls: loadTls(profile) });
    try {
      const { packages } = await connection.client(Compute).health({});
      return packages.some((held) => toHex(held.codeHash) === codeHash) ? [nodeId] : [];
    } catch {
      return [nodeId];
    } finally {
      connection.close();
    }
  });
  return (await Promise.all(answers)).flat();
}

/** A stone as the diamonds contract takes it. */
export function stone(id: string, price = 1_000): Record<string, string | number> {
  return { id, cut: 'Ideal', color: 'E', clarity: 'VS1', carat: 0.5, price };
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
