import { equalBytes } from '@selvedge/crypto';
import { encodeChannelLists, facts, type FactReader, type FactUpdate } from '@selvedge/policy';
import { WireMessage } from './wire.js';

// common.HeaderType
const CONFIG = 1n;
/** msp.MSPConfig.type of X.509 organisations: those of other kinds (Idemix) take no part in Selvedge. */
const FABRIC_MSP = 0n;

/**
 * What a configuration transaction changes of the facts that hold the revocation lists of the channel's application organisations.
 * Nothing for an envelope of another kind. An organisation that left the channel keeps its last list.
 * state: before the transaction. Throws MALFORMED_MESSAGE or LIMIT_EXCEEDED.
 */
export function channelRevocationLists(envelope: Uint8Array, state: FactReader): readonly FactUpdate[] {
  const payload = new WireMessage(new WireMessage(envelope).bytes(1));
  if (new WireMessage(payload.message(1).bytes(1)).uint(1) !== CONFIG) return [];
  // ConfigEnvelope > Config > ConfigGroup of the channel.
  const channel = new WireMessage(payload.bytes(2)).message(1).message(2);
  const application = entry(channel, GROUPS, 'Application');
  if (application === undefined) return [];
  return entries(application, GROUPS).flatMap(({ value }) => {
    const organisation = mspOf(value);
    if (organisation === undefined) return [];
    const key = facts.channelRevocationLists(organisation.text(MSP_NAME));
    const lists = encodeChannelLists(organisation.all(MSP_REVOCATION_LISTS));
    const present = state.fact(key);
    const isSame = lists === undefined || present === undefined ? lists === present : equalBytes(lists, present);
    return isSame ? [] : [{ key, value: lists }];
  });
}

// Fields of common.ConfigGroup, and of msp.FabricMSPConfig.
const GROUPS = 2;
const VALUES = 3;
const MSP_NAME = 1;
const MSP_REVOCATION_LISTS = 5;

/** FabricMSPConfig of an organisation's group; undefined: of another kind. */
function mspOf(group: WireMessage): WireMessage | undefined {
  const value = entry(group, VALUES, 'MSP');
  if (value === undefined) return undefined;
  // ConfigValue > MSPConfig
  const config = new WireMessage(value.bytes(2));
  return config.uint(1) === FABRIC_MSP ? new WireMessage(config.bytes(2)) : undefined;
}

/** The entries of a protobuf map, in the order in which they stand. */
function entries(message: WireMessage, field: number): { readonly key: string; readonly value: WireMessage }[] {
  return message.all(field).map((bytes) => {
    const pair = new WireMessage(bytes);
    return { key: pair.text(1), value: pair.message(2) };
  });
}

/** As in Go's parser, the last entry of a key counts. */
function entry(message: WireMessage, field: number, key: string): WireMessage | undefined {
  return entries(message, field).filter((one) => one.key === key).at(-1)?.value;
}
