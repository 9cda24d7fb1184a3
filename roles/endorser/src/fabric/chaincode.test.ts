import { Contract } from 'fabric-contract-api';
import { describe, expect, it } from 'vitest';
import type { ChaincodeStub } from './adapters/chaincode-stub.js';
import { createChaincode } from './chaincode.js';

class Failing extends Contract {
  Fail(): Promise<Buffer> {
    return Promise.reject(new Error('the-secret'));
  }
}

const logged: { fields: Readonly<Record<string, unknown>>; message: string }[] = [];
const log = { debug: (fields: Readonly<Record<string, unknown>>, message: string) => logged.push({ fields, message }), error: (fields: Readonly<Record<string, unknown>>, message: string) => logged.push({ fields, message }) };
const chaincode = createChaincode({ contract: new Failing(), functions: { Fail: 0 }, role: 'endorsement-chaincode', log });
const stubOf = (fcn: string, params: string[] = []): ChaincodeStub => ({ getTxID: () => 'tx', getFunctionAndParameters: () => ({ fcn, params }) }) as unknown as ChaincodeStub;

describe('a chaincode', () => {
  it.each(['', 'Other', 'Failing:Fail', 'org.hyperledger.fabric:GetMetadata', 'unknownTransaction', 'createContext', '__proto__', 'constructor', 'toString'])('does not offer %j, and does not repeat it', async (fcn) => {
    const { status, message } = await chaincode.Invoke(stubOf(fcn));
    expect(status).toBe(500);
    expect(message).toBe('FEATURE_UNSUPPORTED: no such function; there are Fail');
  });

  it('takes the arguments that a function has, no more', async () => {
    expect((await chaincode.Invoke(stubOf('Fail', ['a']))).message).toMatch(/^MALFORMED_MESSAGE: /);
  });

  it('does not show what went wrong inside; its log has the stack', async () => {
    expect((await chaincode.Invoke(stubOf('Fail'))).message).toBe('INTERNAL: unexpected failure');
    expect(logged.at(-1)!.fields).toMatchObject({ code: 'INTERNAL', fabricTxId: 'tx', cause: expect.stringContaining('the-secret') as string });
  });

  it('tells of calls by functions that there are, and by what they ended in', async () => {
    const calls: string[] = [];
    const counted = createChaincode({ contract: new Failing(), functions: { Fail: 0 }, role: 'endorsement-chaincode', log, onCall: ({ service, method }) => (code) => void calls.push(`${service} ${method} ${code}`) });
    await counted.Invoke(stubOf('Fail'));
    await counted.Invoke(stubOf('the-secret'));
    await counted.Init(stubOf('the-secret'));
    expect(calls).toEqual(['endorsement-chaincode Fail INTERNAL', 'endorsement-chaincode other FEATURE_UNSUPPORTED', 'endorsement-chaincode Init FEATURE_UNSUPPORTED']);
  });

  it('has nothing to initialise', async () => {
    expect((await chaincode.Init(stubOf(''))).message).toMatch(/^FEATURE_UNSUPPORTED: .*--init-required/);
  });
});
