package org.selvedge.compliance;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hyperledger.fabric.contract.ClientIdentity;
import org.hyperledger.fabric.protos.common.Header;
import org.hyperledger.fabric.protos.common.SignatureHeader;
import org.hyperledger.fabric.protos.msp.SerializedIdentity;
import org.hyperledger.fabric.protos.peer.Proposal;
import org.hyperledger.fabric.shim.Chaincode.Response;
import org.hyperledger.fabric.shim.ChaincodeStub;
import org.hyperledger.fabric.shim.ext.sbe.StateBasedEndorsement;
import org.hyperledger.fabric.shim.ext.sbe.StateBasedEndorsement.RoleType;
import org.hyperledger.fabric.shim.ext.sbe.impl.StateBasedEndorsementFactory;
import org.hyperledger.fabric.shim.ledger.CompositeKey;
import org.json.JSONArray;

/** All that a step may name. */
final class Calls {
    /** One call of the shim. What it returns is told as JSON. */
    interface Call {
        Object make(ChaincodeStub stub, Arguments a) throws Exception;
    }

    /** One without a result. */
    private interface Command {
        void make(ChaincodeStub stub, Arguments a) throws Exception;
    }

    static final Map<String, Call> BY_NAME = new HashMap<>();

    private Calls() {
    }

    private static void command(final String name, final Command command) {
        BY_NAME.put(name, (stub, a) -> {
            command.make(stub, a);
            return null;
        });
    }

    private static JSONArray list(final Object... values) {
        return new JSONArray(values);
    }

    private static CompositeKey key(final Arguments a, final int index) {
        return new CompositeKey(a.text(index), a.texts(index + 1));
    }

    private static Object told(final Response response) {
        return list(response.getStatusCode(), String.valueOf(response.getMessage()), Arguments.text(response.getPayload()));
    }

    private static String firstLine(final byte[] text) {
        return Arguments.text(text).split("\n")[0];
    }

    static {
        BY_NAME.put("getArgs", (stub, a) -> list(Arguments.text(stub.getArgs().get(0))));
        BY_NAME.put("getStringArgs", (stub, a) -> list(stub.getStringArgs().get(0)));
        BY_NAME.put("getFunction", (stub, a) -> stub.getFunction());
        BY_NAME.put("getParameters", (stub, a) -> new JSONArray(stub.getParameters().subList(1, stub.getParameters().size())));
        BY_NAME.put("getTxID", (stub, a) -> stub.getTxId());
        BY_NAME.put("getChannelID", (stub, a) -> stub.getChannelId());
        BY_NAME.put("getMspID", (stub, a) -> stub.getMspId());
        BY_NAME.put("getCreator", (stub, a) -> {
            final SerializedIdentity identity = SerializedIdentity.parseFrom(stub.getCreator());
            return list(identity.getMspid(), firstLine(identity.getIdBytes().toByteArray()));
        });
        BY_NAME.put("getTransient", (stub, a) -> {
            final JSONArray fields = new JSONArray();
            new TreeMap<>(stub.getTransient()).forEach((name, value) -> fields.put(list(name, Arguments.hex(value))));
            return fields;
        });
        BY_NAME.put("getSignedProposal", (stub, a) -> {
            final Header header = Header.parseFrom(Proposal.parseFrom(stub.getSignedProposal().getProposalBytes()).getHeader());
            final SignatureHeader signature = SignatureHeader.parseFrom(header.getSignatureHeader());
            return list(signature.getNonce().size(), SerializedIdentity.parseFrom(signature.getCreator()).getMspid());
        });
        BY_NAME.put("getTxTimestamp", (stub, a) -> {
            final Instant time = stub.getTxTimestamp();
            return list(String.valueOf(time.getEpochSecond()), time.getNano());
        });
        BY_NAME.put("getBinding", (stub, a) -> Arguments.hex(stub.getBinding()));

        BY_NAME.put("getState", (stub, a) -> Arguments.text(stub.getState(a.text(0))));
        BY_NAME.put("getStringState", (stub, a) -> stub.getStringState(a.text(0)));
        command("putState", (stub, a) -> stub.putState(a.text(0), a.bytes(1)));
        command("putStringState", (stub, a) -> stub.putStringState(a.text(0), a.text(1)));
        command("deleteState", (stub, a) -> stub.delState(a.text(0)));
        BY_NAME.put("getStateByRange", (stub, a) -> Queries.rows(stub.getStateByRange(a.text(0), a.text(1))));
        BY_NAME.put("getStateByRangeWithPagination", (stub, a) -> Queries.page(stub.getStateByRangeWithPagination(a.text(0), a.text(1), a.number(2), a.text(3))));
        BY_NAME.put("createCompositeKey", (stub, a) -> stub.createCompositeKey(a.text(0), a.texts(1)).toString());
        BY_NAME.put("splitCompositeKey", (stub, a) -> {
            final CompositeKey split = stub.splitCompositeKey(a.text(0));
            return list(split.getObjectType(), new JSONArray(split.getAttributes()));
        });
        BY_NAME.put("getStateByPartialCompositeKey", (stub, a) -> Queries.rows(stub.getStateByPartialCompositeKey(key(a, 0))));
        BY_NAME.put("getStateByPartialCompositeKeyWithPagination", (stub, a) -> Queries.page(stub.getStateByPartialCompositeKeyWithPagination(key(a, 0), a.number(2), a.text(3))));
        BY_NAME.put("getQueryResult", (stub, a) -> Queries.rows(stub.getQueryResult(a.text(0))));
        BY_NAME.put("getQueryResultWithPagination", (stub, a) -> Queries.page(stub.getQueryResultWithPagination(a.text(0), a.number(1), a.text(2))));
        BY_NAME.put("getHistoryForKey", (stub, a) -> Queries.versions(stub.getHistoryForKey(a.text(0))));
        command("setStateValidationParameter", (stub, a) -> stub.setStateValidationParameter(a.text(0), a.bytes(1)));
        BY_NAME.put("getStateValidationParameter", (stub, a) -> Arguments.hex(stub.getStateValidationParameter(a.text(0))));

        BY_NAME.put("getPrivateData", (stub, a) -> Arguments.text(stub.getPrivateData(a.text(0), a.text(1))));
        BY_NAME.put("getPrivateDataUTF8", (stub, a) -> stub.getPrivateDataUTF8(a.text(0), a.text(1)));
        BY_NAME.put("getPrivateDataHash", (stub, a) -> Arguments.hex(stub.getPrivateDataHash(a.text(0), a.text(1))));
        command("putPrivateData", (stub, a) -> stub.putPrivateData(a.text(0), a.text(1), a.bytes(2)));
        command("deletePrivateData", (stub, a) -> stub.delPrivateData(a.text(0), a.text(1)));
        command("purgePrivateData", (stub, a) -> stub.purgePrivateData(a.text(0), a.text(1)));
        command("setPrivateDataValidationParameter", (stub, a) -> stub.setPrivateDataValidationParameter(a.text(0), a.text(1), a.bytes(2)));
        BY_NAME.put("getPrivateDataValidationParameter", (stub, a) -> Arguments.hex(stub.getPrivateDataValidationParameter(a.text(0), a.text(1))));
        BY_NAME.put("getPrivateDataByRange", (stub, a) -> Queries.rows(stub.getPrivateDataByRange(a.text(0), a.text(1), a.text(2))));
        BY_NAME.put("getPrivateDataByPartialCompositeKey", (stub, a) -> Queries.rows(stub.getPrivateDataByPartialCompositeKey(a.text(0), key(a, 1))));
        BY_NAME.put("getPrivateDataQueryResult", (stub, a) -> Queries.rows(stub.getPrivateDataQueryResult(a.text(0), a.text(1))));

        command("setEvent", (stub, a) -> stub.setEvent(a.text(0), a.bytes(1)));
        BY_NAME.put("getEvent", (stub, a) -> {
            stub.setEvent(a.text(0), a.bytes(1));
            return list(stub.getEvent().getEventName(), stub.getEvent().getPayload().toStringUtf8());
        });
        BY_NAME.put("invokeChaincode", (stub, a) -> {
            final List<byte[]> args = new ArrayList<>();
            for (final String arg : a.texts(1)) {
                args.add(arg.getBytes(StandardCharsets.UTF_8));
            }
            return told(a.text(2).isEmpty() ? stub.invokeChaincode(a.text(0), args) : stub.invokeChaincode(a.text(0), args, a.text(2)));
        });
        BY_NAME.put("invokeChaincodeWithStringArgs", (stub, a) -> told(stub.invokeChaincodeWithStringArgs(a.text(0), a.texts(1))));

        BY_NAME.put("StateQueryIterator.next", (stub, a) -> Queries.nthNext(stub.getStateByRange(a.text(0), a.text(1)), a.number(2)));
        BY_NAME.put("StateQueryIterator.close", (stub, a) -> Queries.nextAfterClose(stub.getStateByRange(a.text(0), a.text(1)), a.number(2)));
        BY_NAME.put("StateQueryIterator.hasNext", (stub, a) -> Queries.hasNext(stub.getStateByRange(a.text(0), a.text(1))));
        BY_NAME.put("HistoryQueryIterator.next", (stub, a) -> Queries.versions(stub.getHistoryForKey(a.text(0))));
        BY_NAME.put("HistoryQueryIterator.close", (stub, a) -> Queries.firstVersion(stub.getHistoryForKey(a.text(0))));
        BY_NAME.put("HistoryQueryIterator.hasNext", (stub, a) -> Queries.hasNext(stub.getHistoryForKey(a.text(0))));

        BY_NAME.put("ClientIdentity.getID", (stub, a) -> new ClientIdentity(stub).getId());
        BY_NAME.put("ClientIdentity.getMSPID", (stub, a) -> new ClientIdentity(stub).getMSPID());
        BY_NAME.put("ClientIdentity.getX509Certificate", (stub, a) -> new ClientIdentity(stub).getX509Certificate().getSubjectX500Principal().getName());
        BY_NAME.put("ClientIdentity.getAttributeValue", (stub, a) -> new ClientIdentity(stub).getAttributeValue(a.text(0)));
        BY_NAME.put("ClientIdentity.assertAttributeValue", (stub, a) -> new ClientIdentity(stub).assertAttributeValue(a.text(0), a.text(1)));

        BY_NAME.put("KeyEndorsementPolicy.addOrgs", (stub, a) -> sorted(policyOf(a.text(0), a.texts(1))));
        BY_NAME.put("KeyEndorsementPolicy.delOrgs", (stub, a) -> {
            final StateBasedEndorsement policy = policyOf("MEMBER", a.texts(0));
            policy.delOrgs(a.texts(1));
            return sorted(policy);
        });
        BY_NAME.put("KeyEndorsementPolicy.listOrgs", (stub, a) -> sorted(StateBasedEndorsementFactory.getInstance().newStateBasedEndorsement(a.bytes(0))));
        BY_NAME.put("KeyEndorsementPolicy.getPolicy", (stub, a) -> {
            final byte[] policy = policyOf(a.text(1), a.texts(2)).policy();
            stub.setStateValidationParameter(a.text(0), policy);
            return Arguments.hex(policy);
        });
    }

    private static StateBasedEndorsement policyOf(final String role, final String[] mspIds) {
        final StateBasedEndorsement policy = StateBasedEndorsementFactory.getInstance().newStateBasedEndorsement(null);
        policy.addOrgs(RoleType.forVal(role), mspIds);
        return policy;
    }

    private static JSONArray sorted(final StateBasedEndorsement policy) {
        final List<String> mspIds = new ArrayList<>(policy.listOrgs());
        mspIds.sort(null);
        return new JSONArray(mspIds);
    }
}
