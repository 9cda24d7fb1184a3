import type { DescMethod, DescService, MessageShape } from '@bufbuild/protobuf';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { parseMessage } from '@selvedge/protocol';

type AnyMessage = MessageShape<DescMethod['input']>;

/**
 * grpc-js's description of one protobuf method. Requests are parsed with the size limit; a request that does not parse
 * reaches the handler as the error, so that it is answered with a stable code.
 */
export function methodDefinition(service: DescService, method: DescMethod, maxBytes: number): MethodDefinition<AnyMessage, AnyMessage> {
  return {
    path: `/${service.typeName}/${method.name}`,
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: (message) => Buffer.from(toBinary(method.input, message)),
    requestDeserialize: (bytes) => {
      try {
        return parseMessage(method.input, bytes, maxBytes);
      } catch (error) {
        return error as AnyMessage;
      }
    },
    responseSerialize: (message) => Buffer.from(toBinary(method.output, message)),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
  };
}

/** grpc-js's description of a whole protobuf service. */
export function serviceDefinition(service: DescService, maxBytes: number): ServiceDefinition {
  return Object.fromEntries(service.methods.map((method) => [method.localName, methodDefinition(service, method, maxBytes)]));
}
