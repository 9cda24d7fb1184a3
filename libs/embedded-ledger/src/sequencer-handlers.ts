import { create } from '@bufbuild/protobuf';
import { SubmitAnswerSchema, type Block, type DeliverRequest, type SubmitAnswer, type SubmitRequest } from '@selvedge/protocol';
import type { BlockSource } from './ports.js';
import type { Sequencer } from './sequencer.js';

/** Handlers of the Sequencer service; implement(Sequencer, …) takes them. */
export interface SequencerHandlers {
  submit(request: SubmitRequest): Promise<SubmitAnswer>;
  deliver(request: DeliverRequest, context: { readonly signal: AbortSignal }): AsyncIterable<Block>;
}

/** Offers a sequencer as a service. */
export function createSequencerHandlers(sequencer: Sequencer): SequencerHandlers {
  return {
    submit: async ({ transaction }) => create(SubmitAnswerSchema, await sequencer.submit(transaction)),
    deliver: ({ fromBlock }, { signal }) => sequencer.deliver(fromBlock, signal),
  };
}

/** The Sequencer service's client, as far as a follower needs it (connectRpc(address).client(Sequencer) fits). */
export interface DeliverClient {
  deliver(request: { fromBlock: bigint }, options?: { signal?: AbortSignal }): AsyncIterable<Block>;
}

/** Blocks of a remote sequencer. */
export function createBlockSource(client: DeliverClient): BlockSource {
  return (fromBlock, signal) => client.deliver({ fromBlock }, { signal });
}
