import { describe, expect, it } from 'vitest';
import { parseApproved, parseCommitted, parseInstalled, parseReadiness } from './outputs.js';

// Shapes of `peer lifecycle chaincode …  --output json` of Fabric 3.1.
const INSTALLED = `{ "installed_chaincodes": [ { "package_id": "second:11e8", "label": "second", "references": { "main": { "chaincodes": [ { "name": "second", "version": "1.0.0-77f297a7a422" } ] } } }, { "package_id": "diamonds:8755", "label": "diamonds" } ] }`;
const COMMITTED = `{ "sequence": 2, "version": "1.0.0-281b7bf1a680", "endorsement_plugin": "escc", "validation_plugin": "vscc", "validation_parameter": "EikvQ2g=", "collections": { "config": [ { "Payload": { "StaticCollectionConfig": { "name": "joint", "member_orgs_policy": { "Payload": { "SignaturePolicy": { "rule": { "Type": { "NOutOf": { "n": 1, "rules": [ { "Type": { "SignedBy": 0 } }, { "Type": { "SignedBy": 1 } } ] } } }, "identities": [ { "principal": "CgdPcmcyTVNQEAM=" }, { "principal": "CgdPcmcxTVNQ" }, { "principal_classification": 1, "principal": "CghPdGhlck1TUA==" } ] } } }, "maximum_peer_count": 1, "member_only_read": true } } }, { "Payload": { "StaticCollectionConfig": { "name": "brief", "block_to_live": 7 } } } ] }, "approvals": { "AuroraMSP": true, "EastMSP": false } }`;
const APPROVED = `{ "sequence": 1, "version": "1.0.0-77f297a7a422", "source": { "Type": { "LocalPackage": { "package_id": "diamonds:8755" } } } }`;
const APPROVED_WITHOUT_PACKAGE = `{ "sequence": 1, "version": "1.0.0-77f297a7a422", "source": { "Type": { "Unavailable": {} } } }`;
const committedWith = (policy: object): string => JSON.stringify({ version: '1', sequence: 1, collections: { config: [{ Payload: { StaticCollectionConfig: { name: 'a', member_orgs_policy: policy } } }] } });

describe('answers of the peer program', () => {
  it('name installed packages', () => {
    expect(parseInstalled(INSTALLED)).toEqual(['second:11e8', 'diamonds:8755']);
    expect(parseInstalled('{}')).toEqual([]);
  });

  it('say what is committed, and who approved', () => {
    expect(parseCommitted(COMMITTED)).toEqual({ version: '1.0.0-281b7bf1a680', sequence: 2, approvals: { AuroraMSP: true, EastMSP: false }, collections: [{ name: 'joint', blockToLive: 0, members: ['Org1MSP', 'Org2MSP'] }, { name: 'brief', blockToLive: 7, members: [] }] });
    expect(parseCommitted('{ "version": "1", "sequence": 1, "collections": {} }').collections).toEqual([]);
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
    ['collections of the wrong kind', () => parseCommitted('{ "version": "1", "sequence": 1, "collections": { "config": 7 } }')],
    ['a collection without name', () => parseCommitted('{ "version": "1", "sequence": 1, "collections": { "config": [ { "Payload": { "StaticCollectionConfig": {} } } ] } }')],
    ['a collection of negative life', () => parseCommitted('{ "version": "1", "sequence": 1, "collections": { "config": [ { "Payload": { "StaticCollectionConfig": { "name": "a", "block_to_live": -1 } } } ] } }')],
    ['members of the wrong kind', () => parseCommitted(committedWith({ Payload: { SignaturePolicy: { identities: 7 } } }))],
    ['a member that is no text', () => parseCommitted(committedWith({ Payload: { SignaturePolicy: { identities: [{ principal: 7 }] } } }))],
    ['a member that is no role', () => parseCommitted(committedWith({ Payload: { SignaturePolicy: { identities: [{ principal: '////' }] } } }))],
    ['a member that is too large', () => parseCommitted(committedWith({ Payload: { SignaturePolicy: { identities: [{ principal: `CoAI${'QUFB'.repeat(342)}` }] } } }))],
    ['null', () => parseCommitted('null')],
  ])('are refused with %s', (_what, parse) => {
    expect(parse).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }));
  });
});
