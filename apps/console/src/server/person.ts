import type { Gateway, HopEvent } from '@selvedge/client';
import { SelvedgeError } from '@selvedge/errors';
import type { Identity, Signer } from '@selvedge/identity';
import type { RefusalsView, RefusalView, RequestInput } from '../api.js';
import { createFollow, type Follow } from '../follow/follow.js';
import { wireOf } from '../follow/run-request.js';
import type { ConsoleNetwork } from '../ports.js';

/** A signed-in person, with what the console does in their name. It all ends with the session. */
export interface Person {
  readonly identity: Identity;
  readonly canSign: boolean;
  /** Throws SIGNING_KEY_ABSENT. */
  gateway(): Promise<Gateway>;
  /** Throws RATE_LIMITED while too many requests of theirs run. */
  begin(input: RequestInput, at: number): Follow;
  follow(id: string): Follow | undefined;
  refused(what: string, refusal: RefusalView, at: number): void;
  /** Newest first. */
  refusals(): RefusalsView['own'];
  close(): void;
}

const MAX_FOLLOWS = 20;
const MAX_RUNNING = 4;
const MAX_REFUSALS = 100;

export function createPerson(network: ConsoleNetwork, identity: Identity, signer: Signer | undefined): Person {
  let follows: Follow[] = [];
  let refusals: RefusalsView['own'] = [];
  let opened: Promise<Gateway> | undefined;
  let counted = 0;
  const onHop = (event: HopEvent): void => {
    // Attestation belongs to no transaction: whoever waits for it sees it.
    for (const follow of follows) if (!follow.isEnded() && (event.txId === undefined || event.txId === follow.transactionId())) follow.tell({ type: 'wire', wire: wireOf(event) });
  };
  return {
    identity,
    canSign: signer !== undefined,
    async gateway() {
      if (signer === undefined) throw new SelvedgeError('SIGNING_KEY_ABSENT', `the private key of ${identity.mspId}’s ${identity.commonName} is not on the console’s machine`, { role: 'console' });
      opened ??= network.connect(signer, onHop);
      try {
        return await opened;
      } catch (error) {
        opened = undefined;
        throw error;
      }
    },
    begin(input, at) {
      if (follows.filter((follow) => !follow.isEnded()).length >= MAX_RUNNING) throw new SelvedgeError('RATE_LIMITED', `${String(MAX_RUNNING)} of your requests are under way: wait until one ends`, { role: 'console' });
      counted += 1;
      const follow = createFollow(String(counted), input, at);
      for (const old of follows.slice(MAX_FOLLOWS - 1)) old.close();
      follows = [follow, ...follows].slice(0, MAX_FOLLOWS);
      return follow;
    },
    follow: (id) => follows.find((follow) => follow.id === id),
    refused(what, refusal, at) {
      refusals = [{ at, what, refusal }, ...refusals].slice(0, MAX_REFUSALS);
    },
    refusals: () => refusals,
    close() {
      for (const follow of follows) follow.close();
      follows = [];
      void opened?.then((gateway) => { gateway.close(); }, () => undefined);
    },
  };
}
