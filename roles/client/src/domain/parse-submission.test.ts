import { create } from '@bufbuild/protobuf';
import { createTestConsortium, refusalCode, type TestConsortium } from '@selvedge/fixtures';
import { LIMITS, RequestKind, SubmitterRequestSchema, type SubmitterRequest } from '@selvedge/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRequest } from '../testdata/requests.js';
import { parseSubmission } from './parse-submission.js';

let consortium: TestConsortium;
beforeAll(async () => {
  consortium = await createTestConsortium();
});
const submission = (): SubmitterRequest => create(SubmitterRequestSchema, { contract: consortium.contract, request: { ...createRequest(consortium, RequestKind.SUBMIT).sealed } });

describe('a submission', () => {
  it('shows contract, suite, id and size', () => {
    const given = submission();
    const { contract, suite, txId, bytes } = parseSubmission(given, consortium);
    expect([contract, suite, txId.length]).toEqual([consortium.contract, consortium.contractPolicy.suite, 32]);
    expect(bytes).toBeGreaterThan(given.request!.ciphertext.length);
  });

  it.each<[string, (given: SubmitterRequest) => unknown, string]>([
    ['without a contract', (given) => { given.contract = ''; }, 'MALFORMED_MESSAGE'],
    ['without a request', (given) => { delete given.request; }, 'MALFORMED_MESSAGE'],
    ['with a long contract name', (given) => { given.contract = 'é'.repeat(LIMITS.maxNameBytes / 2 + 1); }, 'LIMIT_EXCEEDED'],
    ['with a header that does not parse', ({ request }) => { request!.header = Uint8Array.of(0xff, 0xff); }, 'MALFORMED_MESSAGE'],
    ['with a header that is too large', ({ request }) => { request!.header = new Uint8Array(LIMITS.maxHeaderBytes + 1); }, 'MESSAGE_TOO_LARGE'],
    ['with an empty header', ({ request }) => { request!.header = new Uint8Array(0); }, 'UNSUPPORTED_VERSION'],
    ['with a large encapsulated key', ({ request }) => { request!.enc = new Uint8Array(1_025); }, 'LIMIT_EXCEEDED'],
    ['with another salt', ({ request }) => { request!.salt = new Uint8Array(31); }, 'MALFORMED_MESSAGE'],
    ['that is too large to be opened', ({ request }) => { request!.ciphertext = new Uint8Array(LIMITS.maxRequestBytes + 1); }, 'LIMIT_EXCEEDED'],
  ])('%s is refused', (_name, change, code) => {
    const given = submission();
    change(given);
    expect(refusalCode(() => parseSubmission(given, consortium))).toBe(code);
  });

  it('for another network is refused', () => {
    expect(refusalCode(() => parseSubmission(submission(), { ...consortium, network: 'elsewhere' }))).toBe('WRONG_NETWORK');
  });
});
