import { SelvedgeError } from '@selvedge/errors';
import type { Deployment } from './deployment.js';
import type { FabricLayout } from './folder-layout.js';
import { readDeployment, writeDeployment } from './folder.js';
import { addressAt, shortName, VIEWER_PORT } from './services.js';

/** What is said of a viewer. */
export interface NewViewer {
  readonly mspId: string;
  /** Default: viewer and the organisation's short name. */
  readonly nodeId: string | undefined;
  /** host:port; default: a port of the organisation's block. */
  readonly address: string | undefined;
}

/** Puts a viewer into the deployment file, or gives one that stands there another address. Throws INVALID_CONFIGURATION. */
export async function noteViewer(layout: FabricLayout, viewer: NewViewer): Promise<void> {
  await writeDeployment(layout, withViewer(await readDeployment(layout), viewer));
}

/** The deployment with a viewer. Throws INVALID_CONFIGURATION for an organisation that it does not have. */
export function withViewer(deployment: Deployment, { mspId, nodeId = `viewer-${shortName(mspId)}`, address }: NewViewer): Deployment {
  const organisation = deployment.organisations.find((candidate) => candidate.mspId === mspId);
  if (organisation === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${mspId} is not among the organisations of the deployment file; "selvedge fabric add-business-node" adds it`, { role: 'cli' });
  const present = deployment.viewers.find((viewer) => viewer.nodeId === nodeId);
  const changed = { nodeId, mspId, address: address ?? present?.address ?? addressAt(organisation, VIEWER_PORT) };
  const viewers = present === undefined ? [...deployment.viewers, changed] : deployment.viewers.map((viewer) => (viewer.nodeId === nodeId ? changed : viewer));
  return { ...deployment, viewers };
}
