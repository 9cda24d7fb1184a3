/** What evidence of the simulated TEE is called: known everywhere, so that it can be refused by name. */
export const SIMULATED_TEE_TYPE = 'simulated';
