package main

import (
	"encoding/hex"
	"sort"
	"strconv"
	"strings"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/cid"
	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/statebased"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

type stubInterface = shim.ChaincodeStubInterface

// call makes one call of the shim; what it returns is told as JSON.
type call func(stub stubInterface, a arguments) (any, error)

// calls has all that a step may name.
var calls = map[string]call{
	"getArgs":       func(stub stubInterface, _ arguments) (any, error) { return []string{string(stub.GetArgs()[0])}, nil },
	"getStringArgs": func(stub stubInterface, _ arguments) (any, error) { return stub.GetStringArgs()[:1], nil },
	"getArgsSlice":  func(stub stubInterface, _ arguments) (any, error) { return asText(stub.GetArgsSlice()) },
	"getFunctionAndParameters": func(stub stubInterface, _ arguments) (any, error) {
		function, parameters := stub.GetFunctionAndParameters()
		return []any{function, parameters[1:]}, nil
	},
	"getTxID":           func(stub stubInterface, _ arguments) (any, error) { return stub.GetTxID(), nil },
	"getChannelID":      func(stub stubInterface, _ arguments) (any, error) { return stub.GetChannelID(), nil },
	"getCreator":        getCreator,
	"getTransient":      getTransient,
	"getSignedProposal": getSignedProposal,
	"getTxTimestamp": func(stub stubInterface, _ arguments) (any, error) {
		timestamp, err := stub.GetTxTimestamp()
		return []any{strconv.FormatInt(timestamp.GetSeconds(), 10), timestamp.GetNanos()}, err
	},
	"getBinding": func(stub stubInterface, _ arguments) (any, error) { return asHex(stub.GetBinding()) },
	"getDecorations": func(stub stubInterface, _ arguments) (any, error) {
		names := []string{}
		for name := range stub.GetDecorations() {
			names = append(names, name)
		}
		sort.Strings(names)
		return names, nil
	},

	"getState": func(stub stubInterface, a arguments) (any, error) { return asText(stub.GetState(a.text(0))) },
	"getMultipleStates": func(stub stubInterface, a arguments) (any, error) {
		return asTexts(stub.GetMultipleStates(a.texts(0)...))
	},
	"putState":         func(stub stubInterface, a arguments) (any, error) { return nil, stub.PutState(a.text(0), a.bytes(1)) },
	"deleteState":      func(stub stubInterface, a arguments) (any, error) { return nil, stub.DelState(a.text(0)) },
	"startWriteBatch":  func(stub stubInterface, _ arguments) (any, error) { stub.StartWriteBatch(); return nil, nil },
	"finishWriteBatch": func(stub stubInterface, _ arguments) (any, error) { return nil, stub.FinishWriteBatch() },
	"getStateByRange": func(stub stubInterface, a arguments) (any, error) {
		return rows(stub.GetStateByRange(a.text(0), a.text(1)))
	},
	"getStateByRangeWithPagination": func(stub stubInterface, a arguments) (any, error) {
		return page(stub.GetStateByRangeWithPagination(a.text(0), a.text(1), a.number(2), a.text(3)))
	},
	"createCompositeKey": func(stub stubInterface, a arguments) (any, error) {
		return stub.CreateCompositeKey(a.text(0), a.texts(1))
	},
	"splitCompositeKey": func(stub stubInterface, a arguments) (any, error) {
		objectType, attributes, err := stub.SplitCompositeKey(a.text(0))
		return []any{objectType, attributes}, err
	},
	"getStateByPartialCompositeKey": func(stub stubInterface, a arguments) (any, error) {
		return rows(stub.GetStateByPartialCompositeKey(a.text(0), a.texts(1)))
	},
	"getStateByPartialCompositeKeyWithPagination": func(stub stubInterface, a arguments) (any, error) {
		return page(stub.GetStateByPartialCompositeKeyWithPagination(a.text(0), a.texts(1), a.number(2), a.text(3)))
	},
	"getAllStatesCompositeKeyWithPagination": func(stub stubInterface, a arguments) (any, error) {
		return page(stub.GetAllStatesCompositeKeyWithPagination(a.number(0), a.text(1)))
	},
	"getQueryResult": func(stub stubInterface, a arguments) (any, error) { return rows(stub.GetQueryResult(a.text(0))) },
	"getQueryResultWithPagination": func(stub stubInterface, a arguments) (any, error) {
		return page(stub.GetQueryResultWithPagination(a.text(0), a.number(1), a.text(2)))
	},
	"getHistoryForKey": func(stub stubInterface, a arguments) (any, error) { return versions(stub.GetHistoryForKey(a.text(0))) },
	"setStateValidationParameter": func(stub stubInterface, a arguments) (any, error) {
		return nil, stub.SetStateValidationParameter(a.text(0), a.bytes(1))
	},
	"getStateValidationParameter": func(stub stubInterface, a arguments) (any, error) {
		return asHex(stub.GetStateValidationParameter(a.text(0)))
	},

	"getPrivateData": func(stub stubInterface, a arguments) (any, error) {
		return asText(stub.GetPrivateData(a.text(0), a.text(1)))
	},
	"getMultiplePrivateData": func(stub stubInterface, a arguments) (any, error) {
		return asTexts(stub.GetMultiplePrivateData(a.text(0), a.texts(1)...))
	},
	"getPrivateDataHash": func(stub stubInterface, a arguments) (any, error) {
		return asHex(stub.GetPrivateDataHash(a.text(0), a.text(1)))
	},
	"putPrivateData": func(stub stubInterface, a arguments) (any, error) {
		return nil, stub.PutPrivateData(a.text(0), a.text(1), a.bytes(2))
	},
	"deletePrivateData": func(stub stubInterface, a arguments) (any, error) {
		return nil, stub.DelPrivateData(a.text(0), a.text(1))
	},
	"purgePrivateData": func(stub stubInterface, a arguments) (any, error) {
		return nil, stub.PurgePrivateData(a.text(0), a.text(1))
	},
	"setPrivateDataValidationParameter": func(stub stubInterface, a arguments) (any, error) {
		return nil, stub.SetPrivateDataValidationParameter(a.text(0), a.text(1), a.bytes(2))
	},
	"getPrivateDataValidationParameter": func(stub stubInterface, a arguments) (any, error) {
		return asHex(stub.GetPrivateDataValidationParameter(a.text(0), a.text(1)))
	},
	"getPrivateDataByRange": func(stub stubInterface, a arguments) (any, error) {
		return rows(stub.GetPrivateDataByRange(a.text(0), a.text(1), a.text(2)))
	},
	"getPrivateDataByPartialCompositeKey": func(stub stubInterface, a arguments) (any, error) {
		return rows(stub.GetPrivateDataByPartialCompositeKey(a.text(0), a.text(1), a.texts(2)))
	},
	"getPrivateDataQueryResult": func(stub stubInterface, a arguments) (any, error) {
		return rows(stub.GetPrivateDataQueryResult(a.text(0), a.text(1)))
	},

	"setEvent": func(stub stubInterface, a arguments) (any, error) { return nil, stub.SetEvent(a.text(0), a.bytes(1)) },
	"invokeChaincode": func(stub stubInterface, a arguments) (any, error) {
		args := [][]byte{}
		for _, arg := range a.texts(1) {
			args = append(args, []byte(arg))
		}
		response := stub.InvokeChaincode(a.text(0), args, a.text(2))
		return []any{response.GetStatus(), response.GetMessage(), string(response.GetPayload())}, nil
	},

	"StateQueryIterator.next": func(stub stubInterface, a arguments) (any, error) {
		iterator, err := stub.GetStateByRange(a.text(0), a.text(1))
		return nthNext(iterator, a.number(2), err)
	},
	"StateQueryIterator.close": func(stub stubInterface, a arguments) (any, error) {
		iterator, err := stub.GetStateByRange(a.text(0), a.text(1))
		return nextAfterClose(iterator, a.number(2), err)
	},
	"StateQueryIterator.hasNext": func(stub stubInterface, a arguments) (any, error) {
		return hasNext(stub.GetStateByRange(a.text(0), a.text(1)))
	},
	"HistoryQueryIterator.next": func(stub stubInterface, a arguments) (any, error) { return versions(stub.GetHistoryForKey(a.text(0))) },
	"HistoryQueryIterator.close": func(stub stubInterface, a arguments) (any, error) {
		return firstVersion(stub.GetHistoryForKey(a.text(0)))
	},
	"HistoryQueryIterator.hasNext": func(stub stubInterface, a arguments) (any, error) {
		return historyHasNext(stub.GetHistoryForKey(a.text(0)))
	},

	"ClientIdentity.getID":    func(stub stubInterface, _ arguments) (any, error) { return cid.GetID(stub) },
	"ClientIdentity.getMSPID": func(stub stubInterface, _ arguments) (any, error) { return cid.GetMSPID(stub) },
	"ClientIdentity.getX509Certificate": func(stub stubInterface, _ arguments) (any, error) {
		certificate, err := cid.GetX509Certificate(stub)
		if err != nil {
			return nil, err
		}
		return certificate.Subject.CommonName, nil
	},
	"ClientIdentity.getAttributeValue": func(stub stubInterface, a arguments) (any, error) {
		value, found, err := cid.GetAttributeValue(stub, a.text(0))
		if !found {
			return nil, err
		}
		return value, err
	},
	// An error is this shim's way of saying no.
	"ClientIdentity.assertAttributeValue": func(stub stubInterface, a arguments) (any, error) {
		return cid.AssertAttributeValue(stub, a.text(0), a.text(1)) == nil, nil
	},

	"KeyEndorsementPolicy.addOrgs": func(_ stubInterface, a arguments) (any, error) {
		policy, err := policyOf(a.text(0), a.texts(1))
		if err != nil {
			return nil, err
		}
		return sorted(policy.ListOrgs()), nil
	},
	"KeyEndorsementPolicy.delOrgs": func(_ stubInterface, a arguments) (any, error) {
		policy, err := policyOf("MEMBER", a.texts(0))
		if err != nil {
			return nil, err
		}
		policy.DelOrgs(a.texts(1)...)
		return sorted(policy.ListOrgs()), nil
	},
	"KeyEndorsementPolicy.listOrgs": func(_ stubInterface, a arguments) (any, error) {
		policy, err := statebased.NewStateEP(a.bytes(0))
		if err != nil {
			return nil, err
		}
		return sorted(policy.ListOrgs()), nil
	},
	"KeyEndorsementPolicy.getPolicy": func(stub stubInterface, a arguments) (any, error) {
		policy, err := policyOf(a.text(1), a.texts(2))
		if err != nil {
			return nil, err
		}
		bytes, err := policy.Policy()
		if err != nil {
			return nil, err
		}
		return hex.EncodeToString(bytes), stub.SetStateValidationParameter(a.text(0), bytes)
	},
}

func policyOf(role string, mspIds []string) (statebased.KeyEndorsementPolicy, error) {
	policy, err := statebased.NewStateEP(nil)
	if err != nil {
		return nil, err
	}
	return policy, policy.AddOrgs(statebased.RoleType(role), mspIds...)
}

func sorted(names []string) []string {
	sort.Strings(names)
	return names
}

func getCreator(stub stubInterface, _ arguments) (any, error) {
	creator, err := stub.GetCreator()
	if err != nil {
		return nil, err
	}
	identity := &msp.SerializedIdentity{}
	if err = proto.Unmarshal(creator, identity); err != nil {
		return nil, err
	}
	return []string{identity.GetMspid(), strings.Split(string(identity.GetIdBytes()), "\n")[0]}, nil
}

func getTransient(stub stubInterface, _ arguments) (any, error) {
	fields, err := stub.GetTransient()
	found := [][]string{}
	for name, value := range fields {
		found = append(found, []string{name, hex.EncodeToString(value)})
	}
	sort.Slice(found, func(i, j int) bool { return found[i][0] < found[j][0] })
	return found, err
}

func getSignedProposal(stub stubInterface, _ arguments) (any, error) {
	signed, err := stub.GetSignedProposal()
	if err != nil {
		return nil, err
	}
	proposal, header, signature, identity := &peer.Proposal{}, &common.Header{}, &common.SignatureHeader{}, &msp.SerializedIdentity{}
	if err = proto.Unmarshal(signed.GetProposalBytes(), proposal); err != nil {
		return nil, err
	}
	if err = proto.Unmarshal(proposal.GetHeader(), header); err != nil {
		return nil, err
	}
	if err = proto.Unmarshal(header.GetSignatureHeader(), signature); err != nil {
		return nil, err
	}
	if err = proto.Unmarshal(signature.GetCreator(), identity); err != nil {
		return nil, err
	}
	return []any{len(signature.GetNonce()), identity.GetMspid()}, nil
}
