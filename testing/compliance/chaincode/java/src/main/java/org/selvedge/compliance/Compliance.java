package org.selvedge.compliance;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.hyperledger.fabric.contract.ClientIdentity;
import org.hyperledger.fabric.shim.ChaincodeBase;
import org.hyperledger.fabric.shim.ChaincodeStub;
import org.hyperledger.fabric.shim.ext.sbe.StateBasedEndorsement;
import org.json.JSONArray;
import org.json.JSONObject;

/** Makes the shim's calls that it is asked for, and tells what they returned. */
public final class Compliance extends ChaincodeBase {
    @Override
    public Response init(final ChaincodeStub stub) {
        return newSuccess();
    }

    /** Serves "run" and "runWith" (steps as JSON, then arguments that the calls may look at), and "methods". */
    @Override
    public Response invoke(final ChaincodeStub stub) {
        try {
            final String function = stub.getFunction();
            if (function.equals("methods")) {
                return success(describe().toString());
            }
            if (function.startsWith("run")) {
                return success(run(stub, new JSONArray(stub.getParameters().get(0))).toString());
            }
            return newError("no such function: " + function);
        } catch (final Exception error) {
            return newError(String.valueOf(error.getMessage()));
        }
    }

    private static Response newSuccess() {
        return success("");
    }

    private static Response success(final String payload) {
        return new Response(Response.Status.SUCCESS, "", payload.getBytes(StandardCharsets.UTF_8));
    }

    private static Response newError(final String message) {
        return new Response(Response.Status.INTERNAL_SERVER_ERROR, message, new byte[0]);
    }

    /**
     * Makes calls one after the other; what each returns comes back. The first that fails ends the transaction, unless
     * its name follows "try": then its error is what it returns.
     */
    private static JSONArray run(final ChaincodeStub stub, final JSONArray steps) throws Exception {
        final JSONArray results = new JSONArray();
        for (int index = 0; index < steps.length(); index++) {
            results.put(perform(stub, steps.getJSONArray(index).toList()));
        }
        return results;
    }

    private static Object perform(final ChaincodeStub stub, final List<Object> step) throws Exception {
        final String name = (String) step.get(0);
        if (name.equals("try")) {
            try {
                return perform(stub, step.subList(1, step.size()));
            } catch (final Exception error) {
                return new JSONObject(Map.of("error", String.valueOf(error.getMessage())));
            }
        }
        final Calls.Call call = Calls.BY_NAME.get(name);
        if (call == null) {
            throw new IllegalArgumentException("no such call in this shim: " + name);
        }
        final Object result = call.make(stub, new Arguments(step.subList(1, step.size())));
        return result == null ? JSONObject.NULL : result;
    }

    /** What the shim offers, by its own interfaces. */
    private static JSONObject describe() {
        final Set<String> methods = new TreeSet<>();
        for (final Map.Entry<String, Class<?>> one : Map.<String, Class<?>>of(
                "ChaincodeStub", ChaincodeStub.class, "ClientIdentity", ClientIdentity.class, "KeyEndorsementPolicy", StateBasedEndorsement.class).entrySet()) {
            for (final Method method : one.getValue().getDeclaredMethods()) {
                if (Modifier.isPublic(method.getModifiers()) && !method.isSynthetic()) {
                    methods.add(one.getKey() + "." + method.getName());
                }
            }
        }
        final String version = Calls.class.getPackage().getImplementationVersion();
        final Map<String, String> versions = Map.of("fabric-chaincode-shim", version == null ? "unknown" : version);
        return new JSONObject(Map.of("versions", versions, "methods", methods));
    }

    public static void main(final String[] args) {
        new Compliance().start(args);
    }
}
