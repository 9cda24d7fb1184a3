import { create, toBinary } from '@bufbuild/protobuf';
import { isSelvedgeError, type RefusalCode } from '@selvedge/errors';
import { Submitter, SubmitterMessageSchema, SubmitterRequestSchema } from '@selvedge/protocol';
import type { RpcConnection } from '@selvedge/rpc';
import type { OnHop, SubmitterPort } from '../ports.js';
import { asUnavailable } from './observe.js';

/** A submitter over gRPC. The hop ends with the stream; sizes are computed only when somebody watches. */
export function submitterPort(connection: RpcConnection, onHop: OnHop | undefined): SubmitterPort {
  const { address } = connection;
  const rpc = connection.client(Submitter);
  return {
    address,
    async *submit(contract, sealed, { signal, txId }) {
      const request = create(SubmitterRequestSchema, { contract, request: sealed });
      const startedAt = performance.now();
      let [receivedBytes, refusal]: [number, RefusalCode | undefined] = [0, undefined];
      try {
        for await (const message of rpc.submit(request, signal === undefined ? {} : { signal })) {
          if (onHop !== undefined) receivedBytes += toBinary(SubmitterMessageSchema, message).length;
          yield message;
        }
      } catch (error) {
        const failure = asUnavailable(error, signal, 'submitter');
        refusal = isSelvedgeError(failure) ? failure.code : 'INTERNAL';
        throw failure;
      } finally {
        onHop?.({ hop: 'submitter', peer: 'submitter', address, txId, sentBytes: toBinary(SubmitterRequestSchema, request).length, receivedBytes, ms: performance.now() - startedAt, refusal });
      }
    },
  };
}
