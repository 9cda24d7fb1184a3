import { SelvedgeError } from '@selvedge/errors';
import { findContradictions } from './deployment-checks.js';
import { deploymentSchema, type Deployment } from './deployment-schema.js';

export type { DeployedContract, Deployment, Endpoint, Organisation, OwnOrganisation } from './deployment-schema.js';

/** Checks a parsed deployment file. Throws INVALID_CONFIGURATION naming every wrong setting. @param source for messages */
export function parseDeployment(value: unknown, source: string): Deployment {
  const parsed = deploymentSchema.safeParse(value);
  const wrong = parsed.success ? findContradictions(parsed.data) : parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`);
  if (parsed.success && wrong.length === 0) return parsed.data;
  throw new SelvedgeError('INVALID_CONFIGURATION', `${source}: ${wrong.join('; ')}`, { role: 'cli' });
}
