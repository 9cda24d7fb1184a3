import { SelvedgeError } from '@selvedge/errors';
import type * as simulated from './index.js';

/**
 * What stands in production bundles in place of the simulated TEE (package.json, condition "selvedge-production"): there is no code
 * in them that a setting could switch on. Every function throws SIMULATED_TEE_REFUSED.
 */
const absent = (): never => {
  throw new SelvedgeError('SIMULATED_TEE_REFUSED', 'this build has no simulated TEE');
};

export const createSimulatedAttester: typeof simulated.createSimulatedAttester = absent;
export const createSimulatedVerifier: typeof simulated.createSimulatedVerifier = absent;
export const simulatedPlatformId: typeof simulated.simulatedPlatformId = absent;
export const createDevelopmentRoot: typeof simulated.createDevelopmentRoot = absent;
export const createDevelopmentPlatform: typeof simulated.createDevelopmentPlatform = absent;
