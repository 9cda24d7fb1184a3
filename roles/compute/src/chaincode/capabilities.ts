import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Records in one WRITE_BATCH_STATE, and keys in one GET_STATE_MULTIPLE: what a Fabric 3.1 peer announces by default. */
const MAX_BATCH = 1000;

/**
 * Payload of READY: ChaincodeAdditionalParams { use_write_batch (1), max_size_write_batch (2), use_get_multiple_keys (3),
 * max_size_get_multiple_keys (4) }, as a Fabric 3.1 peer sends it (fabric-protos, peer/chaincode_shim.proto). Shims
 * before it ignore the payload; those of Go 2.x then send several keys or writes in one message.
 */
export function encodeCapabilities(): Uint8Array {
  return new BinaryWriter()
    .tag(1, WireType.Varint).bool(true)
    .tag(2, WireType.Varint).uint32(MAX_BATCH)
    .tag(3, WireType.Varint).bool(true)
    .tag(4, WireType.Varint).uint32(MAX_BATCH)
    .finish();
}
