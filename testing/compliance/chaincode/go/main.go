// Chaincode of the compliance suite: it makes the shim's calls that it is asked for, and tells what they returned.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
	"strings"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/cid"
	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/statebased"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

type compliance struct{}

func (compliance) Init(shim.ChaincodeStubInterface) *peer.Response {
	return shim.Success(nil)
}

// Invoke serves "run" and "runWith" (steps as JSON, then arguments that the calls may look at), and "methods".
func (compliance) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	function, parameters := stub.GetFunctionAndParameters()
	var result any
	var err error
	switch {
	case function == "methods":
		result = describe()
	case strings.HasPrefix(function, "run") && len(parameters) > 0:
		result, err = run(stub, parameters[0])
	default:
		err = fmt.Errorf("no such function: %s", function)
	}
	if err != nil {
		return shim.Error(err.Error())
	}
	payload, err := json.Marshal(result)
	if err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(payload)
}

// run makes calls one after the other; what each returns comes back. The first that fails ends the transaction, unless
// its name follows "try": then its error is what it returns.
func run(stub shim.ChaincodeStubInterface, text string) ([]any, error) {
	var steps [][]any
	if err := json.Unmarshal([]byte(text), &steps); err != nil {
		return nil, err
	}
	results := []any{}
	for _, step := range steps {
		result, err := perform(stub, step)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	return results, nil
}

func perform(stub shim.ChaincodeStubInterface, step []any) (any, error) {
	name := step[0].(string)
	if name == "try" {
		result, err := perform(stub, step[1:])
		if err != nil {
			return map[string]string{"error": err.Error()}, nil
		}
		return result, nil
	}
	call, ok := calls[name]
	if !ok {
		return nil, fmt.Errorf("no such call in this shim: %s", name)
	}
	return call(stub, arguments(step[1:]))
}

// describe tells what the shim offers, by its own interfaces.
func describe() any {
	methods := []string{}
	for class, of := range map[string]reflect.Type{
		"ChaincodeStub":        reflect.TypeOf((*shim.ChaincodeStubInterface)(nil)).Elem(),
		"StateQueryIterator":   reflect.TypeOf((*shim.StateQueryIteratorInterface)(nil)).Elem(),
		"HistoryQueryIterator": reflect.TypeOf((*shim.HistoryQueryIteratorInterface)(nil)).Elem(),
		"ClientIdentity":       reflect.TypeOf((*cid.ClientIdentity)(nil)).Elem(),
		"KeyEndorsementPolicy": reflect.TypeOf((*statebased.KeyEndorsementPolicy)(nil)).Elem(),
	} {
		for index := 0; index < of.NumMethod(); index++ {
			methods = append(methods, class+"."+of.Method(index).Name)
		}
	}
	versions := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if strings.Contains(module.Path, "fabric-chaincode-go") {
				versions["fabric-chaincode-go"] = module.Version
			}
		}
	}
	return map[string]any{"versions": versions, "methods": methods}
}

// start dials the peer, or, as a service, waits for it.
func start() error {
	address := os.Getenv("CHAINCODE_SERVER_ADDRESS")
	if address == "" {
		return shim.Start(compliance{})
	}
	server := &shim.ChaincodeServer{CCID: os.Getenv("CHAINCODE_ID"), Address: address, CC: compliance{}, TLSProps: shim.TLSProperties{Disabled: true}}
	return server.Start()
}

func main() {
	if err := start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
