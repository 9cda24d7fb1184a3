import { describe, expect, it } from 'vitest';
import { createDevCa } from './dev-ca/dev-ca.js';
import { parseAttributes } from './attributes.js';
import { createMspRegistry } from './registry.js';
import { createSigner } from './signer.js';

const of = (text: string): [string, string][] => [...parseAttributes(Buffer.from(text))];

describe('attributes of a certificate', () => {
  it('are those that the CA put in, as Fabric CA does', async () => {
    const ca = await createDevCa('AuroraMSP');
    const registry = createMspRegistry([{ mspId: 'AuroraMSP', rootCertificates: [ca.rootCertificate], intermediateCertificates: [], revocationLists: [] }]);
    const attributesOf = async (attributes?: Record<string, string>) =>
      registry.verifyIdentity(createSigner({ mspId: 'AuroraMSP', ...(await ca.issue({ commonName: 'u', role: 'client', ...(attributes === undefined ? {} : { attributes }) })) }).serialized).attributes;
    expect([...(await attributesOf({ 'selvedge.view': 'true', other: 'x' }))]).toEqual([['selvedge.view', 'true'], ['other', 'x']]);
    expect([...(await attributesOf())]).toEqual([]);
  });

  it.each(['', '{', 'null', '[]', '"attrs"', '{"attrs":null}', '{"attrs":[["selvedge.view","true"]]}', '{"attrs":"selvedge.view"}', '{"selvedge.view":"true"}', '\ufffd'])('grants nothing for %j', (text) => {
    expect(of(text)).toEqual([]);
  });

  it('takes texts alone, and at most 256', () => {
    expect(of('{"attrs":{"a":true,"b":1,"c":["true"],"d":{"true":"true"},"e":"true","__proto__":"x"}}')).toEqual([['e', 'true'], ['__proto__', 'x']]);
    expect(of(JSON.stringify({ attrs: Object.fromEntries(Array.from({ length: 300 }, (_unused, i) => [`a${String(i)}`, 'x'])) }))).toHaveLength(256);
  });
});
