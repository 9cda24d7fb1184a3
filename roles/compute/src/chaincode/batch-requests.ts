import { peer } from '@hyperledger/fabric-protos';
import { decodeRequest, RequestError } from './request-error.js';
import { MessageType } from './messages.js';

/** One request of the chaincode, as it would stand in a message of its own. */
export interface SingleRequest {
  readonly type: number;
  readonly payload: Uint8Array;
}

/**
 * Takes a WRITE_BATCH_STATE apart into the messages that it stands for, in order (core/chaincode: HandleWriteBatch), so
 * that a batch can do nothing that its records could not do one by one.
 */
export function splitWriteBatch(payload: Uint8Array): SingleRequest[] {
  return decodeRequest(() => peer.WriteBatchState.deserializeBinary(payload)).getRecList().map(singleWrite);
}

/** The GET_STATE messages that a GET_STATE_MULTIPLE stands for, in the order of its keys. */
export function splitGetMultiple(payload: Uint8Array): SingleRequest[] {
  const request = decodeRequest(() => peer.GetStateMultiple.deserializeBinary(payload));
  return request.getKeysList().map((key) => {
    const single = new peer.GetState();
    single.setCollection(request.getCollection());
    single.setKey(key);
    return { type: MessageType.GET_STATE, payload: single.serializeBinary() };
  });
}

/** Payload of the answer to a GET_STATE_MULTIPLE; an absent key is an empty value. */
export function joinValues(values: readonly Uint8Array[]): Uint8Array {
  const result = new peer.GetStateMultipleResult();
  result.setValuesList([...values]);
  return result.serializeBinary();
}

function singleWrite(record: peer.WriteRecord): SingleRequest {
  switch (record.getType()) {
    case peer.WriteRecord.Type.PUT_STATE: {
      const put = new peer.PutState();
      put.setCollection(record.getCollection());
      put.setKey(record.getKey());
      put.setValue(record.getValue_asU8());
      return { type: MessageType.PUT_STATE, payload: put.serializeBinary() };
    }
    case peer.WriteRecord.Type.DEL_STATE:
      return { type: MessageType.DEL_STATE, payload: deletion(record) };
    case peer.WriteRecord.Type.PURGE_PRIVATE_DATA:
      return { type: MessageType.PURGE_PRIVATE_DATA, payload: deletion(record) };
    case peer.WriteRecord.Type.PUT_STATE_METADATA: {
      const put = new peer.PutStateMetadata();
      put.setCollection(record.getCollection());
      put.setKey(record.getKey());
      put.setMetadata(record.getMetadata() ?? new peer.StateMetadata());
      return { type: MessageType.PUT_STATE_METADATA, payload: put.serializeBinary() };
    }
    default:
      throw new RequestError('unknown operation type');
  }
}

function deletion(record: peer.WriteRecord): Uint8Array {
  const del = new peer.DelState();
  del.setCollection(record.getCollection());
  del.setKey(record.getKey());
  return del.serializeBinary();
}
