'use strict';

const shim = require('fabric-shim');

class ClassStyle {
  async Init() {
    return shim.success();
  }

  async Invoke(stub) {
    const { fcn, params } = stub.getFunctionAndParameters();
    if (fcn === 'created') return { status: 201, message: 'made', payload: Buffer.from('y') };
    if (fcn === 'missing') return { status: 404, message: 'not here', payload: Buffer.from('x') };
    if (fcn === 'nothing') return undefined;
    if (typeof this[fcn] !== 'function') return shim.error(`no such function: ${fcn}`);
    try {
      return shim.success(await this[fcn](stub, params));
    } catch (error) {
      return shim.error(error.message);
    }
  }

  async put(stub, [key, value]) {
    await stub.putState(key, Buffer.from(value));
  }

  async get(stub, [key]) {
    const value = await stub.getState(key);
    if (value.length === 0) throw new Error(`no value under ${key}`);
    return value;
  }

  /** Without an await between them: the shim sends one after the other. */
  async atOnce(stub, [count]) {
    const keys = Array.from({ length: Number(count) }, (_, i) => `atOnce${i}`);
    await Promise.all(keys.map((key) => stub.putState(key, Buffer.from(key))));
    return Buffer.from(String((await Promise.all(keys.map((key) => stub.getState(key)))).length));
  }

  async organisation(stub) {
    return Buffer.from(new shim.ClientIdentity(stub).getMSPID());
  }
}

shim.start(new ClassStyle());
