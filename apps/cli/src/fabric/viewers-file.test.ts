import { describe, expect, it } from 'vitest';
import { findContradictions } from './deployment-checks.js';
import { testDeployment } from './testdata/deployments.js';
import { withViewer } from './viewers-file.js';

const deployment = testDeployment();
const add = (mspId: string, nodeId?: string, address?: string, to = deployment) => withViewer(to, { mspId, nodeId, address });

describe('a viewer in the deployment file', () => {
  it('gets a name and a port of its organisation, unless it is given them', () => {
    expect(add('AuroraMSP').viewers).toEqual([{ nodeId: 'viewer-aurora', mspId: 'AuroraMSP', address: '127.0.0.1:17017' }]);
    expect(add('AuroraMSP', 'eyes', 'viewer.example:9000').viewers).toEqual([{ nodeId: 'eyes', mspId: 'AuroraMSP', address: 'viewer.example:9000' }]);
  });

  it('stands there once, and keeps its address until it is given another', () => {
    const once = add('AuroraMSP', undefined, 'a:1');
    expect(add('AuroraMSP', undefined, undefined, once)).toEqual(once);
    expect(add('AuroraMSP', undefined, 'a:2', once).viewers).toEqual([{ nodeId: 'viewer-aurora', mspId: 'AuroraMSP', address: 'a:2' }]);
    expect(add('BothMSP', undefined, undefined, once).viewers.map(({ nodeId }) => nodeId)).toEqual(['viewer-aurora', 'viewer-both']);
  });

  it('belongs to an organisation that keeps data, and has a name of its own', () => {
    expect(() => add('OtherMSP')).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('OtherMSP') as string }));
    expect(findContradictions(add('AuroraMSP'))).toEqual([]);
    expect(findContradictions(add('NorthMSP'))).toEqual(['viewers.0.mspId: NorthMSP is no organisation that keeps data (role business)']);
    expect(findContradictions(add('AuroraMSP', 'compute-1'))).toEqual(['computeNodes and viewers: compute-1 is listed twice']);
  });
});
