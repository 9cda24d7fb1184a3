import { Contract, type Context } from 'fabric-contract-api';
import { SelvedgeError } from '@selvedge/errors';
import { ALL_FACTS_FUNCTION, APPLY_FUNCTION, FACTS_FUNCTION } from '@selvedge/fabric';
import type { Profile } from '@selvedge/policy';
import { LIMITS } from '@selvedge/protocol';
import { createFactStore } from './adapters/stub-state.js';
import { applyPolicyTransaction } from './apply-policy.js';
import { answerAllFacts, answerFacts } from './policy-facts-answer.js';

export interface PolicyContractOptions {
  /** Trust anchor: the profile that the first change must set; also names the channel. */
  readonly profile: Profile;
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
/** Four characters stand for three bytes. */
const MAX_BASE64_CHARACTERS = Math.ceil(LIMITS.maxMessageBytes / 3) * 4;

/** The policy chaincode, one per channel: profile, broker root, contracts, epochs and revocations, one state key each. */
export class PolicyContract extends Contract {
  readonly #profile: Profile;

  constructor({ profile }: PolicyContractOptions) {
    super();
    this.#profile = profile;
  }

  /** Applies base64 of PolicyTransaction bytes: change and approvals stay in the block. Gives the change's id, 32 bytes. */
  async [APPLY_FUNCTION]({ stub }: Context, transaction: string): Promise<Buffer> {
    this.#requireChannel(stub.getChannelID());
    const { id } = await applyPolicyTransaction(createFactStore(stub), parseBase64(transaction), this.#profile);
    return Buffer.from(id);
  }

  /** Reads the facts that base64 of FactsQuery bytes names. Gives FactsAnswer bytes. */
  async [FACTS_FUNCTION]({ stub }: Context, query: string): Promise<Buffer> {
    this.#requireChannel(stub.getChannelID());
    return Buffer.from(await answerFacts(createFactStore(stub), parseBase64(query)));
  }

  /** Gives FactsAnswer bytes of every fact. */
  async [ALL_FACTS_FUNCTION]({ stub }: Context): Promise<Buffer> {
    this.#requireChannel(stub.getChannelID());
    return Buffer.from(await answerAllFacts(createFactStore(stub)));
  }

  #requireChannel(channel: string): void {
    if (channel !== this.#profile.message.channel) throw new SelvedgeError('WRONG_CHANNEL', 'this chaincode process serves another channel');
  }
}

function parseBase64(text: string): Uint8Array {
  if (text.length > MAX_BASE64_CHARACTERS) throw new SelvedgeError('MESSAGE_TOO_LARGE', `argument: at most ${String(LIMITS.maxMessageBytes)} bytes allowed`);
  if (!BASE64.test(text)) throw new SelvedgeError('MALFORMED_MESSAGE', 'argument: not base64');
  return Buffer.from(text, 'base64');
}
