import shim from 'fabric-shim';

const { Shim } = shim;

Shim.start({
  Init: async () => Shim.success(),
  Invoke: async (stub) => Shim.success(Buffer.from(`called ${stub.getFunctionAndParameters().fcn}`)),
});
