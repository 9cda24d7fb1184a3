import { describe, expect, it } from 'vitest';
import { parseApproved, parseCommitted, parseInstalled, parseReadiness } from './outputs.js';

// Shapes of `peer lifecycle chaincode …  --output json` of Fabric 3.1.
const INSTALLED = `{ "installed_chaincodes": [ { "package_id": "second:11e8", "label": "second", "references": { "main": { "chaincodes": [ { "name": "second", "version": "1.0.0-77f297a7a422" } ] } } }, { "package_id": "diamonds:8755", "label": "diamonds" } ] }`;
const COMMITTED = `{ "sequence": 2, "version": "1.0.0-281b7bf1a680", "endorsement_plugin": "escc", "validation_plugin": "vscc", "validation_parameter": "EikvQ2g=", "collections": { "config": [] }, "approvals": { "AuroraMSP": true, "EastMSP": false } }`;
const APPROVED = `{ "sequence": 1, "version": "1.0.0-77f297a7a422", "source": { "Type": { "LocalPackage": { "package_id": "diamonds:8755" } } } }`;
const APPROVED_WITHOUT_PACKAGE = `{ "sequence": 1, "version": "1.0.0-77f297a7a422", "source": { "Type": { "Unavailable": {} } } }`;

describe('answers of the peer program', () => {
  it('name installed packages', () => {
    expect(parseInstalled(INSTALLED)).toEqual(['second:11e8', 'diamonds:8755']);
    expect(parseInstalled('{}')).toEqual([]);
  });

  it('say what is committed, and who approved', () => {
    expect(parseCommitted(COMMITTED)).toEqual({ version: '1.0.0-281b7bf1a680', sequence: 2, approvals: { AuroraMSP: true, EastMSP: false } });
    expect(parseReadiness('{ "approvals": { "AuroraMSP": true, "EastMSP": false } }')).toEqual({ AuroraMSP: true, EastMSP: false });
  });

  it('say what an organisation approved, with a package and without', () => {
    expect(parseApproved(APPROVED)).toEqual({ version: '1.0.0-77f297a7a422', sequence: 1, packageId: 'diamonds:8755' });
    expect(parseApproved(APPROVED_WITHOUT_PACKAGE)).toEqual({ version: '1.0.0-77f297a7a422', sequence: 1, packageId: undefined });
  });

  it.each([
    ['no JSON', () => parseInstalled('Installed chaincodes on peer:')],
    ['a list of the wrong kind', () => parseInstalled('{ "installed_chaincodes": {} }')],
    ['an entry without id', () => parseInstalled('{ "installed_chaincodes": [ {} ] }')],
    ['no version', () => parseCommitted('{ "sequence": 1 }')],
    ['no sequence', () => parseCommitted('{ "version": "1" }')],
    ['a sequence of zero', () => parseCommitted('{ "version": "1", "sequence": 0 }')],
    ['approvals of the wrong kind', () => parseReadiness('{ "approvals": [] }')],
    ['a package of the wrong kind', () => parseApproved('{ "version": "1", "sequence": 1, "source": { "Type": { "LocalPackage": { "package_id": 7 } } } }')],
    ['null', () => parseCommitted('null')],
  ])('are refused with %s', (_what, parse) => {
    expect(parse).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }));
  });
});
