import { toBinary } from '@bufbuild/protobuf';
import { timestampFromDate, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Signer } from '@selvedge/identity';

/** Which blocks a peer shall deliver. */
export interface SeekRange {
  readonly channel: string;
  readonly from: bigint;
  /** The last block; undefined: go on for ever, with each block as it is committed. */
  readonly to?: bigint | undefined;
}

/** Who asks, and when. */
export interface SeekContext {
  readonly signer: Signer;
  /** Peers refuse requests whose time is far from theirs. */
  readonly now: () => Date;
  /** 32 bytes, where the peer asks for client certificates. */
  readonly tlsCertificateHash: Uint8Array | undefined;
}

// common.HeaderType, orderer.SeekInfo.SeekBehavior
const DELIVER_SEEK_INFO = 5;
const BLOCK_UNTIL_READY = 0;
const FAIL_IF_NOT_READY = 1;
/** A block number that is never reached. */
const NEVER = 2n ** 63n - 1n;

/**
 * A signed request to a peer's deliver service: common.Envelope bytes. Written field by field, so that a follower needs
 * none of Fabric's generated code.
 */
export function createSeekRequest({ channel, from, to }: SeekRange, { signer, now, tlsCertificateHash = new Uint8Array(0) }: SeekContext): Uint8Array {
  const channelHeader = new BinaryWriter().tag(1, WireType.Varint).int32(DELIVER_SEEK_INFO);
  bytesField(channelHeader, 3, toBinary(TimestampSchema, timestampFromDate(now())));
  channelHeader.tag(4, WireType.LengthDelimited).string(channel);
  bytesField(channelHeader, 8, tlsCertificateHash);
  const signatureHeader = bytesField(new BinaryWriter(), 1, signer.serialized);
  const header = bytesField(bytesField(new BinaryWriter(), 1, channelHeader.finish()), 2, signatureHeader.finish());
  const seek = bytesField(bytesField(new BinaryWriter(), 1, position(from)), 2, position(to ?? NEVER));
  seek.tag(3, WireType.Varint).int32(to === undefined ? BLOCK_UNTIL_READY : FAIL_IF_NOT_READY);
  const payload = bytesField(bytesField(new BinaryWriter(), 1, header.finish()), 2, seek.finish()).finish();
  return bytesField(bytesField(new BinaryWriter(), 1, payload), 2, signer.sign(payload)).finish();
}

/** orderer.SeekPosition of one block. */
function position(number: bigint): Uint8Array {
  const specified = new BinaryWriter().tag(1, WireType.Varint).uint64(number).finish();
  return bytesField(new BinaryWriter(), 3, specified).finish();
}

function bytesField(writer: BinaryWriter, field: number, bytes: Uint8Array): BinaryWriter {
  return bytes.length === 0 ? writer : writer.tag(field, WireType.LengthDelimited).bytes(bytes);
}
