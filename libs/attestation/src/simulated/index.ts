export { createSimulatedAttester } from './attester.js';
export { createDevelopmentPlatform, createDevelopmentRoot } from './platform.js';
export { createSimulatedVerifier, simulatedPlatformId } from './verifier.js';
