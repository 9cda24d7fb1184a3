import type { Case } from '../case.js';

/** The creator's identity, and policies for keys as the shims build them. */
export const identityCases: readonly Case[] = [
  { method: 'ClientIdentity.getID', kind: 'success', title: 'subject and issuer of the certificate', steps: [['ClientIdentity.getID']], expect: { returns: /^"x509::.*CN=client1@AuroraMSP.*::.*CN=ca\.AuroraMSP/ }, instead: { go: { returns: /^"eDUwOTo6/ } } },
  { method: 'ClientIdentity.getMSPID', kind: 'success', title: 'the creator’s organisation', as: 'outsider', steps: [['ClientIdentity.getMSPID']], expect: { returns: 'BorealisMSP' } },
  { method: 'ClientIdentity.getIDBytes', kind: 'success', title: 'the certificate, PEM', steps: [['ClientIdentity.getIDBytes']], expect: { returns: '-----BEGIN CERTIFICATE-----' } },
  { method: 'ClientIdentity.getX509Certificate', kind: 'success', title: 'the certificate, parsed', steps: [['ClientIdentity.getX509Certificate']], expect: { returns: /client1@AuroraMSP/ } },
  { method: 'ClientIdentity.getAttributeValue', kind: 'success', title: 'an attribute of the certificate', as: 'coloured', steps: [['ClientIdentity.getAttributeValue', 'colour']], expect: { returns: 'blue' } },
  { method: 'ClientIdentity.getAttributeValue', kind: 'absence', title: 'an attribute that the certificate lacks', as: 'coloured', steps: [['ClientIdentity.getAttributeValue', 'size']], expect: { returns: null } },
  { method: 'ClientIdentity.getAttributeValue', kind: 'absence', title: 'a certificate without attributes', steps: [['ClientIdentity.getAttributeValue', 'colour']], expect: { returns: null } },
  { method: 'ClientIdentity.assertAttributeValue', kind: 'success', title: 'the right value', as: 'coloured', steps: [['ClientIdentity.assertAttributeValue', 'colour', 'blue']], expect: { returns: true } },
  { method: 'ClientIdentity.assertAttributeValue', kind: 'success', title: 'another value', as: 'coloured', steps: [['ClientIdentity.assertAttributeValue', 'colour', 'red']], expect: { returns: false } },
  { method: 'ClientIdentity.assertAttributeValue', kind: 'absence', title: 'an attribute that the certificate lacks', as: 'coloured', steps: [['ClientIdentity.assertAttributeValue', 'size', 'big']], expect: { returns: false } },
];
