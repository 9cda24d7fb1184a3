import fc from 'fast-check';
import { SelvedgeError } from '@selvedge/errors';
import { refusalCode } from '@selvedge/fixtures';
import { describe, expect, it } from 'vitest';
import { encodeFabricEndorsement, encodeFabricEvents, parseFabricEndorsement, parseFabricEvents } from './endorsement-response.js';
import { parseProposalChaincode } from './proposal.js';
import { parseRefusalText, refusalText } from './refusal-text.js';

const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 });

describe('an endorsement response', () => {
  it('comes back as it went', () => {
    fc.assert(fc.property(fc.array(bytes, { minLength: 1, maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), bytes, (cores, itemMask, endorsementPayload) => {
      const parsed = parseFabricEndorsement(encodeFabricEndorsement({ cores, itemMask, endorsementPayload }));
      expect(parsed).toMatchObject({ cores, itemMask, endorsementPayload });
    }));
  });

  it('is refused without a core, without a payload, or as garbage', () => {
    expect(refusalCode(() => parseFabricEndorsement(encodeFabricEndorsement({ cores: [], itemMask: new Uint8Array(0), endorsementPayload: Uint8Array.of(1) })))).toBe('MALFORMED_MESSAGE');
    expect(refusalCode(() => parseFabricEndorsement(encodeFabricEndorsement({ cores: [Uint8Array.of(1)], itemMask: new Uint8Array(0), endorsementPayload: new Uint8Array(0) })))).toBe('MALFORMED_MESSAGE');
    expect(refusalCode(() => parseFabricEndorsement(new Uint8Array(16).fill(0xff)))).toBe('MALFORMED_MESSAGE');
  });
});

describe('events', () => {
  it('come back as they went, under a txId of 32 bytes', () => {
    const txId = new Uint8Array(32).fill(3);
    expect(parseFabricEvents(encodeFabricEvents([{ txId, sealedEvents: [Uint8Array.of(1, 2)] }]))).toMatchObject([{ txId, sealedEvents: [Uint8Array.of(1, 2)] }]);
    expect(refusalCode(() => parseFabricEvents(encodeFabricEvents([{ txId: Uint8Array.of(1), sealedEvents: [] }])))).toBe('MALFORMED_MESSAGE');
    expect(refusalCode(() => parseFabricEvents(encodeFabricEvents([{ txId, sealedEvents: Array.from({ length: 17 }, () => Uint8Array.of(1)) }])))).toBe('LIMIT_EXCEEDED');
  });
});

describe('a refusal’s text', () => {
  it('is found in what peers and gateways make of it', () => {
    const text = refusalText(new SelvedgeError('STALE_READ', 'ledger key 00 has another version now'));
    for (const wrapped of [text, `chaincode response 500, ${text}`, `10 ABORTED: failed to endorse transaction: chaincode response 500, ${text}`]) {
      expect(parseRefusalText(wrapped)).toMatchObject({ code: 'STALE_READ', message: 'ledger key 00 has another version now', role: 'endorser' });
    }
  });

  it('is not made up', () => {
    for (const text of ['', 'error in simulation: timeout', 'NO_SUCH_CODE: x', 'xSTALE_READ: y', 'STALE_READ']) expect(parseRefusalText(text)).toBeUndefined();
    expect(parseRefusalText(`STALE_READ: ${'x'.repeat(1_000_000)}`)!.message.length).toBeLessThan(2_001);
    fc.assert(fc.property(fc.string(), (text) => {
      parseRefusalText(text);
    }));
  });
});

describe('the chaincode that a proposal calls', () => {
  const field = (number: number, content: Uint8Array): Uint8Array => Buffer.concat([Buffer.of(number * 8 + 2, content.length), content]);

  it('is named by the header extension, whatever else is in it', () => {
    const id = Buffer.concat([field(1, Buffer.from('path')), field(2, Buffer.from('diamonds')), field(3, Buffer.from('1.0'))]);
    expect(parseProposalChaincode(field(2, id))).toBe('diamonds');
    expect(parseProposalChaincode(new Uint8Array(0))).toBe('');
  });

  it('is read as Fabric’s own parser reads it: the last of several names', () => {
    expect(parseProposalChaincode(Buffer.concat([field(2, field(2, Buffer.from('diamonds'))), field(2, field(2, Buffer.from('evil')))]))).toBe('evil');
    expect(refusalCode(() => parseProposalChaincode(Uint8Array.of(0x12, 0x20, 1)))).toBe('MALFORMED_MESSAGE');
  });
});
