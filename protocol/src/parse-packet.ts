import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { PacketSchema, type Packet } from './gen/selvedge/v1/target_data_pb.js';
import { LIMITS } from './limits.js';
import { encodeMessage, parseMessage } from './parse.js';

/** Parses a packet. Throws MESSAGE_TOO_LARGE; MALFORMED_MESSAGE, also for another encoding than the one it has. */
export function parsePacket(bytes: Uint8Array): Packet {
  const packet = parseMessage(PacketSchema, bytes, LIMITS.maxPacketBytes);
  // One encoding per packet: a second one would be another version of the same value.
  if (!equalBytes(encodeMessage(PacketSchema, packet), bytes)) throw new SelvedgeError('MALFORMED_MESSAGE', 'packet: not the canonical encoding');
  return packet;
}
