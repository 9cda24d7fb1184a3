import { toBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { isSelvedgeError, SelvedgeError, type RefusalCode } from '@selvedge/errors';
import type { CallBounds, HopName, OnHop } from '../ports.js';

/** Runs one call to a peer and tells whoever watches its sizes and its time. */
export type Observed = <I extends DescMessage, O extends DescMessage>(
  call: {
    readonly hop: HopName;
    readonly peer: string;
    readonly address: string;
    readonly request: readonly [I, MessageShape<I>];
    readonly answer: O;
    readonly bounds: CallBounds;
  },
  run: () => Promise<MessageShape<O>>,
) => Promise<MessageShape<O>>;

/** Sizes are computed only when somebody watches. */
export function createObserved(onHop: OnHop | undefined): Observed {
  return async ({ hop, peer, address, request, answer, bounds }, run) => {
    const startedAt = performance.now();
    const report = (receivedBytes: number, refusal: RefusalCode | undefined): void => {
      if (onHop === undefined) return;
      const sentBytes = toBinary(request[0], request[1]).length;
      onHop({ hop, peer, address, txId: bounds.txId, sentBytes, receivedBytes, ms: performance.now() - startedAt, refusal });
    };
    try {
      const result = await run();
      report(onHop === undefined ? 0 : toBinary(answer, result).length, undefined);
      return result;
    } catch (error) {
      const failure = asUnavailable(error, bounds.signal, peer);
      report(0, isSelvedgeError(failure) ? failure.code : 'INTERNAL');
      throw failure;
    }
  };
}

/** A call that the caller did not cancel was cut by a peer that stops. */
export function asUnavailable(error: unknown, signal: AbortSignal | undefined, peer: string): unknown {
  if (!isSelvedgeError(error, 'CANCELLED') || signal?.aborted === true) return error;
  return new SelvedgeError('UNAVAILABLE', `${peer} cut the call`, { role: 'client', cause: error });
}
