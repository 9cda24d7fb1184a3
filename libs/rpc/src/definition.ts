import type { DescMessage, DescMethod, DescService, MessageShape } from '@bufbuild/protobuf';
import { toBinary } from '@bufbuild/protobuf';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { parseMessage } from '@selvedge/protocol';

type AnyMessage = MessageShape<DescMethod['input']>;

/**
 * grpc-js's description of one protobuf method. Both directions are parsed with the size limit; what does not parse
 * arrives as the error, so that it ends in a stable code.
 */
export function methodDefinition(service: DescService, method: DescMethod, maxBytes: number): MethodDefinition<AnyMessage, AnyMessage> {
  return {
    path: `/${service.typeName}/${method.name}`,
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: (message) => Buffer.from(toBinary(method.input, message)),
    requestDeserialize: (bytes) => parsedOrError(method.input, bytes, maxBytes),
    responseSerialize: (message) => Buffer.from(toBinary(method.output, message)),
    responseDeserialize: (bytes) => parsedOrError(method.output, bytes, maxBytes),
  };
}

/** A throw inside grpc-js would end as a bare INTERNAL: the error takes the message's place and is thrown by whoever reads it. */
function parsedOrError(schema: DescMessage, bytes: Uint8Array, maxBytes: number): AnyMessage {
  try {
    return parseMessage(schema, bytes, maxBytes);
  } catch (error) {
    return error as AnyMessage;
  }
}

/** grpc-js's description of a whole protobuf service. */
export function serviceDefinition(service: DescService, maxBytes: number): ServiceDefinition {
  return Object.fromEntries(service.methods.map((method) => [method.localName, methodDefinition(service, method, maxBytes)]));
}
