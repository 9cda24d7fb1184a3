import { describe, expect, it } from 'vitest';
import { planGate } from './gate.js';

const surroundings = { businessOrganisations: ['AMSP', 'BMSP'], endorserOrganisations: ['AMSP', 'CMSP', 'DMSP'], endorsementPolicy: "OR('AMSP.peer')" };
const gatedFunctions = ['close'];

describe('planGate', () => {
  it('is the majority of all who follow the ledger where the manifest names nobody', () => {
    expect(planGate({ gatedFunctions }, surroundings)).toEqual({ gateOrganisations: ['AMSP', 'BMSP', 'CMSP', 'DMSP'], gateQuorum: 3 });
  });

  it('is all that the manifest names, or so many of them', () => {
    expect(planGate({ gatedFunctions, gate: { organisations: ['DMSP', 'AMSP'] } }, surroundings)).toEqual({ gateOrganisations: ['AMSP', 'DMSP'], gateQuorum: 2 });
    expect(planGate({ gatedFunctions, gate: { organisations: ['DMSP', 'AMSP'], quorum: 1 } }, surroundings).gateQuorum).toBe(1);
  });

  it('is none without gated functions, and then named for nothing', () => {
    expect(planGate({}, surroundings)).toEqual({ gateOrganisations: [], gateQuorum: 0 });
    expect(() => planGate({ gate: { organisations: ['AMSP'] } }, surroundings)).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
  });

  it('needs organisations that follow the ledger, and no more than are named', () => {
    expect(() => planGate({ gatedFunctions, gate: { organisations: ['XMSP'] } }, surroundings)).toThrow(/XMSP must run/);
    expect(() => planGate({ gatedFunctions, gate: { organisations: ['AMSP', 'AMSP'], quorum: 2 } }, surroundings)).toThrow(/quorum 2 of 1/);
  });
});
