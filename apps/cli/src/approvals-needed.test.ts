import { facts } from '@selvedge/policy';
import { describe, expect, it } from 'vitest';
import { approvalsNeeded } from './approvals-needed.js';

describe('approvalsNeeded', () => {
  const [own, other] = [facts.revocationLists('AuroraMSP'), facts.revocationLists('NorthMSP')];
  it('is the quorum, but an organisation’s own for its revocation lists', () => {
    expect(approvalsNeeded([facts.contract('diamonds')], 'AuroraMSP', 3)).toBe(3);
    expect(approvalsNeeded([own], 'AuroraMSP', 3)).toBe(1);
    expect(approvalsNeeded([own, other], 'AuroraMSP', 3)).toBe(2);
    expect(approvalsNeeded([own, other], 'AuroraMSP', 1)).toBe(1);
    expect(approvalsNeeded([other], 'AuroraMSP', 3)).toBe(3);
    expect(approvalsNeeded([own, facts.profile], 'AuroraMSP', 3)).toBe(3);
  });
});
