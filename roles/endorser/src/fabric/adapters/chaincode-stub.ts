import type { Context } from 'fabric-contract-api';

/** The peer's side of one transaction, as fabric-shim gives it. */
export type ChaincodeStub = Context['stub'];
