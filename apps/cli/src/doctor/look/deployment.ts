import type { TlsSetting } from '@selvedge/rpc';
import { loadTls } from '@selvedge/client';
import { withRole } from '@selvedge/errors';
import type { OpenFolder } from '../../open-folder.js';
import type { CertificateFacts, DeploymentFacts, NodeFacts } from '../domain/facts.js';
import { ledgerFactsOf, profileFactsOf } from '../domain/ledger-facts.js';
import { readMonitoringPage } from './monitoring-page.js';
import { askNode } from './node.js';
import { readCertificates, readOwnFiles } from './own-files.js';
import type { Place } from './places.js';
import { readServedCertificates } from './served-certificates.js';

/** Looks at every process of a deployment, at its files on this machine, and at the policy on its ledger. */
export async function lookAtDeployment(folder: OpenFolder, places: readonly Place[]): Promise<DeploymentFacts> {
  const { connectionProfile, profile } = folder;
  const tls = loadTls(connectionProfile);
  const [ledger, seen, own] = await Promise.all([readLedger(folder), Promise.all(places.map((place) => lookAtPlace(place, tls))), readClientCertificates(folder)]);
  return {
    at: new Date(),
    profile: profileFactsOf(profile),
    ledger,
    nodes: seen.map(({ node }) => node),
    certificates: [...own, ...seen.flatMap(({ certificates }) => certificates)],
    businessOrganisations: connectionProfile.businessNodes.map(({ mspId }) => mspId),
  };
}

async function lookAtPlace({ name, service, mspId, address, configFile, monitoring }: Place, tls: TlsSetting): Promise<{ readonly node: NodeFacts; readonly certificates: readonly CertificateFacts[] }> {
  const files = await readOwnFiles(name, configFile);
  const page = monitoring ?? files.monitoring;
  const [told, served, shown] = await Promise.all([askNode(service, address, tls), readServedCertificates(name, address, tls), page === undefined ? undefined : readMonitoringPage(page)]);
  return {
    node: { name, service, mspId, address, ...told, teeType: told.teeType ?? files.teeType, profile: files.profile, disks: files.disks, unmet: shown?.unmet ?? [], clock: shown?.clock },
    certificates: [...files.certificates, ...served],
  };
}

async function readClientCertificates({ connectionProfile: { tls } }: OpenFolder): Promise<readonly CertificateFacts[]> {
  return tls === 'off' || tls.certificate === undefined ? [] : readCertificates('this folder', tls.certificate).catch(() => []);
}

async function readLedger(folder: OpenFolder): Promise<DeploymentFacts['ledger']> {
  try {
    const policy = await folder.openPolicy();
    try {
      return ledgerFactsOf(await policy.facts());
    } finally {
      policy.close();
    }
  } catch (error) {
    return { refusal: withRole(error, 'cli').code };
  }
}
