import { join, resolve } from 'node:path';
import { listSavedNodes } from '@selvedge/dev-network';
import { isFabricFolder, openFabricFolder } from '../../fabric/folder.js';
import { planServices } from '../../fabric/services.js';
import { nodesOfOthers } from '../../fabric/status-nodes.js';

/** A process of a deployment, and what this machine knows of it. */
export interface Place {
  readonly name: string;
  readonly service: string;
  readonly mspId: string;
  /** host:port */
  readonly address: string;
  /** undefined: it is not of this machine, or no service of ours. */
  readonly configFile: string | undefined;
  /** host:port of its monitoring page, where that is known beside the configuration. */
  readonly monitoring: string | undefined;
}

/** Every process that a folder knows of, also those of other operators. Throws INVALID_CONFIGURATION. */
export async function placesOf(directory: string): Promise<Place[]> {
  if (!isFabricFolder(directory)) return listSavedNodes(directory);
  const { deployment, layout } = await openFabricFolder(resolve(directory));
  const own = planServices(deployment).map(({ name, service, mspId, address }) => ({ name, service, mspId, address, configFile: join(layout.serviceDirectory(name), 'config.json'), monitoring: undefined }));
  return [...own, ...nodesOfOthers(deployment).map((node) => ({ ...node, configFile: undefined, monitoring: undefined }))];
}
