import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfPresent, readJson, writeJson } from '@selvedge/service-kit/launch';
import { SelvedgeError } from '@selvedge/errors';
import { z } from 'zod';
import { chaincodePackage } from './chaincodes.js';
import type { OwnOrganisation } from './deployment.js';
import type { FabricLayout } from './folder-layout.js';
import type { FabricFolder } from './folder.js';
import { findIdentityFiles } from './msp-folder.js';
import { serviceConfig } from './service-configs.js';
import { FABRIC_SERVICES, planServices, type FabricService, type PlannedService } from './services.js';
import { ensureServiceTls } from './tls-material.js';

/** A process that `selvedge fabric start` runs. */
export interface WrittenService {
  readonly name: string;
  readonly service: FabricService;
  readonly mspId: string;
  readonly address: string;
  readonly configFile: string;
  /** Changes with the configuration and the files that a process reads once: a running process with another one is outdated. */
  readonly fingerprint: string;
}

const schema = z.strictObject({
  services: z.array(
    z.strictObject({
      name: z.string().min(1),
      service: z.enum(FABRIC_SERVICES),
      mspId: z.string(),
      address: z.string(),
      configFile: z.string(),
      fingerprint: z.string(),
    }),
  ),
});

/** Writes the configuration file of every process that this folder operates, and the list of them. */
export async function writeServices(folder: FabricFolder, own: readonly OwnOrganisation[]): Promise<WrittenService[]> {
  const written: WrittenService[] = [];
  for (const service of planServices(folder.deployment)) {
    const organisation = own.find(({ mspId }) => mspId === service.mspId);
    if (organisation !== undefined) written.push(await writeService(folder, organisation, service));
  }
  await writeJson(folder.layout.servicesFile, { services: written });
  return written;
}

/** What is to run here; empty before the first deployment. Throws INVALID_CONFIGURATION. */
export async function readServices({ servicesFile }: FabricLayout): Promise<readonly WrittenService[]> {
  const value = await readJson(servicesFile);
  if (value === undefined) return [];
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data.services;
  throw new SelvedgeError('INVALID_CONFIGURATION', `${servicesFile}: not a list of services; "selvedge fabric deploy" writes it`, { role: 'cli' });
}

async function writeService(folder: FabricFolder, organisation: OwnOrganisation, service: PlannedService): Promise<WrittenService> {
  const { layout, deployment } = folder;
  const { name, mspId, address } = service;
  const isChaincode = service.service === 'policy-chaincode' || service.service === 'endorsement-chaincode';
  const tls = await ensureServiceTls(layout, organisation, name, [organisation.services.host.replaceAll(/[[\]]/g, ''), hostOf(address)]);
  const config = serviceConfig(layout, deployment, service, {
    organisation,
    tls,
    identity: await findIdentityFiles(organisation.own.peer),
    packageId: isChaincode ? (await chaincodePackage(folder, organisation, service, deployment.policyChaincode)).packageId : undefined,
  });
  const directory = layout.serviceDirectory(name);
  await mkdir(join(directory, 'data'), { recursive: true });
  const configFile = join(directory, 'config.json');
  await writeJson(configFile, config);
  return { name, service: service.service, mspId, address, configFile, fingerprint: await fingerprintOf(config) };
}

/** Digest of a configuration and of the files that it names. */
async function fingerprintOf(config: Record<string, unknown>): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify(config));
  const { signedProfile, tls } = config as { readonly signedProfile?: string; readonly tls?: Readonly<Record<string, string>> };
  for (const file of [signedProfile, ...Object.values(tls ?? {})]) digest.update((file === undefined ? undefined : await readIfPresent(file)) ?? 'absent');
  return digest.digest('hex');
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replaceAll(/[[\]]/g, '');
}
