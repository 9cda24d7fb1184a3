import type { openFabricGateway } from '@selvedge/client';
import type { Side } from './points.js';
import { changeOf, createKeySequence, verifyAnswer } from './values.js';
import type { Call } from './workload.js';

type FabricGateway = Awaited<ReturnType<typeof openFabricGateway>>;

const BOUNDS = { timeoutMs: 120_000 };

/** Calls of a plain Fabric client: endorse, order, wait for the commit; or evaluate on one peer. */
export interface PlainCalls {
  callOf(side: Side): Call;
  /** Submits one function. Throws when the transaction is not valid. */
  submit(functionName: string, args: readonly string[], transientData?: Readonly<Record<string, string>>): Promise<void>;
}

/** @param organisations that endorse; the first one's peer also answers queries */
export function createPlainCalls(gateway: FabricGateway, chaincode: string, organisations: readonly string[]): PlainCalls {
  const submit: PlainCalls['submit'] = async (functionName, args, transientData = {}) => {
    const endorsed = await gateway.endorse({ chaincode, functionName, args: args.map((text) => Buffer.from(text)), transientData: Object.fromEntries(Object.entries(transientData).map(([name, text]) => [name, Buffer.from(text)])), organisations }, BOUNDS);
    await gateway.submit(endorsed, BOUNDS);
    const { code } = await gateway.commitStatus(endorsed.transactionId, BOUNDS);
    if (code !== 0) throw Object.assign(new Error('the transaction is not valid'), { code: `FABRIC_${String(code)}` });
  };
  const evaluate = (functionName: string, arg: string): Promise<Uint8Array> => gateway.evaluate({ chaincode, functionName, args: [Buffer.from(arg)], organisations: organisations.slice(0, 1) }, BOUNDS);
  return {
    submit,
    callOf(side) {
      const nextKey = createKeySequence(side);
      const change = changeOf(side.valueBytes);
      const isPublic = side.subject === 'public';
      if (side.workload === 'query') {
        return async () => {
          verifyAnswer(await evaluate(isPublic ? 'ReadPublic' : 'Read', nextKey()), side.valueBytes);
        };
      }
      return () => (isPublic ? submit('UpdatePublic', [nextKey(), change]) : submit('Update', [nextKey()], { value: change }));
    },
  };
}
